/** *Router*: where the page is, and how it gets elsewhere without loading anew. */
import { computed, signal } from "@preact/signals";
import { match, withQuery } from "./routes.js";

const here = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const place = signal(here());
export const matched = computed(() => match(place.value.path));
/** Counts pages, not filters: focus moves to the heading of a new one. */
export const visits = signal(0);

export function go(address: string, { replaces = false } = {}): void {
  const isOther = new URL(address, location.href).pathname !== location.pathname;
  history[replaces ? "replaceState" : "pushState"](null, "", address);
  place.value = here();
  if (isOther) {
    visits.value++;
    scrollTo(0, 0);
  }
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
    const was = place.value.path;
    place.value = here();
    if (was !== place.value.path) visits.value++;
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
