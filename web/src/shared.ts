/**
 * *Shared*: what more than one page is made of. The build gives it to every page, so that it is one chunk: as the dozen
 * small ones that it would be otherwise, it is a fifth larger.
 */
import "./app.js";
import { useProgress } from "./batch/progress.js";
import { retry } from "./batch/verbs.js";
import { Bar } from "./ui/bar.js";
import { Download } from "./ui/download.js";
import { Grid } from "./ui/grid.js";
import { Page } from "./ui/parts.js";
import { Search } from "./ui/search.js";
import { State } from "./ui/state.js";
import { useTitle } from "./title.js";
import { unfinished } from "./upload/memory.js";
import { waitText } from "./waits.js";

Object.freeze([useProgress, retry, Bar, Download, Grid, Page, Search, State, useTitle, unfinished, waitText]);
