//! `--require-sandbox`: nothing starts before one worker process has verified its sandbox.

use anyhow::{Context, anyhow};

use crate::actors::engine;
use crate::config::Config;
use quire_worker::LaunchError;

/// # Errors
/// When the sandbox is required and not enforced: what is missing, and what an operator can do.
pub(super) async fn require(config: &Config) -> anyhow::Result<()> {
    match engine::require_sandbox(config).await {
        Err(LaunchError::Exposed(posture)) => {
            let remedy = posture.remedy().unwrap_or_default();
            Err(anyhow!("{}; {remedy}. `quire doctor` shows what was tried", LaunchError::Exposed(posture)))
        }
        other => other.context("worker.require_sandbox is on, and no worker process could be looked at"),
    }
}
