/** *Operate*: the pages that are gone to on purpose, in one chunk: they are small, and each alone compresses badly. */
export { default as Actors } from "./actors.js";
export { default as History } from "./history.js";
export { default as Keys } from "./keys.js";
export { default as New } from "./new.js";
export { default as System } from "./system.js";
export { default as WebhookPage } from "./webhook.js";
export { default as Webhooks } from "./webhooks.js";
