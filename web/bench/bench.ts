/** *Bench*: what every measure stands on. */
import type { Browser } from "playwright-core";
import type { Quire } from "../../clients/typescript/test/harness/quire.js";
import type { Row } from "./table.js";

export interface Bench {
  quire: Quire;
  browser: Browser;
  /** How long the page is watched while events arrive. */
  seconds: number;
  /** Items of the largest batch. */
  million: number;
}

export type Measure = (bench: Bench) => Promise<Row[]>;
