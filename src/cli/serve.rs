//! `quire serve`: the server, until a signal or a fault ends it.

use std::future::ready;
use std::io::{IsTerminal as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::ServeArgs;
use super::{CommandExit, browser, sandbox};
use crate::actors::engine::{self, Engine};
use crate::config::Config;
use crate::http;
use crate::telemetry::{self, Console};
use quire_base::failpoints;
use quire_base::safeguards::{self, Safeguard, is_disabled};
use quire_store::{file_modes, refuse_foreign_or_newer};

/// # Errors
/// One line that says why nothing could be started.
pub fn serve(args: ServeArgs) -> anyhow::Result<CommandExit> {
    let config = Config::load(args.config.as_deref(), &flags(&args))?;
    serve_while(config, Console::Stderr, args.open, |_| ready(()))
}

/// Serves until a signal or a fault ends it; `beside` is begun with the server's address and runs beside it.
///
/// # Errors
/// One line that says why nothing could be started.
pub(super) fn serve_while<F: Future<Output = ()> + 'static>(
    config: Config,
    console: Console,
    opens_browser: bool,
    beside: impl FnOnce(String) -> F,
) -> anyhow::Result<CommandExit> {
    if config.testing.allow_planned_deaths {
        failpoints::arm(&std::env::var("FAILPOINTS").unwrap_or_default())?;
    }
    // Protections that a test goes without, to see that it would notice.
    safeguards::disable_from_env()?;
    file_modes::set_private_umask();
    // Not even a log is written where this server must not be.
    refuse_foreign_or_newer(&config.server.data_dir)?;
    let _logs = telemetry::start_logging(&config.log, &config.server.data_dir, console)?;
    engine::run_on_actor_system(config.slots(), run(config, opens_browser, beside))
}

fn flags(args: &ServeArgs) -> Vec<(&'static str, String)> {
    let port = args.port.map(|port| ("server.port", port.to_string()));
    let data_dir = args.data_dir.as_ref().map(|dir| ("server.data_dir", dir.to_string_lossy().into_owned()));
    let sandbox = args.require_sandbox.then(|| ("worker.require_sandbox", "true".to_owned()));
    let dashboard = args.dashboard_dir.as_ref();
    let dashboard = dashboard.map(|dir| ("server.dashboard_dir", dir.to_string_lossy().into_owned()));
    port.into_iter().chain(data_dir).chain(sandbox).chain(dashboard).collect()
}

async fn run<F: Future<Output = ()> + 'static>(
    config: Config,
    opens_browser: bool,
    beside: impl FnOnce(String) -> F,
) -> anyhow::Result<CommandExit> {
    let patience = Duration::from_secs(config.server.shutdown_timeout_secs);
    let wanted = format!("{}:{}", config.server.host, config.server.port);
    let mut signals = TerminationSignals::new()?;
    sandbox::require(&config).await?;
    let engine = Engine::start(config, None)?;
    let running = match http::bind(engine.clone()).await {
        Ok(running) => running,
        Err(error) => {
            engine.shutdown(Duration::from_secs(1)).await;
            return Err(error).with_context(|| format!("cannot listen on {wanted}"));
        }
    };
    let url = url(running.addr);
    announce(&url, &engine);
    if opens_browser && std::io::stdout().is_terminal() {
        browser::open(url.clone());
    }
    actix::spawn(beside(url));
    let handle = running.handle.clone();
    let served = actix::spawn(running.serve());
    let exit = tokio::select! {
        name = signals.next() => {
            tracing::info!(signal = name, "shutting down");
            CommandExit::Fine
        }
        escalation = engine.tree.wait_for_escalation() => {
            tracing::error!(actor = %escalation.id, "an actor the server cannot do without gave up; ending");
            eprintln!("quire: {} gave up; ending so that it can be started anew", escalation.id);
            CommandExit::Fault
        }
    };
    // Nothing new starts from here on, while requests under way get their answers; the actors end after both.
    let (last_answers, rest) =
        (handle.stop(exit == CommandExit::Fine), drain_then_interrupt(&engine, patience, &mut signals));
    if is_disabled(Safeguard::RestAtOnce) {
        last_answers.await;
        rest.await;
    } else {
        tokio::join!(last_answers, rest);
    }
    for actor in engine.stop_actors().await {
        tracing::warn!(%actor, "did not end in time");
    }
    // The result says no more than the signal that led here.
    let _ = served.await;
    Ok(exit)
}

/// Work under way may finish within `patience`; a second signal interrupts it.
async fn drain_then_interrupt(engine: &Engine, patience: Duration, signals: &mut TerminationSignals) {
    let mut rest = std::pin::pin!(engine.drain_then_interrupt(patience));
    loop {
        tokio::select! {
            () = &mut rest => return,
            _ = signals.next() => engine.interrupt(),
        }
    }
}

/// The one line that scripts wait for, and in which people find the dashboard's address.
fn announce(url: &str, engine: &Engine) {
    let data = engine.config.server.data_dir.display();
    println!("quire listens on {url} (dashboard and API; data in {data}, {} slots)", engine.config.slots());
    // A closed pipe has no reader to tell.
    let _ = std::io::stdout().flush();
    tracing::info!(url, "listening");
}

/// As a browser on this machine takes it: an address that stands for all of them leads nowhere by itself.
fn url(mut addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        addr.set_ip(if addr.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    format!("http://{addr}")
}

struct TerminationSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl TerminationSignals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_is_printed_leads_somewhere() {
        for (addr, shown) in [
            ("127.0.0.1:8740", "http://127.0.0.1:8740"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:8740", "http://[::1]:8740"),
            ("10.0.0.5:8740", "http://10.0.0.5:8740"),
        ] {
            assert_eq!(url(addr.parse().unwrap()), shown);
        }
    }
}
