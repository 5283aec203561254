/** *History*: how fast it was, how long documents took, what they failed of, as far as the log tells. */
import type { Batch, Event } from "quire-client";
import { call } from "../call.js";
import { count, counted, duration, rate, shortMoment, title } from "../format.js";
import { type Bucket, type Told, quantile, tell } from "../history.js";
import { useRead } from "../live.js";
import { batchAddress } from "../routes.js";
import { useTitle } from "../title.js";
import { ended } from "../ui/bar.js";
import { Ago, Empty, Fact, Failed, Loading, Name, Page, Panel } from "../ui/parts.js";
import { State } from "../ui/state.js";

const READ = 10_000;
const PAGE = 1000;

async function newest(signal: AbortSignal): Promise<{ told?: Told; read: number }> {
  const ask = (after: number, limit: number) => call("GET /api/v1/events", { query: { after, limit }, signal });
  const { latest } = await ask(0, 1);
  const events: Event[] = [];
  for (let after = Math.max(0, latest - READ); after < latest; ) {
    const page = await ask(after, PAGE);
    events.push(...page.events);
    if (page.next_after <= after) break;
    after = page.next_after;
  }
  return { told: tell(events), read: events.length };
}

const WIDE = 960;
const TALL = 160;

function Chart({ buckets, stepMs }: { buckets: readonly Bucket[]; stepMs: number }) {
  const most = Math.max(1, ...buckets.map(({ succeeded, failed }) => succeeded + failed));
  const wide = WIDE / Math.max(buckets.length, 12);
  const tall = (n: number) => (n / most) * (TALL - 8);
  return (
    <figure class="chart">
      <svg
        viewBox={`0 0 ${WIDE} ${TALL}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Items ended in each ${duration(stepMs)}, ${count(most)} at most`}
      >
        {buckets.map(({ at, succeeded, failed }, nth) => (
          <g key={at}>
            <title>{`${shortMoment(at)}: ${count(succeeded)} succeeded, ${count(failed)} failed`}</title>
            <rect x={nth * wide} y={0} width={wide} height={TALL} class="chart-back" />
            <rect
              x={nth * wide + 1}
              y={TALL - tall(succeeded)}
              width={wide - 2}
              height={tall(succeeded)}
              class="chart-succeeded"
            />
            <rect
              x={nth * wide + 1}
              y={TALL - tall(succeeded) - tall(failed)}
              width={wide - 2}
              height={tall(failed)}
              class="chart-failed"
            />
          </g>
        ))}
      </svg>
      <figcaption class="muted small number">
        <span>{shortMoment(buckets[0]!.at)}</span>
        <span>
          {count(most)} at most in {duration(stepMs)}
        </span>
        <span>{shortMoment(buckets.at(-1)!.at + stepMs)}</span>
      </figcaption>
    </figure>
  );
}

function Failures({ failures }: Pick<Told, "failures">) {
  if (!failures.length) return <p class="muted">None failed.</p>;
  const most = failures[0]![1];
  return (
    <ul class="by-code">
      {failures.map(([code, n]) => (
        <li key={code}>
          <span>{title(code)}</span>
          <span class="bar">
            <span class="bar-part is-failed" style={{ flexGrow: `${n}` }} />
            <span class="bar-rest" style={{ flexGrow: `${most - n}` }} />
          </span>
          <span class="number">{count(n)}</span>
        </li>
      ))}
    </ul>
  );
}

const tookMs = ({ started_at, ended_at }: Pick<Batch, "started_at" | "ended_at">): number | undefined =>
  started_at && ended_at ? Date.parse(ended_at) - Date.parse(started_at) : undefined;

function Batches() {
  const { data, error, again } = useRead(
    "history/batches",
    () => call("GET /api/v1/batches", { query: { limit: 200 } }),
    {
      touched: (events) => events.some(({ data }) => data.outcome),
    },
  );
  if (error) return <Failed error={error} again={again} />;
  if (!data) return <Loading />;
  const over = data.batches.filter(({ outcome }) => outcome).slice(0, 30);
  if (!over.length) return <Empty name="No batch has ended yet" />;
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Batches that ended">
      <table>
        <thead>
          <tr>
            <th>Batch</th>
            <th>Outcome</th>
            <th class="is-number">Items</th>
            <th class="is-number">Failed</th>
            <th class="is-number">Took</th>
            <th class="is-number">Items/s</th>
            <th>Ended</th>
          </tr>
        </thead>
        <tbody>
          {over.map((batch) => {
            const ms = tookMs(batch);
            return (
              <tr key={batch.id}>
                <td class="table-name">
                  <a href={batchAddress(batch.id)}>
                    <Name text={batch.name} none={`batch ${batch.id.slice(0, 8)}…`} />
                  </a>
                </td>
                <td>
                  <State state={batch.status} />
                </td>
                <td class="is-number">{count(batch.counts.total)}</td>
                <td class="is-number">{count(batch.counts.failed)}</td>
                <td class="is-number">{ms === undefined ? "–" : duration(ms)}</td>
                <td class="is-number">{ms ? rate((ended(batch.counts) / ms) * 1000) : "–"}</td>
                <td class="muted">{batch.ended_at && <Ago at={batch.ended_at} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const LOOKED_AT = 5;

/** Of the documents of the newest batches: the log has the time of a commit, rows that of each start and end. */
async function durations(): Promise<number[]> {
  const { batches } = await call("GET /api/v1/batches", { query: { limit: 100 } });
  const over = batches.filter(({ outcome }) => outcome).slice(0, LOOKED_AT);
  const read = ({ id }: Batch) => call("GET /api/v1/batches/{id}/items", { path: { id }, query: { limit: PAGE } });
  const pages = await Promise.all(over.map(read));
  const took = pages.flatMap(({ items }) => items.map(tookMs).filter((ms) => ms !== undefined));
  return took.sort((a, b) => a - b);
}

function Durations() {
  const { data, error, again } = useRead("history/durations", durations);
  const part = (p: number) => {
    const ms = quantile(data ?? [], p);
    return ms === undefined ? "–" : duration(ms);
  };
  return (
    <Panel name="From start to end" help={data && `${counted(data.length, "document")} of the newest batches`}>
      {error ? (
        <Failed error={error} again={again} />
      ) : (
        <dl class="facts">
          <Fact name="Half within">{part(0.5)}</Fact>
          <Fact name="90 % within">{part(0.9)}</Fact>
          <Fact name="99 % within">{part(0.99)}</Fact>
          <Fact name="The longest">{part(1)}</Fact>
        </dl>
      )}
    </Panel>
  );
}

function Newest() {
  const { data, error, again } = useRead("history", newest);
  if (error) return <Failed error={error} again={again} />;
  if (!data) return <Loading rows={8} />;
  const { told, read } = data;
  if (!told) return <Empty name="No document has ended yet">History begins with the first one.</Empty>;
  return (
    <>
      <Panel
        name="Items ended"
        help={`From the newest ${counted(read, "event")} of the log, since ${shortMoment(told.from)}.`}
      >
        <Chart {...told} />
      </Panel>
      <div class="two">
        <Durations />
        <Panel name="Failures" help={`of ${counted(told.ended, "item")}`}>
          <Failures failures={told.failures} />
        </Panel>
      </div>
    </>
  );
}

export default function History() {
  useTitle("History");
  return (
    <Page name="History">
      <Newest />
      <Panel name="Batches" help="The newest ones that have ended." isFlush>
        <Batches />
      </Panel>
      <p class="muted small">
        The server keeps no series of figures yet: what is older than the newest events, queue ages and targets are not
        shown here.
      </p>
    </Page>
  );
}
