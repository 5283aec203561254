/** *Item*: one document: its attempts, why it waits, what came out, and its text page by page. */
import { useState } from "preact/hooks";
import type { Item } from "quire-client";
import { useBatch } from "quire-client/react";
import { copy } from "../acts.js";
import { Banner } from "../batch/past.js";
import { retryOne } from "../batch/verbs.js";
import { type Answer, call } from "../call.js";
import { bytes, count, counted, duration, eta, rate, shortMoment, time, title, words } from "../format.js";
import { useKeys } from "../keys.js";
import { useRead } from "../live.js";
import { filter, go } from "../router.js";
import { type Params, batchAddress, itemAddress } from "../routes.js";
import { useTitle } from "../title.js";
import { Download } from "../ui/download.js";
import { Icon } from "../ui/icon.js";
import { Copy, Empty, Fact, Failed, Loading, Name, Page, Panel, pathOf } from "../ui/parts.js";
import { State, stateClass } from "../ui/state.js";
import { waitText } from "../waits.js";
import Missing from "./missing.js";

type Attempt = NonNullable<Item["attempts"]>[number];

function Attempts({ item }: { item: Item }) {
  const { attempts, progress, waiting_because } = item;
  if (!attempts?.length && !progress && !waiting_because) return null;
  const longest = Math.max(1, ...(attempts ?? []).map(({ work_ms }) => work_ms ?? 0));
  return (
    <Panel name="Attempts" isFlush>
      <ol class="attempts">
        {(attempts ?? []).map((attempt) => (
          <AttemptRow
            key={`${attempt.generation}/${attempt.attempt}`}
            attempt={attempt}
            longest={longest}
            isOnly={item.generation === 1}
          />
        ))}
        {item.state === "running" && (
          <li>
            <span class="number muted">{item.attempt}</span>
            <State state="running" />
            <span class="attempt-what">
              {progress ? (
                <>
                  {words(progress.stage)}
                  {progress.pages > 0 && (
                    <span class="number muted">
                      {" "}
                      page {count(progress.page)} of {count(progress.pages)}
                      {progress.pages_per_second ? ` · ${rate(progress.pages_per_second)}/s` : ""}
                      {progress.eta_seconds != null ? ` · ${eta(progress.eta_seconds)}` : ""}
                    </span>
                  )}
                </>
              ) : (
                "now"
              )}
            </span>
          </li>
        )}
        {waiting_because && (
          <li>
            <span />
            <State state={item.state} />
            <span class="waits">waits: {waitText(waiting_because)}</span>
          </li>
        )}
      </ol>
    </Panel>
  );
}

function AttemptRow({ attempt, longest, isOnly }: { attempt: Attempt; longest: number; isOnly: boolean }) {
  const {
    generation,
    attempt: nth,
    ended,
    failure,
    work_ms,
    peak_memory_bytes,
    worker_pid,
    started_at,
    ended_at,
  } = attempt;
  const state = ended === "succeeded" ? "succeeded" : "failed";
  return (
    <li>
      <span class="number muted">{isOnly ? nth : `${generation}.${nth}`}</span>
      <span class={`state ${stateClass(state)}`}>
        <Icon name={state} />
        <span>{words(ended)}</span>
      </span>
      <span class="attempt-what">
        {failure && (
          <>
            <strong>{title(failure.code)}</strong> <span class="tag">{failure.class}</span>
            {failure.detail && (
              <span class="attempt-detail">
                <Name text={failure.detail} />
              </span>
            )}
            <span class="muted attempt-detail">{failure.remedy}</span>
          </>
        )}
        <span class="muted small number">
          {started_at && `${shortMoment(started_at)} – ${time(ended_at)}`}
          {peak_memory_bytes != null && ` · ${bytes(peak_memory_bytes)} at most`}
          {worker_pid != null && ` · process ${worker_pid}`}
        </span>
      </span>
      <span class="attempt-took">
        {work_ms != null && (
          <>
            <span class="bar attempt-bar">
              <span class={`bar-part ${stateClass(state)}`} style={{ flexGrow: `${work_ms}` }} />
              <span class="bar-rest" style={{ flexGrow: `${longest - work_ms}` }} />
            </span>
            <span class="number">{duration(work_ms)}</span>
          </>
        )}
      </span>
    </li>
  );
}

