//! The server under torture: this very program as `serve`, a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// As many items may run.
pub(super) const SLOTS: u64 = 2;

/// Settings that differ from the defaults: small claims, short backoffs and a small log of the database make many
/// seams.
pub(super) const SETTINGS: [(&str, &str); 14] = [
    ("engine.slots", "2"),
    ("engine.start_told_after_ms", "4"),
    ("engine.claim_items", "5"),
    ("engine.heartbeat_secs", "1"),
    ("engine.min_available_memory_mib", "0"),
    ("retry.backoff_base_ms", "20"),
    ("retry.backoff_cap_ms", "100"),
    ("server.shutdown_timeout_secs", "1"),
    ("worker.grace_ms", "100"),
    ("store.checkpoint_wal_mib", "1"),
    ("log.files", "false"),
    ("log.level", "warn"),
    ("testing.allow_scripts", "true"),
    ("testing.allow_planned_deaths", "true"),
];

pub(super) struct ServerProcess {
    child: Child,
    /// Such as `http://127.0.0.1:4711`.
    pub url: String,
}

/// Result of starting the server.
pub(super) enum StartResult {
    Up(ServerProcess),
    /// It was gone before it listened.
    Died(ExitStatus),
}

const SIGKILL: i32 = 9;

impl ServerProcess {
    /// `orders`: see [`quire_base::failpoints::arm`]. Without any, none is planned.
    ///
    /// # Errors
    /// When it cannot be started at all.
    pub(super) fn start(data: &Path, orders: Option<&str>) -> anyhow::Result<StartResult> {
        let log = File::options().create(true).append(true).open(data.with_extension("log"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--port", "0", "--data-dir"]).arg(data);
        for (key, value) in SETTINGS {
            let is_planned = key == "testing.allow_planned_deaths" && orders.is_none();
            command.env(variable(key), if is_planned { "false" } else { value });
        }
        command.env("FAILPOINTS", orders.unwrap_or_default());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().context("the server cannot be started")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        match line.strip_prefix("quire listens on ").and_then(|rest| rest.split(' ').next()) {
            Some(url) => Ok(StartResult::Up(Self { url: url.trim().to_owned(), child })),
            None => Ok(StartResult::Died(child.wait()?)),
        }
    }

    /// None while it lives.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for the end, however it comes; none when it does not come in time.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) async fn end(&mut self, patience: Duration) -> anyhow::Result<Option<ExitStatus>> {
        let look = async {
            loop {
                if let Some(status) = self.ended()? {
                    return anyhow::Ok(status);
                }
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
        };
        tokio::time::timeout(patience, look).await.ok().transpose()
    }

    /// SIGKILL, and what it ended of: it may have been dead already.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// SIGTERM.
    ///
    /// # Errors
    /// When there is no such process.
    pub(super) fn terminate(&self) -> anyhow::Result<()> {
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { bail!("no process") };
        Ok(kill_process(pid, Signal::TERM)?)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Mostly ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether SIGKILL was its end.
pub(super) fn was_killed(status: ExitStatus) -> bool {
    status.signal() == Some(SIGKILL)
}

fn variable(key: &str) -> String {
    format!("QUIRE__{}", key.to_uppercase().replace('.', "__"))
}
