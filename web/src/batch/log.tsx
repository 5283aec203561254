/** *Log*: the newest events of a batch; the server keeps the rest. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Event } from "quire-client";
import { count, time, words } from "../format.js";
import { itemAddress } from "../routes.js";
import { call } from "../call.js";
import { useRead } from "../live.js";
import { type BatchModel, LOG_LINES } from "./model.js";

const Line = ({ event: { seq, at, type, item, batch, data } }: { event: Event }) => (
  <li>
    <span class="number muted">{count(seq)}</span>
    <time class="number muted" dateTime={at}>
      {time(at)}
    </time>
    <span class={data.failure ? "is-failed" : undefined}>{type}</span>
    <span>
      {item ? <a href={itemAddress(batch, item)}>#{count(item)}</a> : null}
      {data.failure ? ` ${words(data.failure)}` : ""}
      {!item && data.status ? ` ${data.status}` : ""}
    </span>
  </li>
);

export function Log({ model, from }: { model: BatchModel; from: number }) {
  const [follows, follow] = useState(true);
  const list = useRef<HTMLOListElement>(null);
  const frozen = useRef<Event[]>([]);
  const drawn = model.drawn.value;
  const { data } = useRead(`log/${model.id}`, () =>
    call("GET /api/v1/events", { query: { batch: model.id, after: from, limit: LOG_LINES } }),
  );
  if (follows) {
    const first = model.log[0]?.seq ?? Infinity;
    const before = (data?.events ?? []).filter(({ seq }) => seq < first);
    frozen.current = [...before, ...model.log].slice(-LOG_LINES);
  }
  useEffect(() => {
    if (follows && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [drawn, follows, data]);
  return (
    <>
      <div class="log-head">
        <label class="check">
          <input type="checkbox" checked={follows} onChange={(event) => follow(event.currentTarget.checked)} />
          follow
        </label>
        <span class="muted small">
          {count(model.heard)} heard since this page was opened; the newest {LOG_LINES} are shown.
        </span>
      </div>
      {frozen.current.length ? (
        <ol ref={list} class="log" tabIndex={0} aria-label="Events">
          {frozen.current.map((event) => (
            <Line key={event.seq} event={event} />
          ))}
        </ol>
      ) : (
        <p class="muted">No event since this page was opened.</p>
      )}
    </>
  );
}
