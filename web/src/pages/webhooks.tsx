/** *Webhooks*: addresses that are told of events. */
import { useState } from "preact/hooks";
import { act } from "../acts.js";
import { type Answer, call } from "../call.js";
import { counted } from "../format.js";
import { useRead } from "../live.js";
import { useTitle } from "../title.js";
import { FormDialog, SecretDialog } from "../ui/forms.js";
import { Icon } from "../ui/icon.js";
import { Ago, Empty, Failed, Field, Loading, Name, Page } from "../ui/parts.js";

type Webhook = Answer<"GET /api/v1/webhooks">["webhooks"][number];

const GROUPS = {
  all: "every event",
  ends: "ends of batches",
  batches: "all of batches, none of items",
} as const;

const ENDS = ["batch.completed", "batch.failed", "batch.cancelled"];
const BATCHES = [
  "batch.created",
  "batch.started",
  "batch.paused",
  "batch.resumed",
  "batch.retried",
  "batch.sealed",
  "batch.extended",
  "batch.cancelling",
  ...ENDS,
];
const TYPES = { all: "all", ends: ENDS, batches: BATCHES };

export const WebhookState = ({ webhook: { state, disabled, failing_since } }: { webhook: Webhook }) => {
  const isOff = state === "disabled";
  return (
    <span
      class={`state ${isOff ? "is-cancelled" : failing_since ? "is-failed" : "is-succeeded"}`}
      title={disabled?.detail}
    >
      <Icon name={isOff ? "cancelled" : failing_since ? "failed" : "succeeded"} />
      <span>
        {isOff ? `disabled: ${disabled?.reason}` : failing_since ? "failing" : "active"}
        {!isOff && failing_since && (
          <span class="muted">
            {" "}
            since <Ago at={failing_since} />
          </span>
        )}
      </span>
    </span>
  );
};

export const Secret = (given: { secret: string; close: () => void }) => (
  <SecretDialog what="Secret" {...given}>
    Messages are signed with it. Keep it now: the server does not show it again.
  </SecretDialog>
);

function Make({ close, made }: { close: () => void; made: (webhook: Webhook) => void }) {
  const send = async (said: FormData) => {
    const body = {
      url: String(said.get("url")),
      description: String(said.get("description")),
      event_types: TYPES[said.get("types") as keyof typeof TYPES] as never,
    };
    const webhook = await act(() => call("POST /api/v1/webhooks", { body }));
    if (webhook) made(webhook);
  };
  return (
    <FormDialog name="New webhook" verb="Make webhook" send={send} close={close}>
      <div class="form">
        <div class="is-whole">
          <Field name="Address" help="https, or http where the settings allow it.">
            {(given) => (
              <input {...given} name="url" type="url" required autofocus placeholder="https://example.org/quire" />
            )}
          </Field>
        </div>
        <Field name="Description">{(given) => <input {...given} name="description" maxLength={200} />}</Field>
        <Field name="Is told of">
          {(given) => (
            <select {...given} name="types">
              {Object.entries(GROUPS).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
    </FormDialog>
  );
}

export default function Webhooks() {
  useTitle("Webhooks");
  const { data, error, again } = useRead("webhooks", () => call("GET /api/v1/webhooks", {}));
  const [isMaking, make] = useState(false);
  const [secret, show] = useState<string>();
  const button = (
    <button class="button is-primary" onClick={() => make(true)}>
      <Icon name="plus" />
      New webhook
    </button>
  );
  return (
    <Page name="Webhooks" actions={data?.webhooks.length ? button : undefined}>
      {error ? (
        <Failed error={error} again={again} />
      ) : !data ? (
        <Loading />
      ) : data.webhooks.length ? (
        <ul class="panel rows is-list">
          {data.webhooks.map((webhook) => (
            <li key={webhook.id}>
              <a href={`/webhooks/${webhook.id}`}>
                <Name text={webhook.url} />
              </a>
              <WebhookState webhook={webhook} />
              <span class="muted small">
                <Name text={webhook.description} none="" /> {counted(webhook.event_types.length, "event type")}, made{" "}
                <Ago at={webhook.created_at} />
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <Empty icon="link" name="No webhooks yet">
          <p>A webhook is an address that gets a signed message for each event, until it has answered.</p>
          {button}
        </Empty>
      )}
      {isMaking && (
        <Make
          close={() => make(false)}
          made={(webhook) => {
            make(false);
            show(webhook.secret ?? undefined);
            again();
          }}
        />
      )}
      {secret && <Secret secret={secret} close={() => show(undefined)} />}
    </Page>
  );
}
