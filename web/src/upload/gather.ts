/** *Gather*: the files of what was dropped or chosen, folders opened, each named by its path. */
export interface Gathered {
  /** With its folders: files of one name are told apart by it. */
  name: string;
  bytes: File;
  lastModified: number;
}

const named = (name: string, bytes: File): Gathered => ({
  name: name.replace(/^\//, ""),
  bytes,
  lastModified: bytes.lastModified,
});

export const chosen = (files: Iterable<File>): Gathered[] =>
  [...files].map((file) => named(file.webkitRelativePath || file.name, file));

/** Must be called before the event of the drop is over: entries are gone afterwards. */
export async function dropped(transfer: DataTransfer, told: (count: number) => void): Promise<Gathered[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => !!entry);
  if (!entries.length) return chosen(transfer.files);
  const found: Gathered[] = [];
  for (const entry of entries) await walk(entry, found, told);
  return found;
}

async function walk(entry: FileSystemEntry, found: Gathered[], told: (count: number) => void): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    if (found.push(named(entry.fullPath, file)) % 100 === 0) told(found.length);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A read gives a hundred at most; only an empty one is the end.
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return;
    for (const one of some) await walk(one, found, told);
  }
}
