/** *Parts*: the small things of which pages are made. */
import type { ComponentChildren, JSX } from "preact";
import type { QuireError } from "quire-client";
import { useId } from "preact/hooks";
import { copy } from "../acts.js";
import { ago, moment, visible } from "../format.js";
import { arrive } from "../router.js";
import { Icon, type IconName } from "./icon.js";

/** A name that somebody else wrote: isolated, so that its direction stays its own, and cut by the style sheet. */
export const Name = ({ text, none = "no name" }: { text: string | null | undefined; none?: string }) =>
  text ? (
    <bdi class="name" title={text.length > 400 ? `${visible(text.slice(0, 400))}…` : visible(text)}>
      {visible(text)}
    </bdi>
  ) : none ? (
    <span class="name muted">{none}</span>
  ) : null;

/** A document's name behind the folder that it lay in. */
export const pathOf = ({ folder, name }: { folder?: string | null; name?: string | null }) =>
  folder ? `${folder}/${name}` : name;

export const Ago = ({ at, now }: { at: string | number; now?: number }) => (
  <time dateTime={new Date(at).toISOString()} title={moment(at)}>
    {ago(at, now)}
  </time>
);

export function Page({
  name,
  actions,
  above,
  children,
}: {
  name: ComponentChildren;
  actions?: ComponentChildren;
  above?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <>
      {above && <div class="above">{above}</div>}
      <div class="page-head">
        <h1 ref={arrive} tabIndex={-1}>
          {name}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}

export function Panel({
  name,
  actions,
  children,
  isFlush,
  help,
}: {
  name: string;
  actions?: ComponentChildren;
  help?: string;
  isFlush?: boolean;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class={isFlush ? "panel is-flush" : "panel"} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{name}</h2>
        {help && <p class="muted">{help}</p>}
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

export const Empty = ({
  icon = "queued",
  name,
  children,
}: {
  icon?: IconName;
  name: string;
  children?: ComponentChildren;
}) => (
  <div class="empty">
    <Icon name={icon} />
    <p class="empty-name">{name}</p>
    {children && <div class="muted">{children}</div>}
  </div>
);

/** Lines where rows will be, so that nothing jumps when they come. */
export const Loading = ({ rows = 5 }: { rows?: number }) => (
  <div class="loading" role="status" aria-label="Loading">
    {Array.from({ length: rows }, (_, nth) => (
      <span key={nth} class="ghost" />
    ))}
  </div>
);

export const Failed = ({ error, again }: { error: QuireError; again?: () => void }) => (
  <div class="empty" role="alert">
    <Icon name="warning" />
    <p class="empty-name">{error.code === "unreachable" ? "The server does not answer" : "That did not work"}</p>
    <p class="muted">{error.detail}</p>
    <p class="muted small">
      <code>{error.code}</code>
      {error.request_id && (
        <>
          {" · request "}
          <code>{error.request_id}</code>
        </>
      )}
    </p>
    {again && (
      <button class="button" onClick={again}>
        Try again
      </button>
    )}
  </div>
);

export const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div class="fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

export const Copy = ({ text, what, children }: { text: string; what: string; children?: ComponentChildren }) => (
  <button
    class={children ? "button" : "button is-icon is-small is-quiet"}
    title={`Copy ${what.toLowerCase()}`}
    onClick={() => copy(text, what)}
    aria-label={children ? undefined : `Copy ${what.toLowerCase()}`}
  >
    <Icon name="copy" />
    {children}
  </button>
);

export function Field({
  name,
  help,
  error,
  children,
}: {
  name: string;
  help?: string;
  error?: string;
  children: (given: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => JSX.Element;
}) {
  const id = useId();
  const told = error ?? help;
  return (
    <div class="field">
      <label for={id}>{name}</label>
      {children({ id, "aria-describedby": told ? `${id}-help` : undefined, "aria-invalid": error ? true : undefined })}
      {told && (
        <p id={`${id}-help`} class={error ? "fault small" : "muted small"}>
          {told}
        </p>
      )}
    </div>
  );
}

/** One of a few, as buttons. */
export function Choice<T extends string>({
  label,
  options,
  value,
  choose,
}: {
  label: string;
  options: readonly { value: T; name: ComponentChildren }[];
  value: T;
  choose: (value: T) => void;
}) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} aria-pressed={option.value === value} onClick={() => choose(option.value)}>
          {option.name}
        </button>
      ))}
    </div>
  );
}
