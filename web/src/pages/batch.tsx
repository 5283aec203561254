/** *Batch*: one of them, live: where it stands, what failed, what it does now, and every item. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { KnownBatch, Progress } from "quire-client";
import { useBatch } from "quire-client/react";
import { copy, say } from "../acts.js";
import { Failures } from "../batch/failures.js";
import { Items } from "../batch/items.js";
import { Log } from "../batch/log.js";
import { BatchModel } from "../batch/model.js";
import { Running, Stages } from "../batch/now.js";
import { Banner, Slider, usePast, usePlace } from "../batch/past.js";
import { Strip } from "../batch/strip.js";
import { cancel, fits, pause, resume, retry, seal } from "../batch/verbs.js";
import { count, counted, duration, eta, percent, rate, shortMoment, words } from "../format.js";
import { useKeys } from "../keys.js";
import { filter, place, setFilters } from "../router.js";
import { type Params, withQuery } from "../routes.js";
import { quire } from "../session.js";
import { useTitle } from "../title.js";
import { Bar, share } from "../ui/bar.js";
import { Download } from "../ui/download.js";
import { Icon } from "../ui/icon.js";
import { Ago, Copy, Fact, Failed, Loading, Name, Page, Panel } from "../ui/parts.js";
import { State, stateClass } from "../ui/state.js";
import { waitText } from "../waits.js";
import Missing from "./missing.js";

/** In one chunk with the batch: who opens one goes on to the other. */
export { default as ItemPage } from "./item.js";


const LINE = [
  ["succeeded", "succeeded"],
  ["failed", "failed"],
  ["running", "running"],
  ["queued", "waiting"],
  ["retry_wait", "waiting"],
  ["cancelled", "other"],
  ["expired", "other"],
  ["skipped", "other"],
] as const;

function Actions({ batch }: { batch: KnownBatch }) {
  const again = batch.counts.failed + batch.counts.expired + batch.counts.skipped;
  return (
    <>
      {batch.status === "open" && (
        <button class="button" onClick={() => seal(batch.id)}>
          Seal
        </button>
      )}
      {fits("pause", batch) && (
        <button class="button" onClick={() => pause(batch.id)}>
          Pause
        </button>
      )}
      {fits("resume", batch) && (
        <button class="button is-primary" onClick={() => resume(batch.id)}>
          Resume
        </button>
      )}
      {fits("cancel", batch) && (
        <button class="button" onClick={() => cancel(batch)}>
          Cancel…
        </button>
      )}
      {batch.outcome && again > 0 && (
        <button class="button" onClick={() => retry(batch.id, again)}>
          Retry {count(again)} failed…
        </button>
      )}
      {batch.links && <Download href={batch.links.results}>Results</Download>}
    </>
  );
}

function Summary({ batch, progress }: { batch: KnownBatch; progress?: Progress }) {
  const counts = progress?.counts ?? batch.counts;
  const shown = LINE.filter(([state]) => counts[state]);
  const { path, query } = place.value;
  return (
    <div class="summary">
      <div class="summary-head">
        <State state={batch.status} />
        <span class="summary-share number">{percent(share(counts))}</span>
        <span class="summary-rate number">
          {progress?.items_per_second ? `${rate(progress.items_per_second)} items/s` : ""}
          {progress?.pages_per_second ? ` · ${rate(progress.pages_per_second)} pages/s` : ""}
          {progress?.eta_seconds != null ? ` · ${eta(progress.eta_seconds)}` : ""}
        </span>
        {batch.waiting_because && !batch.outcome && (
          <span class="waits">
            <Icon name="retry_wait" /> waits: {waitText(batch.waiting_because)}
          </span>
        )}
      </div>
      <Bar counts={counts} label="Progress" />
      <p class="counts">
        {shown.map(([state, kind]) => (
          <a
            key={state}
            href={withQuery(path, query, { state: kind, failure: undefined, name: undefined })}
            class={stateClass(state)}
          >
            <span class="swatch" />
            <span class="number">{count(counts[state])}</span> {words(state)}
          </a>
        ))}
        <span class="muted">
          of <span class="number">{counted(counts.total, "item")}</span>
        </span>
      </p>
    </div>
  );
}

