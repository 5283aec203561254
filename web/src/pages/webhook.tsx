/** *Webhook*: one address, what was sent to it and what it answered. Its address is text, never a link. */
import { useState } from "preact/hooks";
import { act, ask } from "../acts.js";
import { type Answer, call } from "../call.js";
import { count, counted, duration, shortMoment, words } from "../format.js";
import { useRead } from "../live.js";
import { filter, go } from "../router.js";
import type { Params } from "../routes.js";
import { useTitle } from "../title.js";
import { Ago, Choice, Empty, Fact, Failed, Field, Loading, Name, Page, Panel } from "../ui/parts.js";
import { FormDialog } from "../ui/forms.js";
import { Icon } from "../ui/icon.js";
import Missing from "./missing.js";
import { Secret, WebhookState } from "./webhooks.js";

type Delivery = Answer<"GET /api/v1/webhooks/{id}/deliveries">["deliveries"][number];

const STATES = ["all", "pending", "delivered", "failed"] as const;
const ICONS = { pending: "retry_wait", delivered: "succeeded", failed: "failed" } as const;
const CLASSES = { pending: "is-retry_wait", delivered: "is-succeeded", failed: "is-failed" } as const;

function DeliveryRow({ delivery, resend }: { delivery: Delivery; resend: () => void }) {
  const { state, type, seq, tries, created_at, next_at, attempts } = delivery;
  return (
    <li>
      <details class="delivery">
        <summary>
          <span class={`state ${CLASSES[state]}`}>
            <Icon name={ICONS[state]} />
            <span>{state}</span>
          </span>
          <span>
            {type} {seq != null && <span class="muted number">#{count(seq)}</span>}
          </span>
          <span class="muted small">
            <Ago at={created_at} />, {tries === 1 ? "1 try" : `${count(tries)} tries`}
            {next_at && `, next ${shortMoment(next_at)}`}
          </span>
        </summary>
        {attempts.length ? (
          <ol class="delivery-tries">
            {attempts.map(({ at, status, error, detail, duration_ms, excerpt }) => (
              <li key={at}>
                <p>
                  <span class="number muted">{shortMoment(at)}</span> {status ?? words(error ?? "")}{" "}
                  <span class="muted number">in {duration(duration_ms)}</span>{" "}
                  {detail && <span class="muted">{detail}</span>}
                </p>
                {excerpt && <pre class="page-text">{excerpt}</pre>}
              </li>
            ))}
          </ol>
        ) : (
          <p class="muted small">Not tried yet.</p>
        )}
      </details>
      <button class="button is-small" onClick={resend} aria-label={`Resend ${type} of ${shortMoment(created_at)}`}>
        Resend
      </button>
    </li>
  );
}

function Deliveries({ id }: { id: string }) {
  const [given, choose] = filter("state");
  const state = STATES.find((known) => known === given) ?? "all";
  const [limit, more] = useState(50);
  const query = { limit, state: state === "all" ? undefined : state };
  const { data, error, again } = useRead(
    `deliveries/${id}/${state}/${limit}`,
    () => call("GET /api/v1/webhooks/{id}/deliveries", { path: { id }, query }),
    {
      touched: () => true,
      everyMs: 5000,
    },
  );
  const resend = async (delivery: string) => {
    await act(
      () => call("POST /api/v1/webhooks/{id}/deliveries/{delivery}/resend", { path: { id, delivery } }),
      "It is sent once more.",
    );
    again();
  };
  return (
    <Panel
      name="Deliveries"
      isFlush
      actions={
        <Choice
          label="State"
          options={STATES.map((value) => ({ value, name: value }))}
          value={state}
          choose={(to) => choose(to === "all" ? undefined : to)}
        />
      }
    >
      {error ? (
        <Failed error={error} again={again} />
      ) : !data ? (
        <Loading />
      ) : data.deliveries.length ? (
        <>
          <ul class="deliveries">
            {data.deliveries.map((delivery) => (
              <DeliveryRow key={delivery.id} delivery={delivery} resend={() => resend(delivery.id)} />
            ))}
          </ul>
          {data.next_cursor && limit < 1000 && (
            <button class="button more" onClick={() => more(Math.min(1000, limit * 2))}>
              Show older ones
            </button>
          )}
        </>
      ) : (
        <Empty icon="link" name="Nothing was sent yet" />
      )}
    </Panel>
  );
}

function Recover({ id, close }: { id: string; close: () => void }) {
  const send = async (said: FormData) => {
    const since = new Date(String(said.get("since"))).toISOString();
    const given = { path: { id }, query: { since } as never };
    const done = await act(() => call("POST /api/v1/webhooks/{id}/recover", given), "All of it is sent once more.");
    if (done) close();
  };
  return (
    <FormDialog name="Send everything since then once more" verb="Send once more" send={send} close={close}>
      <Field name="Since" help="Receivers see the same webhook-id for an event they have had.">
        {(given) => <input {...given} name="since" type="datetime-local" required />}
      </Field>
    </FormDialog>
  );
}

export default function WebhookPage({ params }: { params: Params }) {
  const id = params.id!;
  const path = { id };
  const { data, error, again } = useRead(`webhook/${id}`, () => call("GET /api/v1/webhooks/{id}", { path }));
  const [isRecovering, recover] = useState(false);
  const [secret, show] = useState<string>();
  useTitle("Webhook");
  if (error) return error.status === 404 || error.status === 422 ? <Missing /> : <Failed error={error} again={again} />;
  if (!data) return <Loading rows={8} />;
  const isOff = data.state === "disabled";
  const turn = async () => {
    const route = isOff ? "POST /api/v1/webhooks/{id}/enable" : "POST /api/v1/webhooks/{id}/disable";
    await act(
      () => call(route, { path }),
      isOff ? "Enabled: what it missed is sent." : "Disabled: nothing is sent until it is enabled.",
    );
    again();
  };
  const rotate = async () => {
    const isSure = await ask({
      title: "Make another secret?",
      body: <p>For 24 hours messages are signed with both, so that the receiver can change over.</p>,
      verb: "Make another secret",
    });
    const changed =
      isSure &&
      (await act(() => call("POST /api/v1/webhooks/{id}/secret/rotate", { path, body: { overlap_hours: 24 } })));
    if (changed) show(changed.secret ?? undefined);
    again();
  };
  const remove = async () => {
    const isSure = await ask({
      title: "Delete 1 webhook?",
      body: <p>Its secret and its record of deliveries go with it. That cannot be undone.</p>,
      verb: "Delete 1 webhook",
      isDangerous: true,
    });
    if (!isSure) return;
    await act(async () => {
      await call("DELETE /api/v1/webhooks/{id}", { path });
      go("/webhooks");
    }, "Deleted.");
  };
  return (
    <Page
      above={<a href="/webhooks">Webhooks</a>}
      name={<Name text={data.url} />}
      actions={
        <>
          <button
            class="button"
            onClick={() => act(() => call("POST /api/v1/webhooks/{id}/test", { path }), "A test is on its way.")}
          >
            Send a test
          </button>
          <button class="button" onClick={() => recover(true)}>
            Recover…
          </button>
          <button class="button" onClick={rotate}>
            Rotate secret…
          </button>
          <button class="button" onClick={turn}>
            {isOff ? "Enable" : "Disable"}
          </button>
          <button class="button" onClick={remove}>
            Delete…
          </button>
        </>
      }
    >
      <Panel name="Facts">
        <dl class="facts">
          <Fact name="State">
            <WebhookState webhook={data} />
          </Fact>
          {data.description && (
            <Fact name="Description">
              <Name text={data.description} />
            </Fact>
          )}
          <Fact name="Has messages up to">
            <span class="number">#{count(data.cursor)}</span>
          </Fact>
          <Fact name="Made">
            <Ago at={data.created_at} />
          </Fact>
          {data.old_secret_until && <Fact name="Old secret until">{shortMoment(data.old_secret_until)}</Fact>}
          <Fact name={counted(data.event_types.length, "event type")}>{data.event_types.join(", ")}</Fact>
        </dl>
      </Panel>
      <Deliveries id={id} />
      {isRecovering && <Recover id={id} close={() => recover(false)} />}
      {secret && <Secret secret={secret} close={() => show(undefined)} />}
    </Page>
  );
}
