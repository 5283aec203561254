/** *Palette*: from anywhere to anything, by a few letters. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { call } from "../call.js";
import { useRead } from "../live.js";
import { PLACES, openDialog } from "../keys.js";
import { go } from "../router.js";
import { pageOf } from "../routes.js";
import { session } from "../session.js";
import { nextTheme } from "../theme.js";
import { Dialog } from "./overlays.js";
import { Icon, type IconName } from "./icon.js";
import { Name } from "./parts.js";

interface Hit {
  icon: IconName;
  name: string;
  kind: string;
  act: () => void;
}

const PAGES: Hit[] = [
  ...PLACES.map(([, path, name]): Hit => ({ icon: "right", name, kind: "page", act: () => go(path) })),
  { icon: "moon", name: "Change the theme", kind: "act", act: nextTheme },
];

const WAIT_MS = 150;

async function find(q: string): Promise<Hit[]> {
  const isAdmin = session.value?.admin;
  const [found, tree] = await Promise.all([
    call("GET /api/v1/search", { query: { q } }),
    isAdmin ? call("GET /api/v1/admin/actors", {}).catch(() => undefined) : undefined,
  ]);
  const hits = found.hits.flatMap(({ kind, title, id, href }): Hit[] => {
    const page = pageOf(href);
    return page ? [{ icon: kind === "batch" ? "folder" : "copy", name: title || id, kind, act: () => go(page) }] : [];
  });
  const actors = (tree?.actors ?? []).filter(({ id }) => id.includes(q)).slice(0, 5);
  for (const { id } of actors)
    hits.push({ icon: "system", name: id, kind: "actor", act: () => go(`/actors?q=${encodeURIComponent(id)}`) });
  if (isAdmin && /^[0-9a-f]{16,}$/.test(q)) {
    hits.push({ icon: "search", name: q, kind: "log lines", act: () => go(`/system?correlation=${q}`) });
  }
  return hits;
}

export default function Palette() {
  const id = useId();
  const [text, type] = useState("");
  const [q, ask] = useState("");
  const [at, move] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => ask(text.trim().slice(0, 200)), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error, isLoading } = useRead(`search/${q}`, () => (q.length > 1 ? find(q) : Promise.resolve([])));
  const small = text.trim().toLowerCase();
  const hits = [...PAGES.filter(({ name }) => name.toLowerCase().includes(small)), ...(data ?? [])];
  const active = Math.min(at, hits.length - 1);
  useEffect(() => list.current?.children[active]?.scrollIntoView({ block: "nearest" }), [active]);
  const close = () => void (openDialog.value = undefined);
  const take = (hit?: Hit) => {
    if (!hit) return;
    close();
    hit.act();
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) move((active + by + hits.length) % Math.max(1, hits.length));
    else if (event.key === "Enter") take(hits[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return (
    <Dialog name="Find" close={close} isWide>
      <label class="search palette-search">
        <Icon name="search" />
        <span class="visually-hidden">Batch, document, actor, correlation id or page</span>
        <input
          type="search"
          role="combobox"
          list={undefined}
          aria-expanded
          aria-controls={id}
          aria-activedescendant={hits.length ? `${id}-${active}` : undefined}
          aria-autocomplete="list"
          placeholder="Batch, document, actor, correlation id or page"
          value={text}
          autofocus
          onKeyDown={press}
          onInput={(event) => (type(event.currentTarget.value), move(0))}
        />
      </label>
      <ul ref={list} id={id} role="listbox" aria-label="Found" class="palette">
        {hits.map((hit, nth) => (
          <li
            key={`${hit.kind}/${hit.name}/${nth}`}
            id={`${id}-${nth}`}
            role="option"
            aria-selected={nth === active}
            onClick={() => take(hit)}
            onPointerMove={() => nth !== active && move(nth)}
          >
            <Icon name={hit.icon} />
            <Name text={hit.name} />
            <span class="muted small">{hit.kind}</span>
          </li>
        ))}
      </ul>
      <p class="muted small" role="status">
        {error ? error.detail : isLoading ? "Searching…" : hits.length ? "" : "Nothing is called so."}
      </p>
    </Dialog>
  );
}
