/** *Past*: a batch as it was at a place in the log, and the slider that leads from one place to the next. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Batch, KnownBatch, QuireError } from "quire-client";
import { type Answer, call } from "../call.js";
import { count, time } from "../format.js";
import { asQuireError, isPassing } from "../live.js";
import { filter, go, place } from "../router.js";
import { withQuery } from "../routes.js";
import { Icon } from "../ui/icon.js";
import { WINDOW } from "./rows.js";
import { View } from "./view.js";

export type FailureGroup = Omit<Answer<"GET /api/v1/batches/{id}/failures">["groups"][number], "reason">;

export class PastView extends View {
  batch!: Batch;
  groups: FailureGroup[] = [];

  /** All that is shown of it at once, so that nothing on the page is of another place than the rest. */
  async read(inSight: readonly number[]): Promise<void> {
    this.batch = await call("GET /api/v1/batches/{id}", this.asked());
    this.states = await this.readStates();
    const tallies = this.states.tallies();
    const wanted = new Set([...tallies.map(({ first }) => first), ...inSight.slice(0, WINDOW)]);
    this.rows.wanted = inSight;
    if (wanted.size) this.rows.put(await this.readRows([...wanted].sort((a, b) => a - b)));
    this.groups = tallies.map(({ code, count, first }) => {
      const { name, failure } = this.rows.get(first)!;
      const { class: kind, remedy, detail } = failure!;
      return { code, count, class: kind, remedy, retryable: false, example: { position: first, name, detail } };
    });
  }
}

interface Shown {
  view?: PastView;
  error?: QuireError;
}

const AGAIN_MS = 3000;

/** Reads one place at a time, the newest wanted next. What is shown stays until the next is there. */
export function usePast(now: View, seq: number | undefined): Shown {
  const [shown, show] = useState<Shown>({});
  const held = useRef<{ wanted?: number; at?: number; view?: PastView; isReading?: boolean; isOver?: boolean }>({});
  useEffect(() => {
    const { current } = held;
    current.wanted = seq;
    if (!current.isReading) void read();
  }, [seq]);
  const read = async () => {
    const { current } = held;
    current.isReading = true;
    while (current.at !== current.wanted && !current.isOver) {
      const at = (current.at = current.wanted);
      const view = at ? new PastView(now.id, at) : undefined;
      let error: QuireError | undefined;
      try {
        await view?.read((current.view ?? now).rows.wanted);
      } catch (fault) {
        error = asQuireError(fault);
        if (isPassing(error)) setTimeout(again, AGAIN_MS);
      }
      current.view?.end();
      current.view = error ? undefined : view;
      if (!current.isOver) show({ view: current.view, error });
    }
    current.isReading = false;
  };
  const again = () => {
    held.current.at = NaN;
    if (!held.current.isReading) void read();
  };
  useEffect(
    () => () => {
      held.current.isOver = true;
      held.current.view?.end();
    },
    [],
  );
  return seq ? shown : {};
}

/** A browser takes few changes of an address in a row. */
const TELL_MS = 250;

/** The place that is wanted, which is in the address as soon as the slider rests, and how to move. */
export function usePlace(): [seq: number | undefined, move: (seq?: number) => void] {
  const [told] = filter("as_of");
  const [moved, setMoved] = useState<{ to?: number }>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = (to?: number) => {
    setMoved({ to });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { path, query } = place.value;
      const was = query.get("as_of");
      // The back key leads from the past to now, and from now to the place that was left.
      if (to || was) go(withQuery(path, query, { as_of: to ? `${to}` : undefined }), { replaces: !!(to && was) });
      setMoved(undefined);
    }, TELL_MS);
  };
  return [moved ? moved.to : Number(told) || undefined, move];
}

/** The last event of the batch is now. */
export function Slider({
  batch,
  past,
  seq,
  move,
}: {
  batch: KnownBatch;
  past?: PastView;
  seq?: number;
  move: (seq?: number) => void;
}) {
  const { after, upto } = batch.log!;
  const at = Math.min(seq ?? upto, upto);
  const when = past ? time(past.batch.as_of!.at) : "now";
  return (
    <label class="slider">
      <span>As of</span>
      <input
        type="range"
        min={after! + 1}
        max={upto}
        value={at}
        aria-valuetext={seq ? `${past?.asOf === seq ? `${when}, ` : ""}event ${count(at)}` : when}
        onInput={({ currentTarget: { valueAsNumber: to } }) => move(to < upto ? to : undefined)}
      />
      <span class="number muted">{when}</span>
    </label>
  );
}

/** Says what the page is of, unless that is now. */
export function Banner({ text, role, back }: { text: string; role?: "alert"; back: () => void }) {
  const leave = () => {
    const { body } = document;
    (body.querySelector<HTMLElement>(".slider input") ?? body.querySelector("h1"))!.focus();
    back();
  };
  return (
    <div class="past" role={role}>
      <Icon name="scheduled" />
      <span>{text}</span>
      <button class="button is-small" onClick={leave}>
        Back to now
      </button>
    </div>
  );
}
