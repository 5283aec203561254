/** Everything that checks are made of, so that a variant of it can take its place. */
export { backoff } from "../../src/backoff.js";
export { connectWith } from "../../src/client.js";
export { connect } from "../../src/index.js";
export { Cursor } from "../../src/cursor.js";
export { Store } from "../../src/store.js";
