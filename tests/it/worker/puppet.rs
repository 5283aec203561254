//! Programs that pretend to be a worker process and do what no worker of ours does: shell scripts with ready-made
//! frames.

use std::path::Path;

use quire_worker::codec::encode;
use quire_worker::protocol::{FromWorker, PROTOCOL_VERSION, ToWorker};
use quire_worker::sandbox::SandboxReport;
use quire_worker::{LaunchSpec, WorkerProcess};
use tempfile::TempDir;

use super::harness::spec;

/// Acts of a puppet, in order; then it sleeps for ever.
pub(super) struct Puppet {
    dir: TempDir,
    script: String,
    files: u32,
}

impl Puppet {
    /// Introduces itself as a worker does.
    pub(super) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let hello = bytes_of(&ToWorker::Setup(spec().setup())).len();
        let puppet = Self { dir, script: String::new(), files: 0 };
        puppet.does(&format!("head -c {hello} <&0 >/dev/null")).says(&introduction())
    }

    /// A line of shell; the channel is its standard input.
    pub(super) fn does(mut self, line: &str) -> Self {
        self.script.push_str(line);
        self.script.push('\n');
        self
    }

    /// Before anything else.
    pub(super) fn begins_with(self, line: &str) -> Self {
        Self { script: format!("{line}\n{}", self.script), ..self }
    }

    pub(super) fn says(self, frame: &FromWorker<'_>) -> Self {
        self.writes(&bytes_of(frame))
    }

    pub(super) fn writes(mut self, bytes: &[u8]) -> Self {
        self.files += 1;
        let path = self.dir.path().join(self.files.to_string());
        std::fs::write(&path, bytes).unwrap();
        self.does(&format!("cat {} >&0", path.display()))
    }

    /// Until the first byte of a job is there.
    pub(super) fn waits_for_a_job(self) -> Self {
        self.does("head -c 1 <&0 >/dev/null")
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) async fn launch(&self) -> WorkerProcess {
        let script = format!("{}sleep 1000", self.script);
        let env = vec![("PATH".into(), std::env::var_os("PATH").unwrap())];
        let spec = LaunchSpec { program: "/bin/sh".into(), args: vec!["-c".into(), script.into()], env, ..spec() };
        WorkerProcess::launch(&spec).await.unwrap()
    }
}

/// Of a process that has shut no door.
pub(super) fn introduction() -> FromWorker<'static> {
    FromWorker::Ready { version: PROTOCOL_VERSION, report: SandboxReport::default(), pid: 1 }
}

fn bytes_of<F: serde::Serialize>(frame: &F) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes).unwrap();
    bytes
}
