import type { FieldError, ProblemBody } from "./types.js";

/** Codes that this client makes itself; all others are the server's. */
export type OwnCode =
  | "unreachable"
  | "not_quire"
  | "unsupported_version"
  | "unauthorized"
  | "forbidden"
  | "revoked"
  | "too_many_connections"
  | "bad_protocol"
  | "no_transport"
  | "log_reset"
  | "closed"
  | "upload_refused";

export interface ProblemFacts {
  status?: number;
  errors?: FieldError[];
  requestId?: string;
  /** Seconds. */
  retryAfter?: number;
  currentStatus?: string;
  /** Of `log_reset`: why. */
  reason?: string;
}

/** *QuireError*: whatever goes wrong, with a code to act on and a sentence that says what to do. */
export class QuireError extends Error implements ProblemFacts {
  declare readonly status?: number;
  declare readonly errors?: FieldError[];
  declare readonly requestId?: string;
  declare readonly retryAfter?: number;
  declare readonly currentStatus?: string;
  declare readonly reason?: string;

  constructor(
    readonly code: OwnCode | (string & {}),
    readonly detail: string,
    facts?: ProblemFacts,
  ) {
    super(`${code}: ${detail}`);
    this.name = "QuireError";
    Object.assign(this, facts);
  }
}

/** Whether the same request may do better later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof QuireError && (error.code === "unreachable" || [429, 502, 503, 504].includes(error.status ?? 0));

export const notQuire = (status?: number): QuireError =>
  new QuireError("not_quire", "What answers at this address is no Quire server. Check `server`, and the proxy before it.", {
    status,
  });

/** What an answer that is no success says. */
export async function problemOf(answer: Response): Promise<QuireError> {
  const { status, headers } = answer;
  const body = (await answer.json().catch(() => undefined)) as Partial<ProblemBody> | undefined;
  const retryAfter = Number(headers.get("retry-after")) || undefined;
  if (typeof body?.code === "string") {
    return new QuireError(body.code, body.detail ?? "", {
      status,
      errors: body.errors,
      requestId: body.request_id,
      currentStatus: body.current_status,
      retryAfter,
    });
  }
  // A gateway answers for a server that is not there right now.
  if (status === 429 || (status > 501 && status < 505)) {
    return new QuireError("unreachable", `A gateway answered ${status} in the server's place.`, { status, retryAfter });
  }
  return notQuire(status);
}
