/** *Icon*: strokes on a 16 by 16 grid, in the colour of the text beside them. */
const PATHS = {
  queued: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11",
  running: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5M6.7 5.6v4.8L10.4 8z",
  retry_wait: "M13.5 8A5.5 5.5 0 1 1 11.6 3.8M11.8 1.4v2.8H9M8 5.2V8l2 1.4",
  succeeded: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M5.5 8.2l1.8 1.8 3.3-3.8",
  failed: "M5.7 2.5h4.6l3.2 3.2v4.6l-3.2 3.2H5.7l-3.2-3.2V5.7zM6 6l4 4M10 6l-4 4",
  cancelled: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M4.2 4.2l7.6 7.6",
  expired: "M4.5 2.5h7M4.5 13.5h7M5.5 2.5v2L8 8l-2.5 3.5v2M10.5 2.5v2L8 8l2.5 3.5v2",
  skipped: "M2.5 8h4M9.5 8h4M8 2.5v11",
  paused: "M5.5 3.5v9M10.5 3.5v9",
  open: "M3 6V3h3M13 6V3h-3M3 10v3h3M13 10v3h-3",
  partial: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.2v.1",
  scheduled: "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2v3M10.5 2v3",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.4 10.4l3.4 3.4",
  close: "M4 4l8 8M12 4l-8 8",
  right: "M6 3.5L10.5 8 6 12.5",
  left: "M10 3.5L5.5 8l4.5 4.5",
  down: "M3.5 6L8 10.5 12.5 6",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 0 1 0-5.6M8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M3.2 12.8l1-1M11.8 4.2l1-1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  system: "M2.5 3h11v7.5h-11zM6 13.5h4M8 10.5v3",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  plus: "M8 3v10M3 8h10",
  upload: "M8 10.5V3M5 5.8L8 2.8l3 3M2.5 10.5v2.7h11v-2.7",
  folder: "M2 4h4.2l1.5 1.6H14v7.2H2z",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  warning: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.2v.1",
  key: "M5 6.5a3.2 3.2 0 1 1 0 6.4a3.2 3.2 0 0 1 0-6.4M7.4 7.8l5.6-5.6M10.6 4.6l2 2",
  link: "M6.5 9.5l3-3M7.2 4.6l1.5-1.5a3 3 0 0 1 4.2 4.2l-1.5 1.5M8.8 11.4l-1.5 1.5a3 3 0 0 1-4.2-4.2l1.5-1.5",
  logout: "M6.5 2.5h-4v11h4M6 8h7.5M10.8 5.2L13.5 8l-2.7 2.8",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
