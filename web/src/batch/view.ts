/** *View*: the items of a batch, as they are now or as they were at a place in the log. */
import { signal } from "@preact/signals";
import type { QuireError } from "quire-client";
import { call } from "../call.js";
import { asQuireError } from "../live.js";
import { quire } from "../session.js";
import { Rows } from "./rows.js";
import { ItemStates } from "./states.js";

export class View {
  states?: ItemStates;
  readonly rows = new Rows(
    (positions) => this.readRows(positions),
    () => this.rowsDrawn.value++,
    asQuireError,
  );
  /** Counts frames in which states have changed, and those in which rows came; whoever shows them reads it. */
  readonly drawn = signal(0);
  readonly rowsDrawn = signal(0);
  readonly error = signal<QuireError | undefined>(undefined);
  protected readonly over = new AbortController();

  constructor(
    readonly id: string,
    readonly asOf?: number,
  ) {}

  end(): void {
    this.over.abort();
    this.rows.end();
  }

  protected asked<Q extends object>(query = {} as Q) {
    return { path: { id: this.id }, query: { ...query, as_of: this.asOf }, signal: this.over.signal };
  }

  protected async readStates(): Promise<ItemStates> {
    return ItemStates.from(await quire().http.send("GET /api/v1/batches/{id}/items/states", this.asked()));
  }

  protected async readRows(positions: readonly number[]) {
    const [first, last] = [positions[0]!, positions.at(-1)!];
    const isRun = last - first + 1 === positions.length;
    const query = isRun ? { from: first, limit: positions.length } : { positions: positions.join(",") };
    return (await call("GET /api/v1/batches/{id}/items", this.asked(query))).items;
  }
}
