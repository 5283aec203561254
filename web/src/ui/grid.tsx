/** *Grid*: a list of any length. One tab stop, arrow keys inside; draws the rows in sight and no others. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys.js";
import { go } from "../router.js";
import { SPARE, scrollTo, spanOf } from "./span.js";

export interface Column {
  name: string;
  /** Of its cells, for the style sheet. */
  of: string;
  isHidden?: boolean;
}

export interface GridProps {
  label: string;
  kind: string;
  columns: readonly Column[];
  count: number;
  rowPx: number;
  /** Rows that scroll within the page, not with it. */
  isBounded?: boolean;
  cells: (index: number) => readonly ComponentChildren[];
  keyOf?: (index: number) => string | number;
  /** Where Enter leads. */
  hrefOf?: (index: number) => string | undefined;
  /** Rows that are drawn now. */
  seen?: (first: number, last: number) => void;
  /** Brought into sight when it changes. */
  shown?: { index: number; nth: number };
}

export function Grid({ label, kind, columns, count, rowPx, isBounded, cells, keyOf, hrefOf, seen, shown }: GridProps) {
  const grid = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, activate] = useState(0);
  const [, draw] = useReducer((n: number, _: void) => n + 1, 0);
  const due = useRef(0);
  const place = useRef({ top: 0, view: 600 });

  const look = () => {
    due.current = 0;
    if (!grid.current) return;
    const { scrollTop: top } = grid.current;
    if (place.current.top === top) return;
    place.current.top = top;
    draw();
  };
  const lookSoon = () => {
    if (isBounded) due.current ||= requestAnimationFrame(look);
  };
  useEffect(() => {
    if (!isBounded) return;
    const sizes = new ResizeObserver(() => {
      if (!grid.current) return;
      place.current.view = grid.current.clientHeight - head.current!.offsetHeight;
      draw();
    });
    sizes.observe(grid.current!);
    return () => {
      sizes.disconnect();
      cancelAnimationFrame(due.current);
    };
  }, [isBounded]);

  const reveal = (index: number) => {
    if (isBounded) {
      const { top, view } = place.current;
      grid.current!.scrollTop = scrollTo(index, count, rowPx, top, view);
      look();
    } else document.getElementById(`${id}-${index}`)?.scrollIntoView({ block: "nearest" });
  };
  const move = (to: number) => {
    if (!count) return;
    const index = Math.max(0, Math.min(count - 1, to));
    activate(index);
    reveal(index);
    grid.current!.focus({ preventScroll: true });
  };
  const isFocused = () => document.activeElement === grid.current;
  // The first press shows where one is, the next one moves.
  const step = (by: number) => move(isFocused() ? active + by : active);
  useKeys({ j: () => step(1), k: () => step(-1) });
  useEffect(() => {
    if (!shown) return;
    activate(shown.index);
    reveal(shown.index);
  }, [shown?.nth]);

  const page = () => Math.max(1, Math.floor((isBounded ? place.current.view : innerHeight * 0.8) / rowPx) - 1);
  const press = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const to: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: count - 1,
      PageDown: active + page(),
      PageUp: active - page(),
    };
    const href = event.key === "Enter" && count ? hrefOf?.(Math.min(active, count - 1)) : undefined;
    if (href) go(href);
    else if (to[event.key] !== undefined) move(to[event.key]!);
    else return;
    event.preventDefault();
  };
  const click = (event: MouseEvent, index: number) => {
    activate(index);
    const isWithin = (event.target as Element).closest("a, button");
    const href = hrefOf?.(index);
    if (!isWithin && href && !getSelection()?.toString()) go(href);
  };

  const span = isBounded
    ? spanOf(count, rowPx, place.current.top, place.current.view)
    : { first: 0, last: count, top: 0, height: count * rowPx };
  useLayoutEffect(() => seen?.(span.first, span.last));

  const rows = [];
  // What leaves at one edge is drawn anew at the other: elements are kept, whatever is scrolled.
  const slots = Math.ceil(place.current.view / rowPx) + 2 * SPARE + 2;
  for (let index = span.first; index < span.last; index++) {
    const drawn = cells(index);
    const isActive = index === Math.min(active, count - 1);
    rows.push(
      <div
        key={isBounded ? index % slots : (keyOf?.(index) ?? index)}
        id={`${id}-${index}`}
        role="row"
        class={hrefOf?.(index) ? "row is-open" : "row"}
        aria-rowindex={index + 2}
        aria-selected={isActive}
        style={{ height: `${rowPx}px` }}
        onClick={(event) => click(event, index)}
      >
        {columns.map(({ of }, nth) => (
          <div key={of} role="gridcell" class={`cell of-${of}`}>
            {drawn[nth]}
          </div>
        ))}
      </div>,
    );
  }
  return (
    <div
      ref={grid}
      class={`grid of-${kind}${isBounded ? " is-bounded" : ""}`}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-activedescendant={count ? `${id}-${Math.min(active, count - 1)}` : undefined}
      onKeyDown={press}
      onScroll={lookSoon}
    >
      <div ref={head} role="row" class="row grid-head" aria-rowindex={1}>
        {columns.map(({ name, of, isHidden }) => (
          <div key={of} role="columnheader" class={`cell of-${of}`}>
            {isHidden ? <span class="visually-hidden">{name}</span> : name}
          </div>
        ))}
      </div>
      <div class="grid-all" role="rowgroup" style={isBounded ? { height: `${span.height}px` } : {}}>
        <div class="grid-seen" role="presentation" style={isBounded ? { transform: `translateY(${span.top}px)` } : {}}>
          {rows}
        </div>
      </div>
    </div>
  );
}

const narrow = matchMedia("(max-width: 760px)");

/** Rows of a narrow page are two lines. */
export function useNarrow(): boolean {
  const [is, become] = useState(narrow.matches);
  useEffect(() => {
    const change = () => become(narrow.matches);
    narrow.addEventListener("change", change);
    return () => narrow.removeEventListener("change", change);
  }, []);
  return is;
}
