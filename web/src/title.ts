/** *Title*: what the tab says. */
import { useEffect } from "preact/hooks";
import { visible } from "./format.js";

export function useTitle(name: string): void {
  useEffect(() => {
    document.title = name ? `${visible(name).slice(0, 80)} · Quire` : "Quire";
  }, [name]);
}
