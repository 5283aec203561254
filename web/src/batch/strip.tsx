/** *Strip*: all items of a batch side by side, in input order; each column shows how its items are shared out. */
import { useEffect, useRef } from "preact/hooks";
import { count, counted, words } from "../format.js";
import { colour, theme } from "../theme.js";
import type { ItemStates } from "./states.js";
import type { View } from "./view.js";

/** From the top of a column down: what needs a look first. */
const ORDER = ["failed", "expired", "cancelled", "retry_wait", "running", "skipped", "succeeded", "queued"];

/** All items are looked at for each: not for every frame. */
const DRAW_MS = 100;

/** As a canvas keeps them: four bytes a pixel, taken for one number. */
function coloursOf(head: readonly string[]): Uint32Array {
  const bytes = head.flatMap((state) => {
    const [r = 0, g = 0, b = 0] = colour(`--state-${state.replace("_", "-")}-fill`).match(/[\d.]+/g) ?? [];
    return [+r, +g, +b, 255];
  });
  return new Uint32Array(new Uint8ClampedArray(bytes).buffer);
}

export function drawStrip(
  pixels: Uint32Array,
  width: number,
  height: number,
  states: ItemStates,
  colours: Uint32Array,
): void {
  const { length, head } = states;
  const order = ORDER.map((name) => head.states.indexOf(name)).filter((code) => code >= 0);
  const inColumn = new Uint32Array(head.states.length);
  for (let x = 0; x < width; x++) {
    const first = Math.floor((x * length) / width);
    const last = Math.max(first + 1, Math.floor(((x + 1) * length) / width));
    inColumn.fill(0);
    for (let nth = first; nth < last; nth++) inColumn[states.code(nth)]!++;
    let y = 0;
    for (const code of order) {
      const n = inColumn[code]!;
      if (!n) continue;
      // A single failure among many is seen, too.
      const least = code === order[0] ? height / 3 : 2;
      const tall = Math.max(least, Math.round((n / (last - first)) * height));
      const until = code === order.at(-1) ? height : Math.min(height, y + tall);
      for (; y < until; y++) pixels[y * width + x] = colours[code]!;
    }
    // Rounding leaves a pixel or two to the last one drawn.
    for (; y > 0 && y < height; y++) pixels[y * width + x] = pixels[(y - 1) * width + x]!;
  }
}

export function Strip({ view, show }: { view: View; show: (index: number) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = view.drawn.value;
  const { states } = view;
  const shown = useRef(states);
  shown.current = states;
  const chosen = theme.value;
  const draw = () => {
    const { current: on } = canvas;
    const { current: states } = shown;
    if (!on || !states?.length) return;
    const width = Math.max(1, Math.round(on.clientWidth * devicePixelRatio));
    const height = Math.max(1, Math.round(on.clientHeight * devicePixelRatio));
    if (on.width !== width || on.height !== height) [on.width, on.height] = [width, height];
    const context = on.getContext("2d")!;
    const image = context.createImageData(width, height);
    drawStrip(new Uint32Array(image.data.buffer), width, height, states, coloursOf(states.head.states));
    context.putImageData(image, 0, 0);
  };
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  const soon = () => {
    due.current ??= setTimeout(() => {
      due.current = undefined;
      draw();
    }, DRAW_MS);
  };
  useEffect(soon, [drawn]);
  useEffect(draw, [chosen, states]);
  useEffect(() => {
    const sizes = new ResizeObserver(draw);
    sizes.observe(canvas.current!);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      clearTimeout(due.current);
      sizes.disconnect();
      scheme.removeEventListener("change", draw);
    };
  }, []);
  const length = states?.length ?? 0;
  const indexAt = (event: MouseEvent) => {
    const { left, width } = canvas.current!.getBoundingClientRect();
    return Math.max(0, Math.min(length - 1, Math.floor(((event.clientX - left) / width) * length)));
  };
  const said = states
    ? states.head.states
        .filter((_, code) => states.counts[code])
        .map((name, _) => `${count(states.count(name as never))} ${words(name)}`)
    : [];
  return (
    <canvas
      ref={canvas}
      class="strip"
      role="img"
      aria-label={`States of ${counted(length, "item")} in input order: ${said.join(", ")}`}
      title="Click to go there"
      onClick={(event) => length && show(indexAt(event))}
    />
  );
}
