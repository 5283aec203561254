//! The start of a server: its command line, and the line with which it says where it listens.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Names the program among the variables of a plan.
pub(super) const PROGRAM: &str = "TESTED_PROGRAM";

/// The variable that sets `section.key`.
pub(super) fn variable(key: &str) -> String {
    format!("QUIRE__{}", key.to_uppercase().replace('.', "__"))
}

/// `quire serve` on this data directory and this port; 0 takes a free one.
pub(crate) fn serve(data: &Path, port: &str) -> Command {
    serve_with(env!("CARGO_BIN_EXE_quire"), data, port)
}

fn serve_with(program: &str, data: &Path, port: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args(["serve", "--port", port, "--data-dir"])
        .arg(data)
        .env("QUIRE__TESTING__ALLOW_SCRIPTS", "true")
        .env("QUIRE__TESTING__ALLOW_PLANTED_PANICS", "true")
        .env("QUIRE__ENGINE__SLOTS", "2")
        .env("QUIRE__ENGINE__MIN_AVAILABLE_MEMORY_MIB", "0")
        .env("QUIRE__LOG__FILES", "false")
        .stdin(Stdio::null());
    command
}

pub(super) fn launch(data: &Path, env: &[(String, String)]) -> (Child, String) {
    // As a server would make it: one that is open to others is worth a warning.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).unwrap();
    let log = File::options().create(true).append(true).open(log_path(data)).unwrap();
    let program = env.iter().find(|(name, _)| name == PROGRAM).map(|(_, program)| program.as_str());
    let mut command = serve_with(program.unwrap_or(env!("CARGO_BIN_EXE_quire")), data, "0");
    command.envs(env.iter().cloned()).stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.strip_prefix("quire listens on ").and_then(|rest| rest.split(' ').next());
    let Some(url) = url else {
        panic!("the server said `{line}`; its log: {}", std::fs::read_to_string(log_path(data)).unwrap())
    };
    (child, url.trim().to_owned())
}

pub(super) fn log_path(data: &Path) -> PathBuf {
    data.with_extension("log")
}
