import { test } from "vitest";
import { acksFollowTheStore } from "../checks/acks.js";
import { newestRevisionStands } from "../checks/histories.js";
import { triesAreSpread } from "../checks/jitter.js";
import { eachEventOnce } from "../checks/once.js";
import * as parts from "../harness/parts.js";

test("each event is let through once, whatever frames it comes in", () => eachEventOnce(parts.Cursor));
test("the newest revision stands, in whatever order reads and events come", () => newestRevisionStands(parts.Store));
test("the tries of a thousand clients are spread", () => triesAreSpread(parts.backoff));
test("what is acknowledged has been taken", () => acksFollowTheStore(parts.connect));
