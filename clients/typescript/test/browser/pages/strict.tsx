/** A component that connects when it is shown, in strict mode, which shows it twice. */
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { type BatchClient, connect } from "../../../src/index.js";
import { QuireContext, useConnection } from "../../../src/react.js";

const server = new URLSearchParams(location.search).get("server")!;

function App() {
  const [q, set] = useState<BatchClient>();
  useEffect(() => {
    const client = connect({ server });
    set(client);
    return () => client.close();
  }, []);
  return (
    <QuireContext value={q}>
      {q && <Link />}
    </QuireContext>
  );
}

const Link = () => <p>{useConnection().state}</p>;

const root = createRoot(document.getElementById("root")!);
Object.assign(window, { leave: () => root.unmount() });
root.render(
  <StrictMode>
    <App />
  </StrictMode>,
);
