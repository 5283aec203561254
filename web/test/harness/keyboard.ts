/** *Keyboard*: what a person without a mouse does, where the focus is, and whether that is seen. */
import type { Page } from "playwright-core";

export interface Stop {
  /** As it reads, for whoever mends it. */
  html: string;
  name: string;
  /** Why nobody sees that the focus is here. */
  fault?: string;
}

export interface Walk {
  stops: Stop[];
  /** What Tab should have come to and did not. */
  missed: string[];
}

/** No page has as many; a walk that is longer goes in a circle that never comes back. */
const MOST_STOPS = 400;

/** What the page is asked after each press. Runs in the page. */
function look() {
  const held = globalThis as unknown as { walked?: Element[] };
  const walked = (held.walked ??= []);
  const at = document.activeElement as HTMLElement | null;
  if (!at || at === document.body) return undefined;
  const isBack = walked[0] === at;
  const isKnown = walked.includes(at);
  if (!isKnown) walked.push(at);
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const isRinged = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const isOutside = box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight || box.left >= innerWidth;
  const inside = [0.5, 0.1, 0.9].map((part) => {
    const [x, y] = [box.left + box.width * part, box.top + box.height * part];
    return document.elementFromPoint(x, y);
  });
  const isCovered = !inside.some((shown) => shown && (at.contains(shown) || shown.contains(at)));
  const faults = [
    !isRinged && "no outline",
    (!box.width || !box.height) && "no size",
    isOutside && "not in sight",
    !isOutside && isCovered && "covered",
  ];
  const label = at.getAttribute("aria-label") ?? (at as HTMLInputElement).labels?.[0]?.textContent ?? at.textContent;
  return {
    html: at.outerHTML.slice(0, 120),
    name: (label ?? "").trim(),
    fault: faults.filter(Boolean).join(", ") || undefined,
    isBack,
    isKnown,
  };
}

/** All that a keyboard has to reach; of radio buttons one. Runs in the page. */
function missed(): string[] {
  const { walked = [] } = globalThis as unknown as { walked?: Element[] };
  const all = document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex]");
  const wanted = [...all].filter(
    (one) =>
      one.tabIndex >= 0 &&
      !(one as HTMLButtonElement).disabled &&
      !((one as HTMLInputElement).type === "radio" && !(one as HTMLInputElement).checked) &&
      one.checkVisibility({ visibilityProperty: true }),
  );
  return wanted.filter((one) => !walked.includes(one)).map((one) => one.outerHTML.slice(0, 120));
}

/** Tab from stop to stop until the first comes again. */
export async function walk(page: Page): Promise<Walk> {
  await page.evaluate(() => void (globalThis as unknown as { walked: Element[] }).walked.splice(0)).catch(() => undefined);
  const stops: Stop[] = [];
  for (let pressed = 0; pressed < MOST_STOPS; pressed++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(look);
    if (!stop) continue;
    const { isBack, isKnown, ...seen } = stop;
    if (isBack && stops.length) return { stops, missed: await page.evaluate(missed) };
    if (isKnown && stops.length) return { stops, missed: [`a trap at ${seen.html}`, ...(await page.evaluate(missed))] };
    stops.push(seen);
  }
  return { stops, missed: ["Tab does not come back to the first stop"] };
}

/** Presses Tab until the focus is on what is called so. */
export async function tabTo(page: Page, name: RegExp): Promise<Stop> {
  for (let pressed = 0; pressed < MOST_STOPS; pressed++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(look);
    if (stop && name.test(stop.name)) return stop;
  }
  throw new Error(`Tab comes to nothing that is called ${name}`);
}
