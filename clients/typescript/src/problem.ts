import type { FieldError, Problem } from "./types.js";

/** Codes that this client makes itself; all others are the server's. */
export type OwnCode =
  | "unreachable"
  | "not_quire"
  | "unsupported_version"
  | "unauthorized"
  | "forbidden"
  | "key_revoked"
  | "too_many_connections"
  | "bad_protocol"
  | "no_transport"
  | "log_reset"
  | "closed"
  | "upload_refused";

export interface ProblemFacts {
  status?: number;
  errors?: FieldError[];
  request_id?: string;
  current_status?: string | null;
  /** Seconds. */
  retryAfter?: number;
  /** Of `log_reset`: why. */
  reason?: string;
}

/** *QuireError*: whatever goes wrong, with a code to act on and a sentence that says what to do. */
export class QuireError extends Error implements ProblemFacts {
  declare readonly status?: number;
  declare readonly errors?: FieldError[];
  declare readonly request_id?: string;
  declare readonly current_status?: string | null;
  declare readonly retryAfter?: number;
  declare readonly reason?: string;

  constructor(
    readonly code: OwnCode | (string & {}),
    readonly detail: string,
    facts?: ProblemFacts,
  ) {
    super(`${code}: ${detail}`);
    Object.assign(this, facts);
    this.name = "QuireError";
  }
}

/** Whether the same request may do better later: a gateway may answer for a server that is not there right now. */
export const isPassing = ({ code, status = 0 }: Partial<QuireError>): boolean =>
  code === "unreachable" || [429, 502, 503, 504].includes(status);

export const notQuire = (status?: number): QuireError =>
  new QuireError("not_quire", "No Quire server answers here. Check `server`.", { status });

/** What an answer that is no success says. */
export async function problemOf(answer: Response): Promise<QuireError> {
  const { status, headers } = answer;
  const body = await json<Problem>(answer).catch((error: QuireError) => error);
  const retryAfter = +headers.get("retry-after")! || undefined;
  return body instanceof QuireError ? body : new QuireError(body.code, body.detail, { ...body, status, retryAfter });
}

export const unreachable = (): never => {
  throw new QuireError("unreachable", "The server does not answer. Check that it runs and allows this page's origin.");
};

/** An answer that is meant to be JSON; the line may break in the middle of it. */
export const json = <T>(answer: Response): Promise<T> =>
  answer.json().catch((error) => {
    if (error instanceof SyntaxError) throw notQuire(answer.status);
    unreachable();
  });
