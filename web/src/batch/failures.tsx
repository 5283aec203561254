/** *Failures*: what items failed of, what can be done about it, and the retry of just those. */
import { call } from "../call.js";
import { count, title } from "../format.js";
import { useRead } from "../live.js";
import { itemAddress } from "../routes.js";
import { Icon } from "../ui/icon.js";
import { Failed, Name, Panel } from "../ui/parts.js";
import type { PastView } from "./past.js";
import { retry } from "./verbs.js";

export function Failures({
  id,
  past,
  canRetry,
  chosen,
  choose,
}: {
  id: string;
  past?: PastView;
  canRetry: boolean;
  chosen?: string;
  choose: (code?: string) => void;
}) {
  const { data, error, again } = useRead(
    `failures/${id}`,
    () => call("GET /api/v1/batches/{id}/failures", { path: { id } }),
    {
      touched: (events) =>
        events.some(({ batch, type }) => batch === id && type !== "item.started" && type !== "item.completed"),
    },
  );
  if (error && !past) return <Failed error={error} again={again} />;
  const groups = past?.groups ?? data?.groups;
  if (!groups?.length) return null;
  return (
    <Panel name="Failures" isFlush>
      <ul class="failures">
        {groups.map(({ code, class: kind, count: n, remedy, retryable, example }) => (
          <li key={code}>
            <span class="failures-count number is-failed">
              <Icon name="failed" />
              {count(n)}
            </span>
            <div class="failures-text">
              <p>
                <strong>{title(code)}</strong> <span class="tag">{kind}</span>
              </p>
              <p class="muted">{remedy}</p>
              <p class="muted small failures-example">
                <span>such as</span>
                <a href={itemAddress(id, example.position, past?.asOf)}>
                  #{count(example.position)} <Name text={example.name} none="" />
                </a>
                {example.detail && <Name text={example.detail} />}
              </p>
            </div>
            <div class="actions">
              <button
                class="button is-small"
                aria-pressed={chosen === code}
                onClick={() => choose(chosen === code ? undefined : code)}
              >
                {chosen === code ? "Show all" : "Show"}
              </button>
              {retryable && (
                <button
                  class="button is-small"
                  disabled={!canRetry}
                  title={canRetry ? undefined : "When the batch has ended"}
                  onClick={() => retry(id, n, [code]).then((done) => done && again())}
                >
                  Retry {count(n)}…
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
