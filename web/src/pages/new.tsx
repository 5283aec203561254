/** *New*: files in, a batch out. What cannot be taken is named before a byte is sent. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SubmitBatch } from "quire-client";
import { ask } from "../acts.js";
import { bytes, count, counted, duration, eta, percent } from "../format.js";
import { useRead } from "../live.js";
import { go } from "../router.js";
import { batchAddress } from "../routes.js";
import { quire, session } from "../session.js";
import { useTitle } from "../title.js";
import { chosen } from "../upload/gather.js";
import { type Drop, type Job, drop, gathering, isBusy, job, send, stop, take } from "../upload/job.js";
import { forget, sentOf, unfinished } from "../upload/memory.js";
import { type Refused, nameOf } from "../upload/plan.js";
import { Icon } from "../ui/icon.js";
import { Ago, Failed, Field, Name, Page, Panel } from "../ui/parts.js";

const SHOWN = 100;

function Pick() {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current!.setAttribute("webkitdirectory", ""), []);
  const taken = (input: HTMLInputElement) => {
    if (input.files?.length) void take(Promise.resolve(chosen(input.files)));
    input.value = "";
  };
  const { max_file_mib, max_batch_items } = session.value!.limits;
  return (
    <div class="pick">
      <Icon name="folder" />
      <p class="empty-name">Drop a folder or documents anywhere</p>
      <p class="muted">
        Folders are opened, and files of one name stay apart. At most {count(max_batch_items)} documents of{" "}
        {count(max_file_mib)} MiB.
      </p>
      <div class="actions">
        <button class="button is-primary" onClick={() => folder.current!.click()}>
          Choose a folder
        </button>
        <button class="button" onClick={() => files.current!.click()}>
          Choose documents
        </button>
      </div>
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        aria-label="Folder"
        onChange={(event) => taken(event.currentTarget)}
      />
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Documents"
        onChange={(event) => taken(event.currentTarget)}
      />
    </div>
  );
}

function RefusedList({ refused, name }: { refused: readonly Refused[]; name: string }) {
  if (!refused.length) return null;
  return (
    <details class="refused">
      <summary>
        <Icon name="warning" /> {name}
      </summary>
      <ul>
        {refused.slice(0, SHOWN).map(({ name, code, detail }) => (
          <li key={name}>
            <Name text={name} />
            <span class="muted">
              {detail} <code>{code}</code>
            </span>
          </li>
        ))}
        {refused.length > SHOWN && <li class="muted">and {count(refused.length - SHOWN)} more</li>}
      </ul>
    </details>
  );
}

const POLICIES = {
  continue: "go on with the others",
  fail_fast: "stop the batch",
  rollback: "stop, and drop what succeeded",
} as const;

function Ready({ given }: { given: Drop }) {
  const { plan, begun } = given;
  const form = useRef<HTMLFormElement>(null);
  const [goesOn, goOn] = useState(!!begun);
  const [error, fail] = useState<string>();
  useEffect(() => form.current?.querySelector<HTMLElement>("input[name=name], button[type=submit]")?.focus(), []);
  const n = plan.files.length;
  const submit = (event: Event) => {
    event.preventDefault();
    const said = new FormData(form.current!);
    const text = (name: string) => String(said.get(name) ?? "").trim() || undefined;
    const operations = said.getAll("operations") as NonNullable<SubmitBatch["operations"]>;
    if (!goesOn && !operations.length) return fail("Choose at least one.");
    void send(goesOn ? given : { plan }, {
      name: text("name"),
      collection: text("collection"),
      operations,
      priority: Number(text("priority") ?? 0),
      on_failure: said.get("on_failure") as SubmitBatch["on_failure"],
      password: text("password"),
    });
  };
  return (
    <form ref={form} onSubmit={submit}>
      <Panel name={n ? `${counted(n, "document")}, ${bytes(plan.bytes)}` : "Nothing to send"}>
        <RefusedList refused={plan.refused} name={`${counted(plan.refused.length, "file")} will be left out`} />
        {begun && n > 0 && (
          <fieldset class="go-on">
            <legend class="visually-hidden">An upload of these files was broken off</legend>
            <label class="check">
              <input type="radio" name="go" checked={goesOn} onChange={() => goOn(true)} />
              <span>
                Go on with <Name text={begun.name} none="the batch" />: only what is missing is sent
              </span>
            </label>
            <label class="check">
              <input type="radio" name="go" checked={!goesOn} onChange={() => goOn(false)} />
              <span>Make another batch</span>
            </label>
          </fieldset>
        )}
        {n > 0 && !goesOn && (
          <div class="form">
            <Field name="Name" help="Shown in lists. Left empty, the batch has its id alone.">
              {(given) => (
                <input {...given} name="name" maxLength={200} defaultValue={nameOf(plan.files)} autocomplete="off" />
              )}
            </Field>
            <Field name="Collection" help="Batches of one collection can be found and followed together.">
              {(given) => (
                <input
                  {...given}
                  name="collection"
                  maxLength={200}
                  pattern="[!-~]+"
                  title="Letters, digits and signs without spaces"
                  autocomplete="off"
                />
              )}
            </Field>
            <fieldset class="field">
              <legend class="field-name">What is done</legend>
              <label class="check">
                <input type="checkbox" name="operations" value="text" defaultChecked />
                text: all pages as text
              </label>
              <label class="check">
                <input type="checkbox" name="operations" value="info" defaultChecked />
                info: title, author, pages, fonts
              </label>
              {error && (
                <p class="fault small" role="alert">
                  {error}
                </p>
              )}
            </fieldset>
            <details class="is-whole more-options">
              <summary>More options</summary>
              <div class="form">
                <Field name="Priority" help="−100 to 100; higher ones are served first.">
                  {(given) => <input {...given} name="priority" type="number" min={-100} max={100} defaultValue="0" />}
                </Field>
                <Field name="When a document fails">
                  {(given) => (
                    <select {...given} name="on_failure">
                      {Object.entries(POLICIES).map(([value, text]) => (
                        <option key={value} value={value}>
                          {text}
                        </option>
                      ))}
                    </select>
                  )}
                </Field>
                <Field name="Password of the documents" help="Tried on encrypted ones. Kept sealed, never shown.">
                  {(given) => <input {...given} name="password" type="password" autocomplete="off" />}
                </Field>
              </div>
            </details>
          </div>
        )}
        <div class="dialog-foot">
          <button type="button" class="button" onClick={() => void (drop.value = undefined)}>
            Choose others
          </button>
          {n > 0 && (
            <button type="submit" class="button is-primary">
              {goesOn ? "Go on" : `Upload ${counted(n, "document")}`}
            </button>
          )}
        </div>
      </Panel>
    </form>
  );
}

const PHASES: Record<Job["phase"], string> = {
  making: "Making the batch…",
  sending: "Uploading",
  waiting: "The server does not answer. The upload goes on by itself when it does.",
  sealing: "Sealing…",
  done: "All but what was refused is there",
  failed: "The upload failed",
  stopped: "The upload was stopped. Drop the same files again to go on.",
};

function Sending({ now }: { now: Job }) {
  const there = now.sent + now.skipped;
  const tookMs = Date.now() - now.startedAt;
  const perMs = now.bytes / Math.max(1, tookMs);
  const leftBytes = now.totalBytes - now.bytes;
  useEffect(() => {
    if (now.phase === "done" && now.batch && !now.failed.length) {
      go(batchAddress(now.batch), { replaces: true });
      job.value = undefined;
    }
  }, [now.phase]);
  const isOver = !isBusy();
  return (
    <Panel name={now.name || "Upload"}>
      <p role="status">{PHASES[now.phase]}</p>
      <div
        class="bar upload-bar"
        role="progressbar"
        aria-label="Upload"
        aria-valuemin={0}
        aria-valuemax={now.total}
        aria-valuenow={there}
        aria-valuetext={`${count(there)} of ${count(now.total)} documents`}
      >
        <span class="bar-part is-running" style={{ flexGrow: `${there}` }} />
        <span class="bar-rest" style={{ flexGrow: `${now.total - there}` }} />
      </div>
      <p class="number">
        {count(there)} of {counted(now.total, "document")} · {percent(now.total ? there / now.total : 0)}
        <span class="muted">
          {now.skipped > 0 && ` · ${count(now.skipped)} were there already`}
          {now.bytes > 0 && ` · ${bytes(now.bytes)} in ${duration(tookMs)}`}
          {now.phase === "sending" && now.bytes > 0 && !now.skipped && ` · ${eta(leftBytes / perMs / 1000)} left`}
        </span>
      </p>
      {now.error && <Failed error={now.error} />}
      <RefusedList refused={now.failed} name={`${counted(now.failed.length, "file")} refused`} />
      <div class="dialog-foot">
        {now.batch && (
          <a class="button" href={batchAddress(now.batch)} onClick={() => isOver && (job.value = undefined)}>
            Show the batch
          </a>
        )}
        {isOver ? (
          <button class="button is-primary" onClick={() => void (job.value = undefined)}>
            New upload
          </button>
        ) : (
          <button class="button" onClick={stop}>
            Stop
          </button>
        )}
      </div>
    </Panel>
  );
}

/** What can be gone on with: paused or at work, it takes documents as long as it is not sealed. */
async function begun() {
  const found = [];
  for (const one of await unfinished()) {
    const isOver = await quire()
      .batch(one.batch)
      .read()
      .then(
        ({ sealed, outcome }) => sealed || outcome,
        ({ status }) => status === 404,
      );
    if (isOver) await forget(one.batch);
    else found.push({ ...one, sent: await sentOf(one.batch) });
  }
  return found;
}

