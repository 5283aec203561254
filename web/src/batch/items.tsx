/** *Items*: the rows of a batch, by state, failure and name. */
import { useMemo } from "preact/hooks";
import type { Item, ItemState, Progress } from "quire-client";
import { call } from "../call.js";
import { count, counted, duration, words } from "../format.js";
import { useRead } from "../live.js";
import { filter, setFilters } from "../router.js";
import { itemAddress } from "../routes.js";
import { Grid, useNarrow } from "../ui/grid.js";
import { Icon } from "../ui/icon.js";
import { Choice, Empty, Failed, Loading, Name, pathOf } from "../ui/parts.js";
import { Search } from "../ui/search.js";
import { State } from "../ui/state.js";
import { waitText } from "../waits.js";
import type { View } from "./view.js";

const COLUMNS = [
  { name: "#", of: "position" },
  { name: "Name", of: "name" },
  { name: "State", of: "status" },
  { name: "Pages", of: "pages" },
  { name: "Took", of: "took" },
  { name: "Failure, or why it waits", of: "why" },
];

const KINDS = {
  all: [],
  failed: ["failed"],
  running: ["running"],
  waiting: ["queued", "retry_wait"],
  succeeded: ["succeeded"],
  other: ["cancelled", "expired", "skipped"],
} as const satisfies Record<string, readonly ItemState[]>;

type Kind = keyof typeof KINDS;

/** Names that a search finds at most: whoever finds more types on. */
const MOST_FOUND = 5000;

async function find({ id, asOf, rows }: View, name: string, signal: AbortSignal) {
  const positions: number[] = [];
  let cursor: string | undefined;
  do {
    const query = { name, limit: 1000, cursor };
    const page = await call("GET /api/v1/batches/{id}/items", { path: { id }, query, signal });
    // A name is looked for in what is there now.
    if (!asOf) rows.put(page.items);
    for (const { position } of page.items) positions.push(position);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && positions.length < MOST_FOUND);
  return { positions, hasMore: !!cursor };
}

type RunningItem = Progress["running"][number];

function Pages({ item, now }: { item?: Item; now?: RunningItem }) {
  if (now?.pages) {
    return (
      <span class="pages-now">
        <span class="number">
          {count(now.page)}/{count(now.pages)}
        </span>
        <span class="running-bar">
          <span style={{ width: `${(now.page / now.pages) * 100}%` }} />
        </span>
      </span>
    );
  }
  return <span class="number muted">{item?.summary ? count(item.summary.pages) : ""}</span>;
}

/** What its worker process worked: from its start to its end it waits for its neighbours as well. */
const took = ({ work_ms }: Item): string => (work_ms == null ? "" : duration(work_ms));

function Why({ item, now }: { item: Item; now?: RunningItem }) {
  if (now) return <span class="muted">{words(now.stage)}</span>;
  if (item.failure) {
    return (
      <span title={item.failure.detail ?? undefined}>
        {words(item.failure.code)} <span class="muted">{item.failure.remedy}</span>
      </span>
    );
  }
  return <span class="muted">{item.waiting_because ? waitText(item.waiting_because) : ""}</span>;
}

export function Items({
  view,
  progress,
  shown,
}: {
  view: View;
  progress?: Progress;
  shown?: { index: number; nth: number };
}) {
  const drawn = view.drawn.value;
  // Reading it is what has the list drawn when rows come.
  void view.rowsDrawn.value;
  const [kindGiven] = filter("state");
  const kind = (kindGiven && kindGiven in KINDS ? kindGiven : "all") as Kind;
  const [failure] = filter("failure");
  const [name] = filter("name");
  const isNarrow = useNarrow();
  const { id, asOf, states, rows } = view;
  const found = useRead(`find/${id}/${name ?? ""}`, (signal) =>
    name ? find(view, name, signal) : Promise.resolve(undefined),
  );
  const positions = useMemo(() => {
    if (!states || (kind === "all" && !failure && !name)) return undefined;
    const kept = states.positions(KINDS[kind], failure);
    if (!name) return kept;
    const named = new Set(found.data?.positions ?? []);
    return kept.filter((position) => named.has(position));
  }, [states, drawn, kind, failure, name, found.data]);

  if (view.error.value) return <Failed error={view.error.value} />;
  if (!states) return <Loading rows={6} />;
  const length = positions ? positions.length : states.length;
  const at = (index: number) => (positions ? positions[index]! : index + 1);
  const running = new Map(progress?.running.map((one) => [one.item, one]));
  const cells = (index: number) => {
    const position = at(index);
    const item = rows.get(position);
    const state = states.state(position)!;
    const now = state === "running" ? running.get(position) : undefined;
    return [
      <span class="number muted">{count(position)}</span>,
      <a href={itemAddress(id, position, asOf)} tabIndex={-1}>
        {item ? <Name text={pathOf(item)} none={`item ${position}`} /> : <span class="ghost" />}
      </a>,
      <State state={state} />,
      <Pages item={item} now={now} />,
      <span class="number muted">{item && state !== "running" ? took(item) : ""}</span>,
      item ? <Why item={item} now={now} /> : "",
    ];
  };
  const seen = (first: number, last: number) => {
    const wanted = [];
    for (let index = first; index < last; index++) wanted.push(at(index));
    rows.want(wanted);
  };
  const options = (Object.keys(KINDS) as Kind[]).map((value) => {
    const n = KINDS[value].reduce((sum, state) => sum + states.count(state), 0);
    return {
      value,
      name: (
        <>
          {value} <span class="number">{count(value === "all" ? states.length : n)}</span>
        </>
      ),
    };
  });
  const isFiltered = kind !== "all" || failure || name;
  const rowPx = isNarrow ? 76 : 36;
  return (
    <>
      <div class="filters">
        <Choice
          label="Items"
          options={options}
          value={kind}
          choose={(to) => setFilters({ state: to === "all" ? undefined : to })}
        />
        <Search label="Name of a document" value={name} search={(to) => setFilters({ name: to })} />
        {failure && (
          <button
            class="chip"
            aria-pressed
            onClick={() => setFilters({ failure: undefined })}
            aria-label={`Failure ${words(failure)}: show all`}
          >
            {words(failure)} <Icon name="close" />
          </button>
        )}
        {name && found.data?.hasMore && (
          <span class="muted small">The first {counted(found.data.positions.length, "name")} are shown.</span>
        )}
      </div>
      {length ? (
        <Grid
          label={`Items${isFiltered ? ", filtered" : ""}`}
          kind="items"
          columns={COLUMNS}
          count={length}
          rowPx={rowPx}
          isBounded
          cells={cells}
          keyOf={at}
          hrefOf={(index) => itemAddress(id, at(index), asOf)}
          seen={seen}
          shown={shown}
        />
      ) : name && found.isLoading ? (
        <Loading rows={4} />
      ) : (
        <Empty icon={isFiltered ? "search" : "queued"} name={isFiltered ? "No item fits this filter" : "No items yet"}>
          {isFiltered && (
            <button
              class="button"
              onClick={() => setFilters({ state: undefined, failure: undefined, name: undefined })}
            >
              Show all
            </button>
          )}
        </Empty>
      )}
    </>
  );
}
