/** The dashboard: a shell, and one page at a time. */
import { effect } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { QuireContext } from "quire-client/react";
import { openDialog, startKeys } from "./keys.js";
import { asQuireError } from "./live.js";
import { matched, place, startRouter } from "./router.js";
import type { PageName, Params } from "./routes.js";
import { loadSession, quire, session, sessionError } from "./session.js";
import Missing from "./pages/missing.js";
import { startTheme } from "./theme.js";
import { Overlays } from "./ui/overlays.js";
import { Failed, Loading } from "./ui/parts.js";
import { Offline, Shell } from "./ui/shell.js";
import { DropAnywhere } from "./upload/anywhere.js";

type Shown = ComponentType<{ params: Params }>;

/** Browsers remember for good that a module did not come; under another address it is asked for again. */
const anew = (fault: unknown): Promise<never> => {
  const address = /http\S+\.js/.exec(`${fault}`);
  if (!address) throw fault;
  return import(`${address}?${Date.now()}`) as Promise<never>;
};
const batch = () => import("./pages/batch.js").catch(anew);
const operate = () => import("./pages/operate.js").catch(anew);

const PAGES: Record<PageName, () => Promise<Shown>> = {
  batches: async () => (await import("./pages/batches.js").catch(anew)).default,
  new: async () => (await operate()).New,
  batch: async () => (await batch()).default,
  item: async () => (await batch()).ItemPage,
  actors: async () => (await operate()).Actors,
  webhooks: async () => (await operate()).Webhooks,
  webhook: async () => (await operate()).WebhookPage,
  keys: async () => (await operate()).Keys,
  history: async () => (await operate()).History,
  system: async () => (await operate()).System,
  missing: async () => Missing,
};

const EXTRAS = {
  palette: async () => (await operate()).Palette,
  help: async () => (await operate()).Help,
  login: async () => (await operate()).Login,
};

const chunks = new Map<string, Shown>();

function useChunk(name: string, load: () => Promise<Shown>) {
  const [fault, fail] = useState<unknown>();
  const [, loaded] = useState("");
  const [tries, again] = useState(0);
  useEffect(() => {
    fail(undefined);
    if (chunks.has(name)) return;
    load().then((shown) => {
      chunks.set(name, shown);
      loaded(name);
    }, fail);
  }, [name, tries]);
  return { Shown: chunks.get(name), fault, again: () => again(tries + 1) };
}

/** A fault of one page leaves the shell standing. */
class Guard extends Component<{ children: ComponentChildren }, { fault?: unknown }> {
  override state: { fault?: unknown } = {};
  override componentDidCatch(fault: unknown): void {
    console.error(fault);
    this.setState({ fault });
  }
  override render() {
    const { fault } = this.state;
    if (!fault) return <>{this.props.children}</>;
    return <Failed error={asQuireError(fault)} again={() => this.setState({ fault: undefined })} />;
  }
}

function Page() {
  const { page, params } = matched.value;
  const { Shown, fault, again } = useChunk(page, PAGES[page]);
  const { path } = place.value;
  return (
    <main id="main" class={`page of-${page}`}>
      {fault ? <Failed error={asQuireError(fault)} again={again} /> : null}
      {!fault && !Shown && <Loading rows={8} />}
      {Shown && (
        <Guard key={path}>
          <Shown params={params} />
        </Guard>
      )}
    </main>
  );
}

function Extra({ name }: { name: keyof typeof EXTRAS }) {
  const { Shown, fault, again } = useChunk(name, EXTRAS[name]);
  if (fault) return <Failed error={asQuireError(fault)} again={again} />;
  return Shown ? <Shown params={{}} /> : null;
}

const AGAIN_MS = 3000;
const PREPARE_MS = 1500;

function App() {
  const known = session.value;
  const fault = sessionError.value;
  useEffect(() => {
    if (!fault) return;
    const timer = setInterval(loadSession, AGAIN_MS);
    return () => clearInterval(timer);
  }, [fault]);
  if (!known) {
    return (
      <main class="page">
        <h1 class="visually-hidden">Quire</h1>
        {fault ? <Failed error={fault} again={loadSession} /> : <Loading rows={8} />}
      </main>
    );
  }
  if (known.key_needed && !known.owner) {
    return (
      <>
        <Extra name="login" />
        <Overlays />
      </>
    );
  }
  const dialog = openDialog.value;
  return (
    <QuireContext.Provider value={quire()}>
      <a
        class="skip"
        href="#main"
        onClick={(click) => (click.preventDefault(), document.querySelector<HTMLElement>("h1")?.focus())}
      >
        Skip to the page
      </a>
      <Shell />
      <Offline />
      <Page />
      <DropAnywhere />
      {dialog && <Extra key={dialog} name={dialog} />}
      <Overlays />
    </QuireContext.Provider>
  );
}

startTheme();
startRouter();
startKeys();
effect(() => void (place.value && (openDialog.value = undefined)));
void loadSession();
// The page's code is under way meanwhile; whether it comes is looked at where it is shown.
PAGES[matched.value.page]().catch(() => undefined);
// What is typed into the palette while it loads would be lost.
setTimeout(() => operate().catch(() => undefined), PREPARE_MS);
render(<App />, document.getElementById("app")!);
