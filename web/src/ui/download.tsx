/** *Download*: what the browser streams to disk. With a login, by a form: no address holds the secret. */
import type { ComponentChildren } from "preact";
import { session } from "../session.js";

export function Download({
  href,
  children,
  isQuiet,
}: {
  href: string;
  children: ComponentChildren;
  isQuiet?: boolean;
}) {
  const look = isQuiet ? "button is-small" : "button";
  if (!session.value?.key_needed) {
    return (
      <a class={look} href={href} download>
        {children}
      </a>
    );
  }
  return (
    <form method="post" action="/api/v1/downloads" class="inline">
      <input type="hidden" name="page_token" value={localStorage.getItem("quire-page") ?? ""} />
      <input type="hidden" name="href" value={href} />
      <button class={look}>{children}</button>
    </form>
  );
}
