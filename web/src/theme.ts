/** *Theme*: light or dark as the system has it, unless one was chosen. */
import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const ORDER: readonly Theme[] = ["system", "light", "dark"];
const KEPT = "quire-theme";

const kept = localStorage.getItem(KEPT) as Theme | null;
export const theme = signal<Theme>(kept && ORDER.includes(kept) ? kept : "system");

export const nextTheme = (): void => void (theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length]!);

export function startTheme(): void {
  effect(() => {
    if (theme.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(KEPT, theme.value);
  });
}

const probe = document.createElement("span");
// Its colour is that of the style sheet also where a person has forced others.
probe.style.setProperty("forced-color-adjust", "none");

/** What a colour of the style sheet is right now, for canvases, which know no custom properties. */
export function colour(token: string): string {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}
