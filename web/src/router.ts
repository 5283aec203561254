/** *Router*: where the page is, and how it gets elsewhere without loading anew. */
import { computed, signal } from "@preact/signals";
import { match, withQuery } from "./routes.js";

const here = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const place = signal(here());
export const matched = computed(() => match(place.value.path));
/** Of a new page, not of a new filter. */
let isNew = false;

/** The heading of a new page takes the focus, as soon as it is there. */
export function arrive(heading: HTMLElement | null): void {
  if (!heading || !isNew) return;
  isNew = false;
  heading.focus({ preventScroll: true });
}

export function go(address: string, { replaces = false } = {}): void {
  const isOther = new URL(address, location.href).pathname !== location.pathname;
  if (isOther) isNew = true;
  history[replaces ? "replaceState" : "pushState"](null, "", address);
  place.value = here();
  if (isOther) scrollTo(0, 0);
}

/** One filter in the address: its value, and how to change it. */
export function filter(name: string): [string | undefined, (value: string | undefined) => void] {
  const { path, query } = place.value;
  return [query.get(name) ?? undefined, (value) => go(withQuery(path, query, { [name]: value }), { replaces: true })];
}

/** Several filters at once. */
export const setFilters = (change: Record<string, string | undefined>): void =>
  go(withQuery(place.value.path, place.value.query, change), { replaces: true });

const isOurs = (link: HTMLAnchorElement): boolean =>
  link.origin === location.origin &&
  !link.target &&
  !link.hasAttribute("download") &&
  !/^\/(api|docs|_app)(\/|$)/.test(link.pathname);

export function startRouter(): void {
  addEventListener("popstate", () => {
    if (place.value.path !== location.pathname) isNew = true;
    place.value = here();
  });
  document.addEventListener("click", (click) => {
    const link = (click.target as Element).closest?.("a[href]") as HTMLAnchorElement | null;
    const isPlain =
      !click.defaultPrevented &&
      click.button === 0 &&
      !(click.metaKey || click.ctrlKey || click.shiftKey || click.altKey);
    if (!link || !isPlain || !isOurs(link)) return;
    click.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
