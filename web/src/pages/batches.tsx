/** *Batches*: all of them, newest first, live; and acts on all that a filter keeps. */
import type { BatchStatus, KnownBatch } from "quire-client";
import { useBatches } from "quire-client/react";
import { act, ask } from "../acts.js";
import { FITS, type Verb, fits } from "../batch/verbs.js";
import { call } from "../call.js";
import { count, counted, eta, percent, rate, title, words } from "../format.js";
import { useClock, useRead } from "../live.js";
import { filter, setFilters } from "../router.js";
import { batchAddress } from "../routes.js";
import { useTitle } from "../title.js";
import { Bar, ended, share } from "../ui/bar.js";
import { Grid, useNarrow } from "../ui/grid.js";
import { Icon } from "../ui/icon.js";
import { Ago, Empty, Failed, Loading, Name, Page } from "../ui/parts.js";
import { Search } from "../ui/search.js";
import { State } from "../ui/state.js";
import { useProgress } from "../batch/progress.js";
import { waitText } from "../waits.js";

const STATUSES: readonly BatchStatus[] = [
  "running",
  "queued",
  "scheduled",
  "open",
  "pausing",
  "paused",
  "cancelling",
  "finalizing",
  "partial",
  "failed",
  "succeeded",
  "cancelled",
  "expired",
];

const COLUMNS = [
  { name: "Batch", of: "name" },
  { name: "Status", of: "status" },
  { name: "Progress", of: "progress" },
  { name: "Failed", of: "failed" },
  { name: "What happens", of: "now" },
  { name: "Made", of: "made" },
];

const BatchName = ({ batch }: { batch: KnownBatch }) => (
  <>
    <a href={batchAddress(batch.id)} tabIndex={-1}>
      <Name text={batch.name} none={`batch ${batch.id.slice(0, 8)}…${batch.id.slice(-4)}`} />
    </a>
    {batch.collection && (
      <span class="tag" title={`Collection ${batch.collection}`}>
        {batch.collection}
      </span>
    )}
  </>
);

function ProgressCell({ batch }: { batch: KnownBatch }) {
  const progress = useProgress(batch);
  const counts = progress?.counts ?? batch.counts;
  return (
    <div class="progress">
      <Bar counts={counts} label={`Progress of ${batch.name ?? batch.id}`} />
      <span class="number">{counts.total ? percent(share(counts)) : "–"}</span>
      <span class="number muted of-total">{count(counts.total)}</span>
    </div>
  );
}

function NowCell({ batch }: { batch: KnownBatch }) {
  const progress = useProgress(batch);
  if (progress?.items_per_second) {
    return (
      <span class="number">
        {rate(progress.items_per_second)}/s
        {progress.eta_seconds != null && <span class="muted"> · {eta(progress.eta_seconds)}</span>}
      </span>
    );
  }
  if (batch.waiting_because) return <span class="muted">waits: {waitText(batch.waiting_because)}</span>;
  if (batch.outcome && batch.ended_at)
    return (
      <span class="muted">
        ended <Ago at={batch.ended_at} />
      </span>
    );
  return <span class="muted">{ended(batch.counts) ? "" : "–"}</span>;
}

const makeCells = (batch: KnownBatch, now: number) => [
  <BatchName batch={batch} />,
  <State state={batch.status} />,
  <ProgressCell batch={batch} />,
  <span class={batch.counts.failed ? "number is-failed" : "number muted"}>
    {batch.counts.failed ? count(batch.counts.failed) : "0"}
  </span>,
  <NowCell batch={batch} />,
  <span class="muted">{batch.created_at && <Ago at={batch.created_at} now={now} />}</span>,
];

const FRESH_MS = 5000;
const made = new WeakMap<KnownBatch, { cells: ReturnType<typeof makeCells>; now: number }>();

/** The same cells for a batch that has not changed: its row is not compared anew when another one comes. */
function cellsOf(batch: KnownBatch, now: number) {
  let known = made.get(batch);
  if (!known || now - known.now > FRESH_MS) made.set(batch, (known = { cells: makeCells(batch, now), now }));
  return known.cells;
}

interface Filter {
  status?: BatchStatus;
  q?: string;
  collection?: string;
  failed?: true;
}

/** Says the number, and does it to just as many, or not at all. */
async function bulk(verb: Verb, { status, q, collection }: Filter): Promise<void> {
  const kept = { status: status ? [status] : [...FITS[verb]], q, collection };
  const order = (more: object) => call("POST /api/v1/batches/bulk", { body: { verb, filter: kept, ...more } as never });
  const tried = await act(() => order({ dry_run: true }));
  if (!tried) return;
  const { matched } = tried;
  const what = counted(matched, "batch", "batches");
  if (!matched)
    return void (await ask({
      title: `Nothing to ${verb}`,
      body: <p>No batch of this filter is in a status for that.</p>,
      verb: "Close",
    }));
  const isSure = await ask({
    title: `${title(verb)} ${what}?`,
    body: (
      <>
        <p>
          {status ? `Status ${words(status)}` : `Every status that can be ${PAST[verb]}`}
          {q ? `, with “${q}” in its name or collection` : ""}
          {collection ? `, collection ${collection}` : ""}. {CAN_BE_UNDONE[verb]}
        </p>
        <p class="muted">If the filter keeps another number by then, nothing is done.</p>
      </>
    ),
    verb: `${title(verb)} ${what}`,
    isDangerous: verb === "cancel",
  });
  if (!isSure) return;
  await act(
    () => order({ expected: matched }),
    ({ done, under_way, refused_count }) =>
      `${title(verb)}: ${counted(done, "batch", "batches")} done${under_way ? `, ${under_way} under way` : ""}${refused_count ? `, ${refused_count} refused` : ""}.`,
  );
}

