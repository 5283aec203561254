/** *System*: whether it is well, what it found out about its machine, what it was set to, and what it wrote down. */
import { useState } from "preact/hooks";
import { type Answer, call } from "../call.js";
import { bytes, count, duration, shortMoment, words } from "../format.js";
import { useRead } from "../live.js";
import { filter } from "../router.js";
import { quire, session } from "../session.js";
import { useTitle } from "../title.js";
import { Icon } from "../ui/icon.js";
import { Choice, Empty, Fact, Failed, Loading, Page, Panel } from "../ui/parts.js";
import { Search } from "../ui/search.js";

type Ready = { status: string; checks: Record<string, { ok: boolean; [fact: string]: unknown }> };

/** It answers 503 with the same body while it is not ready. */
async function readiness(): Promise<Ready> {
  const answer = await fetch(`${quire().http.server}/readyz`);
  return answer.json();
}

const Verdict = ({ of: verdict }: { of: string }) => {
  const kind = verdict === "ok" ? "succeeded" : verdict === "warn" ? "partial" : "failed";
  return (
    <span class={`state is-${kind}`}>
      <Icon name={kind} />
      <span>{verdict}</span>
    </span>
  );
};

/** A fact's name says its unit. */
function factText(fact: string, value: unknown): string {
  const name = words(fact.replace(/_(ms|mib)$/, ""));
  if (typeof value !== "number") return `${name} ${value}`;
  if (fact.endsWith("_ms")) return `${name} ${duration(value)}`;
  return `${name} ${fact.endsWith("_mib") ? bytes(value * 2 ** 20) : count(value)}`;
}

