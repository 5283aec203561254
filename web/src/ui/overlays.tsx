/** *Overlays*: the question before an act, and what came of it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { type Question, dismiss, question, spoken, toasts } from "../acts.js";
import { Icon } from "./icon.js";

/** The browser's own dialog: it holds the focus, and gives it back. */
export function Dialog({
  name,
  close,
  children,
  isWide,
}: {
  name: string;
  close: () => void;
  isWide?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={isWide ? "dialog is-wide" : "dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(click) => click.target === dialog.current && close()}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={id}>{name}</h2>
          <button class="button is-icon is-quiet" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

function Asked({ asked }: { asked: Question }) {
  return (
    <Dialog name={asked.title} close={() => asked.answer(false)}>
      <div class="dialog-text">{asked.body}</div>
      <div class="dialog-foot">
        <button class="button" autofocus onClick={() => asked.answer(false)}>
          Leave as is
        </button>
        <button class={asked.isDangerous ? "button is-danger" : "button is-primary"} onClick={() => asked.answer(true)}>
          {asked.verb}
        </button>
      </div>
    </Dialog>
  );
}

export const Overlays = () => (
  <>
    {question.value && <Asked asked={question.value} />}
    <div class="toasts">
      {toasts.value.map(({ id, text, isFault }) => (
        <div key={id} class={isFault ? "toast is-fault" : "toast"} role={isFault ? "alert" : "status"}>
          <Icon name={isFault ? "warning" : "succeeded"} />
          <p>{text}</p>
          <button class="button is-icon is-quiet" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
    <p class="visually-hidden" aria-live="polite">
      {spoken.value}
    </p>
  </>
);
