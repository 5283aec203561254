/** *Shell*: what stands around every page. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useConnection } from "quire-client/react";
import { time } from "../format.js";
import { openDialog } from "../keys.js";
import { matched, place } from "../router.js";
import { logOut, quire, session } from "../session.js";
import { nextTheme, theme } from "../theme.js";
import { Icon } from "./icon.js";

const NAV = [
  { href: "/", name: "Batches", pages: ["batches", "batch", "item"] },
  { href: "/new", name: "New", pages: ["new"] },
  { href: "/actors", name: "Actors", pages: ["actors"], isAdmin: true },
  { href: "/webhooks", name: "Webhooks", pages: ["webhooks", "webhook"] },
  { href: "/history", name: "History", pages: ["history"] },
  { href: "/keys", name: "Keys", pages: ["keys"], isAdmin: true },
  { href: "/system", name: "System", pages: ["system"], isAdmin: true },
];

const THEMES = { system: "system", light: "sun", dark: "moon" } as const;

function Link() {
  const { state, since, transport, error } = useConnection();
  const text =
    state === "offline"
      ? `offline since ${time(since)}`
      : state === "refused"
        ? `refused: ${error?.code}`
        : state.replace("-", " ");
  const how = transport && state === "live" ? `, by ${transport === "ws" ? "WebSocket" : transport}` : "";
  return (
    <span class={`link is-${state}`} title={`${text}${how}`}>
      <span class="link-dot" />
      <span class="link-text">{text}</span>
      {(state === "refused" || state === "closed") && (
        <button class="button is-small" onClick={() => quire().retry()}>
          Try again
        </button>
      )}
    </span>
  );
}

/** The page stays usable while nobody answers: what it shows is what was known. */
export function Offline() {
  const { state, since } = useConnection();
  if (state !== "offline") return null;
  return (
    <p class="offline" role="status">
      <Icon name="warning" />
      <span>Offline since {time(since)}. What you see is as it was then; the page goes on by itself.</span>
    </p>
  );
}

export function Shell() {
  const [isOpen, open] = useState(false);
  const menu = useRef<HTMLButtonElement>(null);
  const { path } = place.value;
  const { page } = matched.value;
  useEffect(() => open(false), [path]);
  const known = session.value!;
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  return (
    <header
      class="shell"
      onKeyDown={(press) => press.key === "Escape" && isOpen && (open(false), menu.current?.focus())}
    >
      <a class="brand" href="/">
        <svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
          <rect width="16" height="16" rx="3.5" />
          <path d="M4 4.5h8M4 7h8M4 9.5h8M4 12h4.5" />
        </svg>
        Quire
      </a>
      <nav id="pages" class={isOpen ? "pages is-open" : "pages"} aria-label="Pages">
        {NAV.filter(({ isAdmin }) => !isAdmin || known.admin).map(({ href, name, pages }) => (
          <a key={href} href={href} aria-current={pages.includes(page) ? (path === href ? "page" : "true") : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="shell-end">
        <Link />
        <button
          class="button find"
          onClick={() => void (openDialog.value = "palette")}
          aria-keyshortcuts="Control+K Meta+K"
        >
          <Icon name="search" />
          <span class="find-text">Find</span>
          <kbd>{isMac ? "⌘K" : "Ctrl K"}</kbd>
        </button>
        <button
          class="button is-icon is-quiet"
          onClick={nextTheme}
          aria-label={`Theme: ${theme.value}. Change`}
          title={`Theme: ${theme.value}`}
        >
          <Icon name={THEMES[theme.value]} />
        </button>
        {known.key_needed && (
          <button
            class="button is-icon is-quiet"
            onClick={logOut}
            aria-label={`Log out ${known.owner}`}
            title={`Log out ${known.owner}`}
          >
            <Icon name="logout" />
          </button>
        )}
        <button
          ref={menu}
          class="button is-icon menu"
          aria-expanded={isOpen}
          aria-controls="pages"
          aria-label="Pages"
          onClick={() => open(!isOpen)}
        >
          <Icon name={isOpen ? "close" : "menu"} />
        </button>
      </div>
    </header>
  );
}
