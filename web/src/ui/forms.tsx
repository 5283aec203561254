/** *Forms*: the dialog that asks for something, and the one that shows a secret once. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { Dialog } from "./overlays.js";
import { Copy } from "./parts.js";

export function FormDialog({
  name,
  verb,
  send,
  close,
  children,
}: {
  name: string;
  /** On the button. */
  verb: string;
  send: (said: FormData) => Promise<unknown>;
  close: () => void;
  children: ComponentChildren;
}) {
  const isSending = useRef(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    // Whoever presses twice means it once.
    if (isSending.current) return;
    isSending.current = true;
    await send(new FormData(event.currentTarget as HTMLFormElement));
    isSending.current = false;
  };
  return (
    <Dialog name={name} close={close}>
      <form onSubmit={submit}>
        {children}
        <div class="dialog-foot">
          <button type="button" class="button" onClick={close}>
            Leave as is
          </button>
          <button class="button is-primary">{verb}</button>
        </div>
      </form>
    </Dialog>
  );
}

export const SecretDialog = ({
  what,
  secret,
  close,
  children,
}: {
  what: string;
  secret: string;
  close: () => void;
  /** What it is for. */
  children: ComponentChildren;
}) => (
  <Dialog name={`The ${what.toLowerCase()}, shown once`} close={close}>
    <div class="dialog-text">
      <p>{children}</p>
      <p class="secret">
        <code>{secret}</code>
        <Copy text={secret} what={what} />
      </p>
    </div>
    <div class="dialog-foot">
      <button class="button is-primary" onClick={close}>
        I have kept it
      </button>
    </div>
  </Dialog>
);
