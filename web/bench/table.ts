/** *Table*: what was aimed at beside what was measured, as Markdown. */

export interface Row {
  what: string;
  /** None where a figure only explains another. */
  aim?: string;
  measured: string;
  isOk?: boolean;
}

const verdict = ({ aim, isOk }: Row) => (aim === undefined ? "" : isOk ? "ok" : "over");

export function print(rows: readonly Row[]): void {
  printCells([
    ["what", "aim", "measured", ""],
    ...rows.map((row) => [row.what, row.aim ?? "", row.measured, verdict(row)]),
  ]);
}

/** The first line is the head. */
export function printCells(lines: readonly (readonly string[])[]): void {
  const widths = lines[0]!.map((_, column) => Math.max(3, ...lines.map((line) => line[column]!.length)));
  const said = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`);
  said.splice(1, 0, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  console.log(said.join("\n"));
}
