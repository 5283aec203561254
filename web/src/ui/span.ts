/** *Span*: which rows of a long list are in sight. Pure. */

/** Elements cannot be of any height: Firefox's end at 17.9 million pixels, and lists go further. */
const TALLEST_PX = 15_000_000;
/** Rows drawn beyond either edge, so that scrolling shows none that is empty. */
export const SPARE = 6;

export interface Span {
  /** From 0, the last not among them. */
  first: number;
  last: number;
  /** Where the first is drawn, and how tall all of it is. */
  top: number;
  height: number;
}

/** Beyond the tallest element, the place of the scroll bar stands for a share of the list. */
export function spanOf(count: number, rowPx: number, scrollTop: number, viewPx: number): Span {
  const real = count * rowPx;
  const height = Math.min(real, TALLEST_PX);
  const reach = Math.max(1, height - viewPx);
  const at = height === real ? scrollTop : (Math.min(scrollTop, reach) / reach) * (real - viewPx);
  const first = Math.max(0, Math.floor(at / rowPx) - SPARE);
  const last = Math.min(count, Math.ceil((at + viewPx) / rowPx) + SPARE);
  return { first, last, top: scrollTop - (at - first * rowPx), height };
}

/** Where to scroll so that a row is in sight; the place itself if it is. */
export function scrollTo(index: number, count: number, rowPx: number, scrollTop: number, viewPx: number): number {
  const real = count * rowPx;
  const height = Math.min(real, TALLEST_PX);
  const ratio = height === real ? 1 : Math.max(1, height - viewPx) / (real - viewPx);
  const at = scrollTop / ratio;
  const [upper, lower] = [index * rowPx, (index + 1) * rowPx];
  if (upper < at) return upper * ratio;
  return lower > at + viewPx ? (lower - viewPx) * ratio : scrollTop;
}
