/** *Extras*: what is shown over a page, or before any. */
export { default as Help } from "../ui/help.js";
export { default as Login } from "./login.js";
export { default as Palette } from "../ui/palette.js";
