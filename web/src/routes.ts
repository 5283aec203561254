/** *Routes*: which page an address is of. Pure, so that a test can walk through it. */
export const PAGES = [
  "batches",
  "new",
  "batch",
  "item",
  "actors",
  "webhooks",
  "webhook",
  "keys",
  "history",
  "system",
  "missing",
] as const;

export type PageName = (typeof PAGES)[number];
export type Params = Readonly<Record<string, string>>;

export interface Match {
  page: PageName;
  params: Params;
}

const PATTERNS: readonly [string, PageName][] = [
  ["/", "batches"],
  ["/new", "new"],
  ["/batches/:id", "batch"],
  ["/batches/:id/items/:position", "item"],
  ["/actors", "actors"],
  ["/webhooks", "webhooks"],
  ["/webhooks/:id", "webhook"],
  ["/keys", "keys"],
  ["/history", "history"],
  ["/system", "system"],
];

const parts = (path: string): string[] => path.split("/").filter(Boolean);

/** What is not there, or is badly written, is the page of what is missing. */
export function match(path: string): Match {
  const given = parts(path);
  for (const [pattern, page] of PATTERNS) {
    const wanted = parts(pattern);
    if (wanted.length !== given.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, nth) => {
      if (!part.startsWith(":")) return part === given[nth];
      const value = decoded(given[nth]!);
      params[part.slice(1)] = value ?? "";
      return !!value;
    });
    if (fits && (page !== "item" || /^[1-9]\d{0,9}$/.test(params.position!))) return { page, params };
  }
  return { page: "missing", params: {} };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** The same address with other filters; what is empty falls out. */
export function withQuery(path: string, query: URLSearchParams, change: Record<string, string | undefined>): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString();
  return text ? `${path}?${text}` : path;
}

const as = (asOf?: number): string => (asOf ? `?as_of=${asOf}` : "");
/** As it is, or as it was at a place in the log. */
export const batchAddress = (id: string, asOf?: number): string => `/batches/${encodeURIComponent(id)}${as(asOf)}`;
export const itemAddress = (id: string, position: number, asOf?: number): string =>
  `${batchAddress(id)}/items/${position}${as(asOf)}`;

/** The page of what the interface calls `href`, where there is one. */
export function pageOf(href: string): string | undefined {
  const path = href.replace(/^\/api\/v1/, "");
  return path !== href && match(path).page !== "missing" ? path : undefined;
}