function Facts({ item, batch }: { item: Item; batch?: string }) {
  const { summary } = item;
  return (
    <dl class="facts">
      <Fact name="State">
        <State state={item.state} />
      </Fact>
      {summary && (
        <>
          <Fact name="Pages">
            <span class="number">{count(summary.pages)}</span>
            {summary.pages_failed > 0 && <span class="fault"> ({count(summary.pages_failed)} failed)</span>}
          </Fact>
          <Fact name="Characters">
            <span class="number">{count(summary.chars)}</span>
          </Fact>
        </>
      )}
      {item.size_bytes != null && <Fact name="Size">{bytes(item.size_bytes)}</Fact>}
      {item.ended_at && <Fact name="Ended">{shortMoment(item.ended_at)}</Fact>}
      {item.generation > 1 && <Fact name="Generation">{item.generation}</Fact>}
      {batch && <Fact name="Batch is">{batch}</Fact>}
      {item.correlation_id && (
        <Fact name="Correlation">
          <a
            href={`/system?correlation=${encodeURIComponent(item.correlation_id)}`}
            title="All lines of the log about it"
          >
            <code>{item.correlation_id.slice(0, 12)}…</code>
          </a>
        </Fact>
      )}
    </dl>
  );
}

const Artifacts = ({ artifacts }: { artifacts: Item["artifacts"] }) => (
  <Panel name="Artifacts" isFlush>
    <ul class="rows">
      {artifacts.map(({ name, media_type, size_bytes, sha256, href }) => (
        <li key={name}>
          <code>{name}</code>
          <span class="muted small">
            {bytes(size_bytes)} · {media_type.split(";")[0]} ·{" "}
            <span title={`sha256 ${sha256}`}>sha256 {sha256.slice(0, 8)}…</span>
          </span>
          <span class="actions">
            <Download href={href} isQuiet>
              Download <span class="visually-hidden">{name}</span>
            </Download>
          </span>
        </li>
      ))}
    </ul>
  </Panel>
);

function PageText({ shown }: { shown: Answer<"GET /api/v1/batches/{id}/items/{position}/pages">["items"][number] }) {
  return (
    <>
      {shown.warnings.map((warning) => (
        <p key={warning} class="waits">
          <Icon name="warning" /> {words(warning)}
        </p>
      ))}
      {shown.text ? (
        <pre class="page-text" dir="auto" tabIndex={0} aria-label={`Text of page ${shown.page}`}>
          {shown.text}
        </pre>
      ) : (
        <p class="muted">This page has no text.</p>
      )}
      {shown.truncated && <p class="muted small">The page goes on; all of it is in text.txt.</p>}
    </>
  );
}

function Pages({ id, position, pages }: { id: string; position: number; pages: number }) {
  const [page, turn] = useState(1);
  const { data, error, again, isLoading } = useRead(`pages/${id}/${position}/${page}`, (signal) =>
    call("GET /api/v1/batches/{id}/items/{position}/pages", {
      path: { id, position },
      query: { from: page, limit: 1 },
      signal,
    }),
  );
  const of = data?.pages ?? pages;
  const to = (next: number) => turn(Math.max(1, Math.min(of, next)));
  useKeys({ ArrowRight: () => to(page + 1), ArrowLeft: () => to(page - 1) });
  const shown = data?.items[0];
  return (
    <Panel
      name="Text"
      actions={
        <>
          <button
            class="button is-small is-icon"
            aria-label="Page before"
            disabled={page <= 1}
            onClick={() => to(page - 1)}
          >
            <Icon name="left" />
          </button>
          <label class="page-number">
            <span class="visually-hidden">Page</span>
            <input
              type="number"
              min={1}
              max={of}
              value={page}
              onChange={(event) => to(Number(event.currentTarget.value) || 1)}
            />
            <span class="muted number">of {count(of)}</span>
          </label>
          <button
            class="button is-small is-icon"
            aria-label="Next page"
            disabled={page >= of}
            onClick={() => to(page + 1)}
          >
            <Icon name="right" />
          </button>
          {shown?.text && <Copy text={shown.text} what="Text" />}
        </>
      }
    >
      {error ? (
        <Failed error={error} again={again} />
      ) : isLoading ? (
        <Loading rows={6} />
      ) : shown ? (
        <PageText shown={shown} />
      ) : (
        <Empty name="No such page" />
      )}
    </Panel>
  );
}