function Facts({ batch }: { batch: KnownBatch }) {
  if (!batch.created_at) return null;
  const { started_at, ended_at, deadline, not_before } = batch;
  return (
    <dl class="facts">
      <Fact name="Does">{batch.operations?.join(", ")}</Fact>
      <Fact name="Made">
        <Ago at={batch.created_at} />
      </Fact>
      {not_before && <Fact name="Not before">{shortMoment(not_before)}</Fact>}
      {deadline && <Fact name="Deadline">{shortMoment(deadline)}</Fact>}
      {started_at && (
        <Fact name={ended_at ? "Took" : "Started"}>
          {ended_at ? duration(Date.parse(ended_at) - Date.parse(started_at)) : <Ago at={started_at} />}
        </Fact>
      )}
      <Fact name="Priority">{batch.priority}</Fact>
      <Fact name="On failure">{words(batch.on_failure ?? "continue")}</Fact>
      {batch.generation > 1 && <Fact name="Generation">{batch.generation}</Fact>}
      <Fact name="Revision">
        <span class="number">{count(batch.rev)}</span>
      </Fact>
      <Fact name="Correlation">
        <a href={`/system?correlation=${encodeURIComponent(batch.correlation_id ?? "")}`}>
          <code>{batch.correlation_id?.slice(0, 12)}…</code>
        </a>
      </Fact>
    </dl>
  );
}

function Known({ batch: now, progress }: { batch: KnownBatch; progress?: Progress }) {
  const { id } = now;
  const model = useMemo(() => new BatchModel(quire(), id), [id]);
  useEffect(() => () => model.end(), [model]);
  const [shown, show] = useState<{ index: number; nth: number }>();
  const [failure] = filter("failure");
  const [isLogOpen, openLog] = useState(false);
  const [logFrom] = useState(() => Math.max(0, quire().cursor.upto - 200));
  const [seq, move] = usePlace();
  const { view: past, error } = usePast(model, seq);
  const isRead = useRef(false);
  isRead.current ||= !seq || !!past || !!error;
  useKeys({
    p: () => past || (fits("resume", now) ? resume(id) : fits("pause", now) && pause(id)),
    c: () => copy(id, "Id"),
  });
  const { outcome, counts } = now;
  useEffect(() => {
    if (past) return;
    if (outcome) say(`${now.name ?? "The batch"} has ended: ${outcome}. ${counted(counts.failed, "item")} failed.`);
    else say(`${percent(share(counts))} done, ${count(counts.failed)} failed.`);
  }, [outcome, Math.floor(share(counts) * 20)]);
  const goTo = (index: number) => {
    setFilters({ state: undefined, failure: undefined, name: undefined });
    show({ index, nth: (shown?.nth ?? 0) + 1 });
  };
  if (!isRead.current) return <Loading rows={10} />;
  const batch = past?.batch ?? now;
  const live = past ? undefined : progress;
  const asOf = past?.batch.as_of;
  return (
    <Page
      above={<a href="/">Batches</a>}
      name={<Name text={now.name} none={`batch ${id.slice(0, 8)}…${id.slice(-4)}`} />}
      actions={!past && <Actions batch={now} />}
    >
      {past || error ? (
        <Banner
          text={
            asOf
              ? `As it was at ${shortMoment(asOf.at)}, event ${count(asOf.seq)}`
              : `${error!.detail} What you see is as it is now.`
          }
          role={asOf ? undefined : "alert"}
          back={() => move()}
        />
      ) : (
        <p class="under-head">
          {now.collection && (
            <a class="tag" href={`/?collection=${encodeURIComponent(now.collection)}`}>
              {now.collection}
            </a>
          )}
          <code class="muted">{id}</code>
          <Copy text={id} what="Id" />
        </p>
      )}
      <Panel name="Progress">
        <Summary batch={batch} progress={live} />
        <Strip view={past ?? model} show={goTo} />
        {now.log?.after != null && <Slider batch={now} past={past} seq={seq} move={move} />}
        <Facts batch={batch} />
      </Panel>
      {live && !outcome && (
        <Panel name="Now">
          <Running batch={id} progress={live} />
          <Stages progress={live} />
        </Panel>
      )}
      {batch.counts.failed > 0 && (
        <Failures
          id={id}
          past={past}
          canRetry={!!outcome}
          chosen={failure}
          choose={(code) => setFilters({ failure: code, state: undefined })}
        />
      )}
      <Panel name="Items" isFlush>
        <Items view={past ?? model} progress={live} shown={shown} />
      </Panel>
      <details class="panel log-panel" hidden={!!past} onToggle={(event) => openLog(event.currentTarget.open)}>
        <summary>
          <h2>Log</h2>
        </summary>
        {isLogOpen && <Log model={model} from={logFrom} />}
      </details>
    </Page>
  );
}

export default function BatchPage({ params }: { params: Params }) {
  const { batch, progress, error, isLoading } = useBatch(params.id!);
  useTitle(batch?.name ?? "Batch");
  if (batch?.created_at || (batch && !error)) return <Known key={batch.id} batch={batch} progress={progress} />;
  if (error) return error.status === 404 || error.status === 422 ? <Missing /> : <Failed error={error} />;
  return isLoading ? <Loading rows={10} /> : <Missing />;
}
