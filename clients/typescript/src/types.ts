/** The words of the wire. Everything else imports them from here, so that where they come from is one file's matter. */

export interface Counts {
  total: number;
  queued: number;
  running: number;
  retry_wait: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  expired: number;
  skipped: number;
}

export type Outcome = "succeeded" | "partial" | "failed" | "cancelled" | "expired";

export type BatchStatus =
  | "open"
  | "scheduled"
  | "queued"
  | "running"
  | "pausing"
  | "paused"
  | "cancelling"
  | "finalizing"
  | Outcome;

export type ItemState = "queued" | "running" | "retry_wait" | "succeeded" | "failed" | "cancelled" | "expired" | "skipped";

export type EventType =
  | "batch.created"
  | "batch.sealed"
  | "batch.paused"
  | "batch.resumed"
  | "batch.retried"
  | "batch.started"
  | "batch.progress"
  | "batch.extended"
  | "batch.cancelling"
  | "batch.completed"
  | "batch.failed"
  | "batch.cancelled"
  | "item.started"
  | "item.completed"
  | "item.failed";

export interface EventData {
  rev?: number;
  collection?: string | null;
  status?: BatchStatus | null;
  outcome?: Outcome | null;
  counts?: Counts | null;
  generation?: number | null;
  attempt?: number | null;
  failure?: string | null;
  reason?: string | null;
}

export interface Event {
  seq: number;
  type: EventType;
  at: string;
  batch: string;
  item?: number | null;
  correlation_id: string;
  data: EventData;
}

export interface BatchState {
  batch: string;
  rev: number;
  status: BatchStatus;
  outcome?: Outcome | null;
  generation: number;
  counts: Counts;
}

export interface RunningItem {
  item: number;
  name: string;
  stage: string;
  page: number;
  pages: number;
  since: string;
  eta_seconds?: number | null;
  pages_per_second?: number | null;
}

export interface Progress {
  batch: string;
  rev: number;
  counts: Counts;
  running: RunningItem[];
  items_per_second?: number | null;
  pages_per_second?: number | null;
  eta_seconds?: number | null;
}

export type ResetReason = "other_epoch" | "too_old" | "ahead";

export interface Snapshot {
  as_of_seq: number;
  batches: BatchState[];
  more: boolean;
  complete: boolean;
}

export type ServerFrame =
  | { type: "hello"; v: number; epoch: string; session: string; heartbeat_ms: number; latest: number }
  | { type: "events"; upto: number; events: Event[] }
  | ({ type: "progress" } & Progress)
  | ({ type: "snapshot" } & Snapshot)
  | { type: "reset"; reason: ResetReason }
  | { type: "heartbeat"; latest: number; upto: number }
  | { type: "error"; code: string; detail: string };

export type ClientFrame =
  | { type: "resume"; epoch?: string | null; after?: number }
  | { type: "subscribe" | "unsubscribe"; batch?: string; collection?: string; items?: boolean }
  | { type: "ack"; seq: number }
  | { type: "ping" };

export interface FieldError {
  field: string;
  detail: string;
  value?: unknown;
  allowed?: string;
}

/** RFC 9457, as Quire answers it. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  request_id: string;
  errors?: FieldError[];
  current_status?: string;
}

export interface BatchResource {
  id: string;
  name: string | null;
  collection: string | null;
  status: BatchStatus;
  control: string;
  outcome: Outcome | null;
  operations: string[];
  priority: number;
  on_failure: string;
  sealed: boolean;
  counts: Counts;
  progress: number;
  activity: Omit<Progress, "batch" | "rev" | "counts"> | null;
  rev: number;
  generation: number;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  not_before: string | null;
  deadline: string | null;
  correlation_id: string;
  waiting_because: { reason: string; [more: string]: unknown } | null;
  links: { self: string; items: string; results: string };
}

export interface Failure {
  code: string;
  class: string;
  reason?: string;
  detail: string | null;
  remedy: string;
}

export interface ItemResource {
  position: number;
  name: string | null;
  size_bytes: number | null;
  state: ItemState;
  generation: number;
  attempt: number;
  failure: Failure | null;
  summary: Record<string, unknown> | null;
  artifacts: { name: string; media_type: string; size_bytes: number; sha256: string; href: string }[];
  progress: Record<string, unknown> | null;
  waiting_because: { reason: string; [more: string]: unknown } | null;
  started_at: string | null;
  ended_at: string | null;
  correlation_id: string | null;
  links: { self: string; document?: string };
}

export interface FileResource {
  id: string;
  name: string;
  sha256: string;
  size: number;
  duplicate: boolean;
}

export interface SubmitBatch {
  operations?: string[];
  name?: string;
  collection?: string;
  priority?: number;
  on_failure?: "continue" | "fail_fast" | "rollback";
  sealed?: boolean;
  not_before?: string;
  deadline?: string;
  password?: string;
  text?: { expand_ligatures?: boolean; join_hyphens?: boolean; boxes?: boolean };
  files?: (string | { id: string; name?: string; password?: string })[];
  items?: number;
  scripts?: Record<string, unknown>;
}

export interface EventPage {
  epoch: string;
  events: Event[];
  latest: number;
  next_after: number;
  reset?: ResetReason;
  snapshot?: Snapshot[];
}

type Query = Record<string, string | number | boolean | null | undefined>;
type OfBatch = { id: string };

/** What can be asked, and what is answered: method and path → parts of the request, answer. */
export interface Routes {
  "GET /api/v1/batches": { query?: Query; answer: { batches: BatchResource[]; next_cursor: string | null } };
  "POST /api/v1/batches": { body: SubmitBatch; answer: BatchResource };
  "GET /api/v1/batches/{id}": { path: OfBatch; answer: BatchResource };
  "DELETE /api/v1/batches/{id}": { path: OfBatch; answer: BatchResource };
  "PUT /api/v1/batches/{id}/pause": { path: OfBatch; query?: { mode?: "drain" | "interrupt" }; answer: BatchResource };
  "PUT /api/v1/batches/{id}/resume": { path: OfBatch; answer: BatchResource };
  "PUT /api/v1/batches/{id}/seal": { path: OfBatch; answer: BatchResource };
  "POST /api/v1/batches/{id}/retry": { path: OfBatch; body?: { cancelled?: boolean }; answer: BatchResource };
  "GET /api/v1/batches/{id}/items": {
    path: OfBatch;
    query?: Query;
    answer: { items: ItemResource[]; next_cursor: string | null };
  };
  "POST /api/v1/batches/{id}/items": { path: OfBatch; body: Pick<SubmitBatch, "files" | "items">; answer: BatchResource };
  "GET /api/v1/batches/{id}/items/{position}": { path: { id: string; position: number }; answer: ItemResource };
  "POST /api/v1/files": { query?: Query; body: FormData | Blob; answer: { files: FileResource[] } & FileResource };
  "GET /api/v1/events": { query?: Query; answer: EventPage };
  "POST /api/v1/ws-tickets": { answer: { ticket: string; expires_at: string; protocols: string[] } };
}
