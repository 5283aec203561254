/** *Actors*: the tree of them with its vital signs, and what an operator can do to one. */
import { useState } from "preact/hooks";
import { act, ask, tell } from "../acts.js";
import { type Answer, call } from "../call.js";
import { count, counted, duration, rate } from "../format.js";
import { useRead } from "../live.js";
import { filter } from "../router.js";
import { useTitle } from "../title.js";
import { inTreeOrder } from "../tree.js";
import { Icon } from "../ui/icon.js";
import { Ago, Empty, Failed, Loading, Name, Page } from "../ui/parts.js";
import { Search } from "../ui/search.js";

type Actor = Answer<"GET /api/v1/admin/actors">["actors"][number];

/** A mailbox this full holds others up. */
const FULL = 0.8;

export const isUnhealthy = ({ state, mailbox, restarts }: Actor): boolean =>
  !["running", "starting"].includes(state) || mailbox.depth > mailbox.capacity * FULL || restarts.in_window > 0;

const ICONS = {
  running: "running",
  starting: "queued",
  stopping: "paused",
  backoff: "retry_wait",
  stopped: "cancelled",
  escalated: "failed",
  stuck: "failed",
} as const;

function Vitals({ actor }: { actor: Actor }) {
  const { mailbox, messages_per_second, handling, wait, restarts, arbiter } = actor;
  const fill = mailbox.depth / Math.max(1, mailbox.capacity);
  return (
    <dl class="vitals number">
      <div>
        <dt>mailbox</dt>
        <dd class={fill > FULL ? "fault" : undefined}>
          {count(mailbox.depth)}/{count(mailbox.capacity)}
        </dd>
      </div>
      <div>
        <dt>msg/s</dt>
        <dd>{rate(messages_per_second)}</dd>
      </div>
      <div>
        <dt>handles p99</dt>
        <dd>{duration(handling.p99_ms)}</dd>
      </div>
      <div>
        <dt>waits p99</dt>
        <dd>{duration(wait.p99_ms)}</dd>
      </div>
      <div>
        <dt>restarts</dt>
        <dd class={restarts.in_window ? "fault" : undefined}>{count(restarts.total)}</dd>
      </div>
      <div>
        <dt>thread lag</dt>
        <dd>{arbiter ? duration(arbiter.lag_ms) : "–"}</dd>
      </div>
    </dl>
  );
}

const path = (id: string) => ({ path: { id } });

async function ping(id: string): Promise<void> {
  const pong = await act(() => call("POST /api/v1/admin/actors/{id}/ping", path(id)));
  if (pong) tell(`${id} answered in ${duration(pong.took_ms)}.`);
}

async function restart({ id }: Actor, below: number): Promise<void> {
  const isSure = await ask({
    title: `Restart ${counted(below + 1, "actor")}?`,
    body: (
      <p>
        <code>{id}</code>
        {below > 0 && ` and the ${counted(below, "actor")} below it`} begin anew from what is stored. Documents at work
        there go back to the queue, uncharged.
      </p>
    ),
    verb: `Restart ${count(below + 1)}`,
    isDangerous: true,
  });
  if (isSure) await act(() => call("POST /api/v1/admin/actors/{id}/restart", path(id)), `${id} restarts.`);
}

