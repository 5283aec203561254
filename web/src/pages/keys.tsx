/** *Keys*: who may use this server; a key is shown once, when it is made. */
import { useState } from "preact/hooks";
import { act, ask } from "../acts.js";
import { type Answer, call } from "../call.js";
import { shortMoment } from "../format.js";
import { useRead } from "../live.js";
import { session } from "../session.js";
import { useTitle } from "../title.js";
import { FormDialog, SecretDialog } from "../ui/forms.js";
import { Icon } from "../ui/icon.js";
import { Ago, Empty, Failed, Field, Loading, Name, Page } from "../ui/parts.js";

type Key = Answer<"GET /api/v1/admin/keys">["keys"][number];

function Make({ close, made }: { close: () => void; made: () => void }) {
  const [key, show] = useState<string>();
  const send = async (said: FormData) => {
    const text = (name: string) => String(said.get(name)) || null;
    const body = { owner: text("owner")!, name: text("name"), role: text("role") as Key["role"], expires_in_days: Number(text("days")) || null };
    const fresh = await act(() => call("POST /api/v1/admin/keys", { body }));
    if (!fresh) return;
    show(fresh.key);
    made();
  };
  if (key) {
    // With the first one, this page needs one, too.
    const leave = () => (session.value!.key_needed ? close() : location.reload());
    return (
      <SecretDialog what="Key" secret={key} close={leave}>
        Keep it now: the server has only its fingerprint, and cannot show it again.
      </SecretDialog>
    );
  }
  return (
    <FormDialog name="New key" verb="Make key" send={send} close={close}>
      <div class="form">
        <Field name="Owner" help="Whose batches it sees; what is another owner’s does not exist for it.">
          {(given) => (
            <input
              {...given}
              name="owner"
              required
              maxLength={64}
              pattern="[!-~]+"
              title="Letters, digits and signs without spaces"
              autofocus
              autocomplete="off"
            />
          )}
        </Field>
        <Field name="Name" help="For people, such as where it is used.">
          {(given) => <input {...given} name="name" maxLength={200} autocomplete="off" />}
        </Field>
        <Field name="Role" help="A viewer looks on, an operator works with its owner’s batches, an admin operates the server.">
          {(given) => (
            <select {...given} name="role">
              {(session.value?.key_needed ? ["operator", "viewer", "admin"] : ["admin"]).map((role) => (
                <option key={role}>{role}</option>
              ))}
            </select>
          )}
        </Field>
        <Field name="Days" help="It opens nothing afterwards. Empty: for good.">
          {(given) => <input {...given} name="days" type="number" min={1} max={36_500} />}
        </Field>
      </div>
      {!session.value?.key_needed && (
        <p class="waits">
          <Icon name="warning" />
          <span>No key is needed now. From the first one on, everybody needs one.</span>
        </p>
      )}
    </FormDialog>
  );
}

export default function Keys() {
  useTitle("Keys");
  const { data, error, again } = useRead("keys", () => call("GET /api/v1/admin/keys", {}));
  const [isMaking, make] = useState(false);
  const revoke = async ({ id, name, owner }: Key) => {
    const isSure = await ask({
      title: "Revoke 1 key?",
      body: (
        <p>
          <Name text={name} none={id} /> of {owner}. Whoever uses it is refused from now on, and its live connections
          end. That cannot be undone.
        </p>
      ),
      verb: "Revoke 1 key",
      isDangerous: true,
    });
    if (isSure) await act(() => call("DELETE /api/v1/admin/keys/{id}", { path: { id } }), "Revoked.");
    again();
  };
  const button = (
    <button class="button is-primary" onClick={() => make(true)}>
      <Icon name="plus" />
      New key
    </button>
  );
  return (
    <Page name="Keys" actions={data?.keys.length ? button : undefined}>
      {error ? (
        <Failed error={error} again={again} />
      ) : !data ? (
        <Loading />
      ) : data.keys.length ? (
        <ul class="panel rows is-list">
          {data.keys.map((key) => (
            <li key={key.id}>
              <span>
                <Icon name="key" /> <Name text={key.name} none={key.id} />
              </span>
              <span class="muted">of {key.owner}</span>
              <span class="tag">{key.role}</span>
              <span class="muted small">
                made <Ago at={key.created_at} />,{" "}
                {key.last_used_at ? (
                  <>
                    used <Ago at={key.last_used_at} />
                  </>
                ) : (
                  "never used"
                )}
                {key.expires_at && `, until ${shortMoment(key.expires_at)}`}
              </span>
              <span class="actions">
                {key.revoked_at ? (
                  <span class="tag is-bad">
                    revoked <Ago at={key.revoked_at} />
                  </span>
                ) : (
                  <button
                    class="button is-small"
                    onClick={() => revoke(key)}
                    aria-label={`Revoke ${key.name ?? key.id}`}
                  >
                    Revoke…
                  </button>
                )}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <Empty icon="key" name="No keys: this server is open to this machine">
          <p>Without keys everybody on this machine is the owner “local”. The first key ends that.</p>
          {button}
        </Empty>
      )}
      {isMaking && <Make close={() => make(false)} made={again} />}
    </Page>
  );
}
