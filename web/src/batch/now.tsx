/** *Now*: the documents at work, and the stages of the last minute. */
import { useEffect, useReducer, useRef } from "preact/hooks";
import type { Progress } from "quire-client";
import { count, eta, rate, words } from "../format.js";
import { itemAddress } from "../routes.js";
import { Name } from "../ui/parts.js";

const STAGES = [
  "receiving",
  "validating",
  "opening",
  "extracting_text",
  "extracting_info",
  "rendering",
  "rewriting",
  "recognizing",
  "summarizing",
  "storing",
] as const;
const CELLS = 12;
const CELL_MS = 5000;
const SAMPLES = 5;

export function Running({ batch, progress }: { batch: string; progress: Progress }) {
  if (!progress.running.length) return <p class="muted">No document is at work just now.</p>;
  return (
    <ul class="running">
      {progress.running.map(({ item, name, stage, page, pages, pages_per_second, eta_seconds }) => (
        <li key={item}>
          <a href={itemAddress(batch, item)}>
            <span class="number muted">#{count(item)}</span> <Name text={name} />
          </a>
          <span class="stage">{words(stage)}</span>
          <span class="running-bar">
            <span style={{ width: `${pages ? (page / pages) * 100 : 0}%` }} />
          </span>
          <span class="number muted">
            {pages > 0 && `page ${count(page)} of ${count(pages)}`}
            {pages_per_second ? ` · ${rate(pages_per_second)}/s` : ""}
            {eta_seconds != null && pages_per_second ? ` · ${eta(eta_seconds)}` : ""}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** How many documents were in a stage when it was looked at, five seconds a cell, the newest at the right. */
export function Stages({ progress }: { progress?: Progress }) {
  const held = useRef({ progress, cells: [] as Map<string, number>[], begun: 0 });
  held.current.progress = progress;
  const [, draw] = useReducer((n: number, _: void) => n + 1, 0);
  useEffect(() => {
    const look = () => {
      if (document.hidden) return;
      const { current } = held;
      const now = Date.now();
      if (now - current.begun >= CELL_MS) {
        current.begun = now;
        current.cells = [...current.cells, new Map()].slice(-CELLS);
      }
      const cell = current.cells.at(-1)!;
      for (const { stage } of current.progress?.running ?? []) cell.set(stage, (cell.get(stage) ?? 0) + 1);
      draw();
    };
    look();
    const timer = setInterval(look, CELL_MS / SAMPLES);
    return () => clearInterval(timer);
  }, []);
  const { cells } = held.current;
  const most = Math.max(1, ...cells.flatMap((cell) => [...cell.values()]));
  const seen = STAGES.filter((stage) => cells.some((cell) => cell.has(stage)));
  if (!seen.length) return null;
  return (
    <ul class="stages" aria-label="Stages in the last minute">
      {seen.map((stage) => {
        const all = cells.reduce((sum, cell) => sum + (cell.get(stage) ?? 0), 0);
        return (
          <li key={stage}>
            <span>{words(stage)}</span>
            <span class="heat" role="img" aria-label={`seen ${all} times`}>
              {Array.from({ length: CELLS }, (_, nth) => {
                const n = cells[nth - (CELLS - cells.length)]?.get(stage) ?? 0;
                return <i key={nth} style={{ opacity: n ? `${0.25 + (0.75 * n) / most}` : "0.08" }} />;
              })}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
