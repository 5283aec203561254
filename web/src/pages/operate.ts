/**
 * *Operate*: the pages that are gone to on purpose, and what is shown over a page or before any, in one chunk: they are
 * small, and each alone compresses badly.
 */
export { default as Actors } from "./actors.js";
export { default as History } from "./history.js";
export { default as Keys } from "./keys.js";
export { default as New } from "./new.js";
export { default as System } from "./system.js";
export { default as WebhookPage } from "./webhook.js";
export { default as Webhooks } from "./webhooks.js";
export { default as Help } from "../ui/help.js";
export { default as Login } from "./login.js";
export { default as Palette } from "../ui/palette.js";
