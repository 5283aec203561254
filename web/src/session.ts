/** *Session*: who looks at the page, and the one client that all pages stand on. */
import { signal } from "@preact/signals";
import { type BatchClient, QuireError, connect } from "quire-client";

export interface Session {
  owner: string | null;
  admin: boolean;
  key_needed: boolean;
  expires_at?: string | null;
  version: string;
  epoch: string;
  features: string[];
  limits: { max_file_mib: number; max_batch_items: number };
}

/** The half of a login that is no cookie: a cookie is sent to every port of a host, this is of one. */
const TOKEN = "quire-page";
const ADDRESS = "/api/v1/session";

export const session = signal<Session | undefined>(undefined);
/** Why there is no session to work with. */
export const sessionError = signal<QuireError | undefined>(undefined);
/** Why the last session ended. */
export const endedBecause = signal<string | undefined>(undefined);

let client: BatchClient | undefined;

export function quire(): BatchClient {
  return (client ??= begin());
}

function begin(): BatchClient {
  const { owner, key_needed } = session.value!;
  const made = connect({ auth: key_needed ? "session" : "none", owner: owner ?? undefined });
  made.subscribe([], () => {
    const { state, error } = made.connection;
    if (state === "refused" && error?.status === 401) expire(error);
  });
  return made;
}

async function ask(method: string, body?: object): Promise<Response> {
  const token = localStorage.getItem(TOKEN);
  const headers = { ...(token && { "X-Quire-Page": token }), ...(body && { "Content-Type": "application/json" }) };
  const unreachable = () => {
    throw new QuireError("unreachable", "The server does not answer. Check that it runs; this page goes on by itself.");
  };
  const answer = await fetch(ADDRESS, { method, headers, body: body && JSON.stringify(body) }).catch(unreachable);
  if (answer.ok) return answer;
  const { code, detail } = await answer
    .json()
    .catch(() => ({ code: "not_quire", detail: `It answered ${answer.status}.` }));
  const retryAfter = Number(answer.headers.get("retry-after")) || undefined;
  throw new QuireError(code, detail, { status: answer.status, retryAfter });
}

export async function loadSession(): Promise<void> {
  try {
    const answer = await ask("GET");
    session.value = await answer.json();
    sessionError.value = undefined;
  } catch (error) {
    sessionError.value = error as QuireError;
  }
}

export async function logIn(key: string): Promise<void> {
  const answer = await ask("POST", { key });
  const { page_token } = (await answer.json()) as { page_token: string };
  localStorage.setItem(TOKEN, page_token);
  endedBecause.value = undefined;
  await loadSession();
}

export async function logOut(): Promise<void> {
  await ask("DELETE").catch(() => undefined);
  forget();
}

/** The server knows this session no more: the login says why. */
export function expire({ code, detail }: QuireError): void {
  if (!session.value?.key_needed || !session.value.owner) return;
  endedBecause.value =
    code === "key_revoked" ? "The key of this session was revoked." : `The session has ended. ${detail}`;
  forget();
}

function forget(): void {
  localStorage.removeItem(TOKEN);
  client?.logout();
  client = undefined;
  if (session.value) session.value = { ...session.value, owner: null, admin: false };
}
