/** *Login*: a key, pasted once. */
import { useState } from "preact/hooks";
import { endedBecause, logIn } from "../session.js";
import { useTitle } from "../title.js";
import { Field } from "../ui/parts.js";
import { Icon } from "../ui/icon.js";
import type { QuireError } from "quire-client";

export default function Login() {
  useTitle("Log in");
  const [isAsking, wait] = useState(false);
  const [error, fail] = useState<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget as HTMLFormElement).get("key")).trim();
    if (!key) return fail("Paste a key.");
    wait(true);
    try {
      await logIn(key);
    } catch (fault) {
      const { code, detail, retryAfter } = fault as QuireError;
      fail(
        code === "key_revoked"
          ? "This key was revoked. Use another one."
          : retryAfter
            ? `Too many tries. Wait ${retryAfter} s.`
            : detail,
      );
      wait(false);
    }
  };
  return (
    <main class="login">
      <div class="panel">
        <h1 tabIndex={-1}>Quire</h1>
        {endedBecause.value && (
          <p class="waits" role="status">
            <Icon name="warning" />
            <span>{endedBecause.value}</span>
          </p>
        )}
        <form onSubmit={submit}>
          <Field name="Key" help="It is sent once and not kept in this browser." error={error}>
            {(given) => (
              <input
                {...given}
                name="key"
                type="password"
                autocomplete="current-password"
                autofocus
                spellcheck={false}
              />
            )}
          </Field>
          <button class="button is-primary" disabled={isAsking}>
            {isAsking ? "Asking…" : "Log in"}
          </button>
        </form>
        {!isSecureContext && (
          <p class="waits small">
            <Icon name="warning" />
            <span>
              This page came over plain HTTP: the browser does not keep a secure cookie. Use HTTPS or this machine’s own
              address, or set <code>auth.allow_insecure_cookie</code>.
            </span>
          </p>
        )}
        <p class="muted small">
          No key? Make one where the server runs: <code>quire keys create</code>
        </p>
      </div>
    </main>
  );
}
