/** *Operate*: the pages of whoever runs the server, in one chunk: they are small, and each alone compresses badly. */
export { default as Actors } from "./actors.js";
export { default as History } from "./history.js";
export { default as Keys } from "./keys.js";
export { default as System } from "./system.js";
export { default as WebhookPage } from "./webhook.js";
export { default as Webhooks } from "./webhooks.js";