function Row({
  actor,
  depth,
  below,
  closed,
  toggle,
}: {
  actor: Actor;
  depth: number;
  below: number;
  closed: boolean;
  toggle: () => void;
}) {
  const { id, kind, state, last_panic, current, posture } = actor;
  const own = id.split("/").at(-1)!;
  return (
    <li class={isUnhealthy(actor) ? "actor is-unhealthy" : "actor"} aria-label={id}>
      <div class="actor-name" style={{ paddingLeft: `${Math.min(depth, 6) * 16}px` }}>
        {below > 0 ? (
          <button
            class="button is-icon is-quiet is-small"
            aria-expanded={!closed}
            aria-label={`Below ${id}`}
            onClick={toggle}
          >
            <Icon name={closed ? "right" : "down"} />
          </button>
        ) : (
          <span class="actor-leaf" />
        )}
        <span title={id}>
          <Name text={own} />
        </span>
        {kind !== own && <span class="muted small">{kind}</span>}
        {closed && <span class="tag">{count(below)} below</span>}
        {posture && (
          <span class={posture === "enforced" ? "tag is-good" : "tag is-warn"}>
            sandbox {typeof posture === "string" ? posture : "partial"}
          </span>
        )}
      </div>
      <span class={`state ${state === "running" ? "is-succeeded" : "is-failed"}`}>
        <Icon name={ICONS[state]} />
        <span>{state}</span>
      </span>
      <Vitals actor={actor} />
      <div class="actions">
        <button class="button is-small" onClick={() => ping(id)} aria-label={`Ping ${id}`}>
          Ping
        </button>
        <button class="button is-small" onClick={() => restart(actor, below)} aria-label={`Restart ${id}`}>
          Restart…
        </button>
      </div>
      {(last_panic || (current && current.for_ms > 1000)) && (
        <p class="actor-note small">
          {current && current.for_ms > 1000 && (
            <span class="muted">
              at work on {current.message} for {duration(current.for_ms)}.{" "}
            </span>
          )}
          {last_panic && (
            <span class="waits">
              <Icon name="warning" />
              <span>
                panic <Ago at={last_panic.at_unix_ms} />: “{last_panic.message}” <code>{last_panic.place}</code>
              </span>
            </span>
          )}
        </p>
      )}
    </li>
  );
}

export default function Actors() {
  useTitle("Actors");
  const { data, error, again } = useRead("actors", (signal) => call("GET /api/v1/admin/actors", { signal }), {
    everyMs: 1000,
  });
  const [only, setOnly] = filter("only");
  const [q, search] = filter("q");
  const [closed, close] = useState<ReadonlySet<string>>(new Set());
  if (error) return <Failed error={error} again={again} />;
  if (!data) return <Loading rows={8} />;
  const { sessions } = data;
  const actors = inTreeOrder(data.actors);
  const bad = actors.filter(isUnhealthy);
  const stuck = actors.filter(({ state }) => state === "stuck").length;
  const restarts = actors.reduce((sum, actor) => sum + actor.restarts.total, 0);
  const isBelow = (id: string, above: string) => id.startsWith(`${above}/`);
  const kept = (only ? bad : actors).filter(({ id }) => !q || id.includes(q));
  const shown = kept.filter(({ id }) => only || q || ![...closed].some((above) => isBelow(id, above)));
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    close(next);
  };
  return (
    <Page name="Actors">
      <p class="under-head muted number">
        {count(actors.length)} in the tree · {count(stuck)} stuck · {counted(restarts, "restart")} ·{" "}
        {counted(sessions.open, "live session")}
      </p>
      <div class="filters">
        <Search label="Actor" value={q} search={search} />
        <button class="chip" aria-pressed={!!only} onClick={() => setOnly(only ? undefined : "unhealthy")}>
          only unhealthy <span class="number">{count(bad.length)}</span>
        </button>
      </div>
      {shown.length ? (
        <ul class="actors" aria-label="Actors">
          {shown.map((actor) => (
            <Row
              key={actor.id}
              actor={actor}
              depth={only || q ? 0 : actor.id.split("/").length - 1}
              below={actors.filter(({ id }) => isBelow(id, actor.id)).length}
              closed={!only && !q && closed.has(actor.id)}
              toggle={() => toggle(actor.id)}
            />
          ))}
        </ul>
      ) : (
        <Empty icon="succeeded" name={only ? "All actors are well" : "No actor is called so"}>
          <a class="button" href="/actors">
            Show all
          </a>
        </Empty>
      )}
    </Page>
  );
}
