/** *Help*: what the keyboard does. */
import { PLACES, openDialog, singleKeys, switchSingleKeys } from "../keys.js";
import { Dialog } from "./overlays.js";

const KEYS: readonly [string, string][] = [
  ["Ctrl K, ⌘ K", "Find a batch, document, actor or page"],
  ["/", "To the search of this page"],
  ["j, k", "Next and previous row; on an item, the item beside it"],
  ["↑ ↓ Home End", "Move in a list"],
  ["Enter", "Open the row"],
  ["← →", "Pages of a document"],
  ["p", "Pause or resume the batch on show"],
  ["?", "This help"],
];

export default function Help() {
  return (
    <Dialog name="Keyboard" close={() => void (openDialog.value = undefined)} isWide>
      <dl class="keys">
        {[...KEYS, ...PLACES.map(([key, , name]) => [`g ${key}`, `To ${name}`] as const)].map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(", ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => switchSingleKeys(event.currentTarget.checked)}
        />
        Single keys do something
      </label>
    </Dialog>
  );
}