function Readiness() {
  const { data, error, again } = useRead("readyz", readiness, { everyMs: 5000 });
  return (
    <Panel
      name="Readiness"
      actions={data && <span class={data.status === "ready" ? "tag is-good" : "tag is-bad"}>{words(data.status)}</span>}
      isFlush
    >
      {error ? (
        <Failed error={error} again={again} />
      ) : !data ? (
        <Loading />
      ) : (
        <ul class="rows checks">
          {Object.entries(data.checks).map(([name, { ok, ...facts }]) => (
            <li key={name}>
              <span class="check-name">{name}</span>
              <Verdict of={ok ? "ok" : "fail"} />
              <span class="muted small">
                {Object.entries(facts)
                  .filter(([, value]) => value != null && typeof value !== "object")
                  .map(([fact, value]) => factText(fact, value))
                  .join(" · ")}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Doctor() {
  const { data, error, again, isLoading } = useRead("doctor", () => call("GET /api/v1/admin/doctor", {}));
  return (
    <Panel
      name="Doctor"
      help="Examines this machine and the data directory."
      isFlush
      actions={
        <button class="button is-small" onClick={again} disabled={isLoading}>
          Examine again
        </button>
      }
    >
      {error ? (
        <Failed error={error} again={again} />
      ) : !data ? (
        <Loading />
      ) : (
        <ul class="rows checks">
          {data.findings.map(({ name, verdict, says, remedy, lines }) => (
            <li key={name}>
              <span class="check-name">{name}</span>
              <Verdict of={verdict} />
              <span class="check-says">
                {says}
                {remedy && <span class="waits"> {remedy}</span>}
                {lines?.length ? (
                  <details>
                    <summary class="muted small">{count(lines.length)} lines</summary>
                    <dl class="posture small">
                      {lines.map((line, nth) => (
                        <div key={nth}>
                          <dt>{String(line[0])}</dt>
                          <dd>{line.slice(1).map(String).join(" ")}</dd>
                        </div>
                      ))}
                    </dl>
                  </details>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const UNITS: Record<string, string> = { mib: "MiB", kib: "KiB", secs: "s" };

function Settings() {
  const { data, error, again } = useRead("settings", () => call("GET /api/v1/admin/settings", {}));
  const [q, search] = useState<string>();
  const [kind, choose] = useState<"changed" | "all">("all");
  const shown = data?.settings.filter(
    ({ key, source }) => (!q || key.includes(q)) && (kind === "all" || source !== "default"),
  );
  return (
    <Panel name="Settings" help="In force now; changed by file, environment or flag, and a restart." isFlush>
      <div class="filters">
        <Search label="Setting" value={q} search={search} />
        <Choice
          label="Settings"
          options={[
            { value: "all", name: "all" },
            { value: "changed", name: "not the default" },
          ]}
          value={kind}
          choose={choose}
        />
      </div>
      {error ? (
        <Failed error={error} again={again} />
      ) : !shown ? (
        <Loading />
      ) : shown.length ? (
        <ul class="settings" tabIndex={0} aria-label="Settings">
          {shown.map(({ key, value, unit, source, secret }) => (
            <li key={key}>
              <code>{key}</code>
              <span class="number">
                {secret
                  ? "kept secret"
                  : Array.isArray(value)
                    ? (value as unknown[]).join(", ") || "none"
                    : String(value)}{" "}
                {unit && <span class="muted">{UNITS[unit] ?? unit}</span>}
              </span>
              <span class={source === "default" ? "muted small" : "tag"}>{source}</span>
            </li>
          ))}
        </ul>
      ) : (
        <Empty icon="search" name="No such setting" />
      )}
    </Panel>
  );
}

const LEVELS = ["error", "warn", "info", "debug"] as const;
type Line = Answer<"GET /api/v1/admin/logs">["lines"][number] & Record<string, unknown>;

function LogLine({ line }: { line: Line }) {
  const { timestamp, level, message, target, ...fields } = line;
  const isBad = level === "ERROR" || level === "WARN";
  return (
    <li>
      <time class="muted">{shortMoment(String(timestamp))}</time>
      <span class={isBad ? "fault" : "muted"}>{String(level).toLowerCase()}</span>
      <span>
        {String(message)}{" "}
        <span class="muted">
          {Object.entries(fields)
            .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`)
            .join(" ")}
        </span>
      </span>
    </li>
  );
}

function Logs() {
  const [correlation, search] = filter("correlation");
  const [given, choose] = filter("level");
  const level = LEVELS.find((known) => known === given) ?? "info";
  const { data, error, again } = useRead(
    `logs/${correlation}/${level}`,
    () => call("GET /api/v1/admin/logs", { query: { correlation_id: correlation, level, limit: 200 } }),
    { everyMs: 5000 },
  );
  return (
    <Panel name="Log" help="The newest lines; secrets are taken out." isFlush>
      <div class="filters">
        <Search label="Correlation id" value={correlation} search={search} />
        <Choice
          label="Level"
          options={LEVELS.map((value) => ({ value, name: value }))}
          value={level}
          choose={(to) => choose(to === "info" ? undefined : to)}
        />
      </div>
      {error ? (
        <Failed error={error} again={again} />
      ) : !data ? (
        <Loading />
      ) : data.lines.length ? (
        <ol class="log is-wide" tabIndex={0} aria-label="Log lines, newest first">
          {data.lines.map((line, nth) => (
            <LogLine key={nth} line={line as Line} />
          ))}
        </ol>
      ) : (
        <Empty icon="search" name="No line fits">
          {correlation && <p>Lines are kept for a while only.</p>}
        </Empty>
      )}
    </Panel>
  );
}

function Figures() {
  const { data } = useRead("metrics", () => call("GET /api/batch/metrics", {}), { everyMs: 5000 });
  const { version, epoch } = session.value!;
  return (
    <dl class="facts panel">
      <Fact name="Version">{version}</Fact>
      {data?.uptime_ms != null && <Fact name="Up for">{duration(data.uptime_ms)}</Fact>}
      {data?.engine && (
        <Fact name="Slots">
          <span class="number">
            {data.engine.slots_in_use}/{data.engine.slots_total} in use
          </span>
        </Fact>
      )}
      {data?.workers && (
        <Fact name="Worker processes">
          <span class="number">
            {data.workers.at_work} at work, {data.workers.idle} idle
          </span>
        </Fact>
      )}
      {data?.pages_done != null && <Fact name="Pages since start">{count(data.pages_done)}</Fact>}
      {data?.store && <Fact name="Commits since start">{count(data.store.commits)}</Fact>}
      {data?.peak_memory_kib != null && <Fact name="Memory at most">{bytes(data.peak_memory_kib * 1024)}</Fact>}
      <Fact name="Log">
        <code>{epoch.slice(0, 8)}</code>
      </Fact>
    </dl>
  );
}

export default function System() {
  useTitle("System");
  return (
    <Page name="System">
      <Figures />
      <div class="two">
        <Readiness />
        <Doctor />
      </div>
      <Logs />
      <Settings />
    </Page>
  );
}