const PAST: Record<Verb, string> = { pause: "paused", resume: "resumed", cancel: "cancelled", retry: "tried again" };
const CAN_BE_UNDONE: Record<Verb, string> = {
  pause: "What runs is finished. Resume takes it back.",
  resume: "They go on where they stood.",
  cancel: "What runs is stopped, what has ended stays. Cancelled items can be tried again.",
  retry: "Failed, expired and skipped items begin a new generation.",
};

function Statuses({ chosen, choose }: { chosen?: BatchStatus; choose: (status?: string) => void }) {
  const { data } = useRead("counts", () => call("GET /api/v1/batches", { query: { limit: 1 } }), {
    touched: (events) => events.some(({ item }) => !item),
  });
  const counts = data?.counts_by_status;
  if (!counts) return <div class="chips" />;
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const chips = STATUSES.flatMap((status) => {
    // Which of the two a batch is, is a matter of the time: they are counted together.
    const isPair = status === "queued" || status === "scheduled";
    const n = isPair ? counts.not_started : counts[status as keyof typeof counts];
    if (!n && status !== chosen) return [];
    return [{ status, text: words(status), n: isPair ? undefined : n }];
  });
  return (
    <div class="chips" role="group" aria-label="Status">
      <button class="chip" aria-pressed={!chosen} onClick={() => choose(undefined)}>
        all <span class="number">{count(all)}</span>
      </button>
      {chips.map(({ status, text, n }) => (
        <button
          key={status}
          class="chip"
          aria-pressed={status === chosen}
          onClick={() => choose(status === chosen ? undefined : status)}
        >
          {text} {n !== undefined && <span class="number">{count(n)}</span>}
        </button>
      ))}
    </div>
  );
}

export default function Batches() {
  useTitle("Batches");
  const [status, setStatus] = filter("status");
  const [q, setQuery] = filter("q");
  const [collection] = filter("collection");
  const [failed, setFailed] = filter("failed");
  const kept: Filter = {
    status: STATUSES.find((known) => known === status),
    q,
    collection,
    failed: failed === "true" || undefined,
  };
  const { batches, hasMore, more, error, isLoading } = useBatches(JSON.parse(JSON.stringify(kept)));
  const now = useClock(10_000);
  const isNarrow = useNarrow();
  const isFiltered = !!(kept.status || q || collection || kept.failed);
  const canBulk = !kept.failed;
  const verbs = (Object.keys(FITS) as Verb[]).filter((verb) => !kept.status || FITS[verb].includes(kept.status));
  return (
    <Page
      name="Batches"
      actions={
        <>
          <span class="bulk" role="group" aria-label="All that the filter keeps">
            {canBulk &&
              batches.length > 0 &&
              verbs
                .filter((verb) => batches.some((batch) => fits(verb, batch)))
                .map((verb) => (
                  <button key={verb} class="button" onClick={() => bulk(verb, kept)}>
                    {title(verb)} {isFiltered ? "matching" : "all"}…
                  </button>
                ))}
          </span>
          <a class="button is-primary" href="/new">
            <Icon name="plus" />
            New batch
          </a>
        </>
      }
    >
      <div class="filters">
        <Search label="Name or collection" value={q} search={setQuery} />
        <Statuses chosen={kept.status} choose={setStatus} />
        <button class="chip" aria-pressed={!!kept.failed} onClick={() => setFailed(kept.failed ? undefined : "true")}>
          with failed items
        </button>
        {collection && (
          <button
            class="chip"
            aria-pressed
            onClick={() => setFilters({ collection: undefined })}
            aria-label={`Collection ${collection}: show all`}
          >
            collection {collection} <Icon name="close" />
          </button>
        )}
      </div>
      {error && !batches.length ? (
        <Failed error={error} />
      ) : isLoading && !batches.length ? (
        <Loading rows={8} />
      ) : !batches.length ? (
        isFiltered ? (
          <Empty icon="search" name="No batch fits this filter">
            <button
              class="button"
              onClick={() => setFilters({ status: undefined, q: undefined, collection: undefined, failed: undefined })}
            >
              Show all
            </button>
          </Empty>
        ) : (
          <Empty icon="folder" name="No batches yet">
            <p>Drop a folder of documents anywhere on this page, or choose one.</p>
            <a class="button is-primary" href="/new">
              <Icon name="plus" />
              New batch
            </a>
          </Empty>
        )
      ) : (
        <>
          <Grid
            label="Batches, newest first"
            kind="batches"
            columns={COLUMNS}
            count={batches.length}
            rowPx={isNarrow ? 84 : 44}
            cells={(nth) => cellsOf(batches[nth]!, now)}
            keyOf={(nth) => batches[nth]!.id}
            hrefOf={(nth) => batchAddress(batches[nth]!.id)}
          />
          {hasMore && (
            <button class="button more" onClick={more}>
              Show older batches
            </button>
          )}
        </>
      )}
    </Page>
  );
}
