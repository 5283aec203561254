//! Plan of a run, checked before anything is touched.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::cli::args::RunArgs;
use crate::config::Config;
use quire_domain::batch::FailurePolicy;
use quire_domain::operation::Operation;

/// Folder of the engine's own data, below the output folder.
pub(super) const DATA_DIR: &str = ".quire";

#[derive(Debug, Clone)]
pub struct RunPlan {
    pub paths: Vec<PathBuf>,
    /// Absolute.
    pub out: PathBuf,
    pub operations: Vec<Operation>,
    pub password: Option<String>,
    pub on_failure: FailurePolicy,
    pub resume: bool,
    pub json: bool,
    pub config: Config,
}

impl RunPlan {
    /// Checks the arguments and reads the settings. `overrides` are settings (`section.key`, value) that go before
    /// everything else.
    ///
    /// # Errors
    /// Names the argument or the setting that cannot be used.
    pub fn resolve(args: RunArgs, overrides: &[(&str, String)]) -> anyhow::Result<Self> {
        let operations = operations(&args.ops)?;
        if !args.paths.iter().any(|path| path.symlink_metadata().is_ok()) {
            bail!("there is no such file or folder: {}", list(&args.paths));
        }
        let out = std::path::absolute(&args.out).context("--out cannot be used")?;
        if out.to_str().is_none() {
            bail!("--out {} cannot be used: its name is not valid UTF-8", out.display());
        }
        let mut overrides = overrides.to_vec();
        overrides.extend(args.jobs.map(|jobs| ("engine.slots", jobs.to_string())));
        overrides.extend(args.require_sandbox.then(|| ("worker.require_sandbox", "true".to_owned())));
        let mut config = Config::load(args.config.as_deref(), &overrides)?;
        config.server.data_dir = out.join(DATA_DIR);
        let on_failure = if args.fail_fast { FailurePolicy::FailFast } else { FailurePolicy::Continue };
        let RunArgs { paths, password, resume, json, .. } = args;
        Ok(Self { paths, out, operations, password, on_failure, resume, json, config })
    }

    pub fn data_dir(&self) -> &Path {
        &self.config.server.data_dir
    }

    pub fn wants(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    /// Makes the output folder; fails early and clearly when it cannot be written to.
    pub fn prepare_out(&self) -> anyhow::Result<()> {
        let unusable = || format!("--out {} cannot be written to", self.out.display());
        std::fs::create_dir_all(&self.out).with_context(unusable)?;
        let probe = self.out.join(format!(".quire-probe-{}", std::process::id()));
        std::fs::write(&probe, b"").with_context(unusable)?;
        std::fs::remove_file(&probe).with_context(unusable)
    }

    pub fn operation_names(&self) -> String {
        join_names(&self.operations)
    }
}

/// The names of operations as the command line takes them.
pub(super) fn join_names(operations: &[Operation]) -> String {
    operations.iter().map(|operation| operation.as_str()).collect::<Vec<_>>().join(",")
}

fn operations(names: &[String]) -> anyhow::Result<Vec<Operation>> {
    let mut operations = Vec::new();
    for name in names {
        let operation: Operation = name.trim().parse().context("--ops")?;
        if !operations.contains(&operation) {
            operations.push(operation);
        }
    }
    Ok(operations)
}

pub(super) fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