function Begun() {
  const { data, again } = useRead("unfinished", () => begun().catch(() => []));
  if (!data?.length) return null;
  const seal = async (batch: string, sent: number) => {
    const isSure = await ask({
      title: `Seal with ${counted(sent, "document")}?`,
      body: <p>The batch takes no more documents, and ends when these have. That cannot be undone.</p>,
      verb: "Seal",
    });
    if (!isSure) return;
    await quire().batch(batch).seal();
    await forget(batch);
    go(batchAddress(batch));
  };
  return (
    <Panel name="Broken off" help="Drop the same folder again: only what is missing is sent." isFlush>
      <ul class="rows">
        {data.map(({ batch, name, files, sent, at }) => (
          <li key={batch}>
            <a href={batchAddress(batch)}>
              <Name text={name} none={`batch ${batch.slice(0, 8)}…`} />
            </a>
            <span class="muted number">
              {count(sent)} of {counted(files, "document")}, begun <Ago at={at} />
            </span>
            <span class="actions">
              <button class="button is-small" onClick={() => seal(batch, sent)}>
                Seal as it is…
              </button>
              <button class="button is-small" onClick={() => forget(batch).then(again)}>
                Forget
              </button>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export default function New() {
  useTitle("New batch");
  const now = job.value;
  return (
    <Page name="New batch">
      {now ? (
        <Sending now={now} />
      ) : gathering.value !== undefined ? (
        <p role="status">Reading the folder… {count(gathering.value)} files so far.</p>
      ) : drop.value ? (
        <Ready given={drop.value} />
      ) : (
        <>
          <Pick />
          <Begun />
        </>
      )}
    </Page>
  );
}
