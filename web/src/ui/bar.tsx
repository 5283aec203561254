/** *Bar*: how the items of a batch are shared out among their states. */
import type { Counts } from "quire-client";
import { count, percent, words } from "../format.js";
import { stateClass } from "./state.js";

/** In the order in which a batch goes. */
const SHOWN = ["succeeded", "failed", "expired", "cancelled", "skipped", "running", "retry_wait"] as const;

export const ended = ({ succeeded, failed, cancelled, expired, skipped }: Counts): number =>
  succeeded + failed + cancelled + expired + skipped;

export const share = (counts: Counts): number => (counts.total ? ended(counts) / counts.total : 0);

export function Bar({ counts, label }: { counts: Counts; label: string }) {
  const { total } = counts;
  const said = SHOWN.filter((state) => counts[state]).map((state) => `${count(counts[state])} ${words(state)}`);
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(share(counts) * 100)}
      aria-valuetext={`${percent(share(counts))}${said.length ? `: ${said.join(", ")}` : ""}`}
    >
      {total > 0 &&
        SHOWN.map(
          (state) =>
            counts[state] > 0 && (
              <span key={state} class={`bar-part ${stateClass(state)}`} style={{ flexGrow: `${counts[state]}` }} />
            ),
        )}
      {total > ended(counts) + counts.running + counts.retry_wait && (
        <span
          key="rest"
          class="bar-rest"
          style={{ flexGrow: `${total - ended(counts) - counts.running - counts.retry_wait}` }}
        />
      )}
    </div>
  );
}
