//! `quire demo`: good, broken and hostile documents through the same machinery as `quire run`, with a summary of each
//! outcome; with `--serve` on a server, for its dashboard.

mod cases;
mod show;
mod summary;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use self::cases::CAST;
use super::CommandExit;
use super::args::{DemoArgs, RunArgs};
use super::run::{self, RunPlan};
use quire_documents::samples;

/// Short clocks, so that the document that hangs does not hold up the show.
const LIMITS: [(&str, &str); 6] = [
    ("worker.silence_timeout_secs", "4"),
    ("worker.attempt_timeout_secs", "8"),
    ("worker.cpu_secs", "8"),
    ("worker.memory_mib", "384"),
    ("retry.max_timeouts", "1"),
    ("documents.max_decompressed_mib", "64"),
];

/// # Errors
/// When the folder cannot be used or the engine cannot be started.
pub fn demo(args: DemoArgs) -> anyhow::Result<CommandExit> {
    let folder = args.out.unwrap_or_else(fresh_folder);
    let (documents, results) = (folder.join("documents"), folder.join("results"));
    if args.serve {
        return show::serve(&folder, &documents, args.port, args.open);
    }
    if results.exists() {
        bail!("{} holds an earlier demo; choose another folder", folder.display());
    }
    write_documents(&documents).with_context(|| format!("{} cannot be written to", folder.display()))?;
    println!("{} made-up documents, some of them broken or hostile. Each goes to a sandboxed process.\n", CAST.len());
    let flags = LIMITS.map(|(key, value)| (key, value.to_owned()));
    let outcome = run::run_to_completion(&RunPlan::resolve(arguments(&documents, &results), &flags)?)?;
    let is_as_expected = summary::print(&outcome, &results)?;
    Ok(if is_as_expected { CommandExit::Fine } else { CommandExit::Partial })
}

fn fresh_folder() -> PathBuf {
    std::env::temp_dir().join(format!("quire-demo-{}", uuid::Uuid::now_v7().simple()))
}

fn write_documents(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    samples::demo_documents().into_iter().try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
}

fn arguments(documents: &Path, results: &Path) -> RunArgs {
    RunArgs {
        paths: vec![documents.to_path_buf()],
        out: results.to_path_buf(),
        ops: vec!["text".into(), "info".into()],
        jobs: None,
        json: false,
        fail_fast: false,
        resume: false,
        password: None,
        require_sandbox: false,
        config: None,
    }
}
