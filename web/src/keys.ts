/** *Keys*: what single keys do on a page, and the sequences that lead from page to page. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { go } from "./router.js";

export type Bindings = Readonly<Record<string, (press: KeyboardEvent) => void>>;

export const PLACES: readonly [key: string, path: string, name: string][] = [
  ["b", "/", "Batches"],
  ["n", "/new", "New"],
  ["a", "/actors", "Actors"],
  ["w", "/webhooks", "Webhooks"],
  ["h", "/history", "History"],
  ["k", "/keys", "Keys"],
  ["s", "/system", "System"],
];

const KEPT = "quire-single-keys";
/** Whoever speaks to the computer, or has a child at it, can switch single keys off. */
export const singleKeys = signal(localStorage.getItem(KEPT) !== "off");
export const switchSingleKeys = (isOn: boolean): void => {
  singleKeys.value = isOn;
  localStorage.setItem(KEPT, isOn ? "on" : "off");
};

export const openDialog = signal<"palette" | "help" | undefined>(undefined);

const stack: { current: Bindings }[] = [];
const SEQUENCE_MS = 1200;
let wentAt = 0;

const isTyping = (press: KeyboardEvent): boolean => {
  const { target } = press;
  return (
    target instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable)
  );
};

/** The keys of what is on show; of two that know a key, the one shown last has it. */
export function useKeys(bindings: Bindings): void {
  const held = useRef(bindings);
  held.current = bindings;
  useEffect(() => {
    stack.push(held);
    return () => void stack.splice(stack.indexOf(held), 1);
  }, []);
}

export function startKeys(): void {
  document.addEventListener("keydown", (press) => {
    const { key } = press;
    if (key.toLowerCase() === "k" && (press.metaKey || press.ctrlKey) && !press.altKey && !press.shiftKey) {
      press.preventDefault();
      openDialog.value = openDialog.value === "palette" ? undefined : "palette";
      return;
    }
    if (press.defaultPrevented || press.metaKey || press.ctrlKey || press.altKey || isTyping(press)) return;
    if (!singleKeys.value || document.querySelector("dialog[open]")) return;
    const isSecond = Date.now() - wentAt < SEQUENCE_MS;
    wentAt = key === "g" ? Date.now() : 0;
    const address = isSecond && PLACES.find(([of]) => of === key)?.[1];
    if (address) {
      press.preventDefault();
      return go(address);
    }
    if (key === "?") return void (openDialog.value = "help");
    if (key === "/") {
      const search = document.querySelector<HTMLInputElement>("input[type=search]");
      if (search) {
        press.preventDefault();
        return search.focus();
      }
    }
    const act = stack.findLast(({ current }) => current[key])?.current[key];
    if (act) {
      press.preventDefault();
      act(press);
    }
  });
}