const curl = (href: string): string => `curl ${JSON.stringify(location.origin + href)}`;

export default function ItemPage({ params }: { params: Params }) {
  const id = params.id!;
  const position = Number(params.position);
  const asOf = Number(filter("as_of")[0]) || undefined;
  const { batch, error: batchError } = useBatch(id);
  const read = useRead(
    `item/${id}/${position}/${asOf}`,
    () => call("GET /api/v1/batches/{id}/items/{position}", { path: { id, position }, query: { as_of: asOf } }),
    {
      touched: (events) => !asOf && events.some(({ batch, item }) => batch === id && (!item || item === position)),
      everyMs: batch && !batch.outcome && !asOf ? 2000 : undefined,
    },
  );
  const { data: item, error, again } = read;
  useTitle(item?.name ?? `#${position}`);
  const total = batch?.counts.total ?? Infinity;
  const beside = (by: number) => position + by >= 1 && position + by <= total && go(itemAddress(id, position + by, asOf));
  useKeys({ j: () => beside(1), k: () => beside(-1) });
  const fault = error ?? (item ? undefined : batchError);
  if (fault) return fault.status === 404 || fault.status === 422 ? <Missing /> : <Failed error={fault} again={again} />;
  if (!item) return <Loading rows={8} />;
  const pages = item.artifacts.some(({ name }) => name === "pages.json") ? item.summary?.pages : undefined;
  const { document } = item.links;
  return (
    <Page
      above={
        <span class="crumbs">
          <a href="/">Batches</a>
          <Icon name="right" />
          <a href={batchAddress(id, asOf)}>
            <Name text={batch?.name} none={`batch ${id.slice(0, 8)}…`} />
          </a>
          <span class="beside">
            {position > 1 && (
              <a href={itemAddress(id, position - 1, asOf)} aria-label="Item before">
                <Icon name="left" />
              </a>
            )}
            <span class="number muted">
              {count(position)}
              {batch && ` of ${count(total)}`}
            </span>
            {position < total && (
              <a href={itemAddress(id, position + 1, asOf)} aria-label="Next item">
                <Icon name="right" />
              </a>
            )}
          </span>
        </span>
      }
      name={<Name text={pathOf(item)} none={`Item ${position}`} />}
      actions={
        <>
          {item.state === "failed" && batch?.outcome && !asOf && (
            <button class="button" onClick={() => retryOne(id, position, item.name).then((done) => done && again())}>
              Retry…
            </button>
          )}
          {document && <Download href={document}>Document</Download>}
          <button class="button" onClick={() => copy(curl(item.links.self), "Command")}>
            <Icon name="copy" />
            Copy curl
          </button>
        </>
      }
    >
      {asOf && <Banner text={`As it was at event ${count(asOf)}`} back={() => go(itemAddress(id, position))} />}
      <Panel name="Facts">
        <Facts item={item} batch={asOf ? undefined : batch?.status} />
        {item.summary?.warnings.map((warning) => (
          <p key={warning} class="waits">
            <Icon name="warning" /> {words(warning)}
          </p>
        ))}
      </Panel>
      <Attempts item={item} />
      {item.artifacts.length > 0 && <Artifacts artifacts={item.artifacts} />}
      {pages ? <Pages key={item.generation} id={id} position={position} pages={pages} /> : null}
      {!pages && item.state === "succeeded" && !item.artifacts.length && (
        <Empty name="Nothing came out">
          {counted(item.attempt, "attempt")}, no artifacts: its operations make none.
        </Empty>
      )}
    </Page>
  );
}
