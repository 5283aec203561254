/** *Plan*: what of the gathered files is sent, and what is refused by name before a byte is. Pure. */
import type { Gathered } from "./gather.js";

export interface Limits {
  max_file_mib: number;
  max_batch_items: number;
}

export interface Refused {
  name: string;
  code: string;
  detail: string;
}

export interface Plan {
  files: readonly Gathered[];
  bytes: number;
  refused: readonly Refused[];
}

const MIB = 2 ** 20;
/** What systems leave in folders, and nobody means to send. */
const LEFT_BEHIND = /(^|\/)(\.[^/]*(\/.*)?|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i;

function fault(
  { name, bytes }: Gathered,
  taken: number,
  { max_file_mib, max_batch_items }: Limits,
): Omit<Refused, "name"> | undefined {
  if (LEFT_BEHIND.test(name))
    return { code: "hidden_file", detail: "Systems leave such files in folders; it is not a document." };
  if (!bytes.size) return { code: "empty_file", detail: "It has no bytes." };
  if (bytes.size > max_file_mib * MIB)
    return { code: "file_too_large", detail: `At most ${max_file_mib} MiB are taken.` };
  if (taken >= max_batch_items)
    return { code: "too_many_items", detail: `A batch takes at most ${max_batch_items}. Make several.` };
  return undefined;
}

export function planOf(gathered: readonly Gathered[], limits: Limits): Plan {
  const files: Gathered[] = [];
  const refused: Refused[] = [];
  let bytes = 0;
  for (const file of [...gathered].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
    const because = fault(file, files.length, limits);
    if (because) refused.push({ name: file.name, ...because });
    else {
      files.push(file);
      bytes += file.bytes.size;
    }
  }
  return { files, bytes, refused };
}

/** How the client names a file in its memory. */
export const keyOf = ({ name, bytes, lastModified }: Gathered): string => `${name}/${bytes.size}/${lastModified}`;

/** The folder that all come from, else the one file, else nothing. */
export function nameOf(files: readonly Gathered[]): string {
  const [first] = files;
  if (!first) return "";
  if (files.length === 1) return first.name.split("/").at(-1)!;
  const folder = first.name.split("/")[0]!;
  return first.name.includes("/") && files.every(({ name }) => name.startsWith(`${folder}/`)) ? folder : "";
}
