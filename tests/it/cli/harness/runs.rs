//! Runs of the real program on a desk.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Desk;
use crate::harness::DEADLINE;

/// The end of a run.
pub(crate) struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A run under way, its events read line by line.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Desk {
    /// `quire run in --out out` and these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_on(&["in"], arguments)
    }

    pub(crate) fn run_on(&self, paths: &[&str], arguments: &[&str]) -> Ended {
        Ended::of(self.command(paths, arguments))
    }

    /// The same with `--json`, under way.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(&["in"], arguments);
        command.arg("--json").stdout(Stdio::piped()).stderr(fs::File::create(self.path("said")).unwrap());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Running { child, lines }
    }

    /// Waits until a run that was started has said so to its user.
    pub(crate) fn hears(&self, words: &str) {
        let until = std::time::Instant::now() + DEADLINE;
        while !fs::read_to_string(self.path("said")).unwrap().contains(words) {
            assert!(std::time::Instant::now() < until, "nobody said: {words}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    fn command(&self, paths: &[&str], arguments: &[&str]) -> Command {
        let mut command = quire();
        command.current_dir(self.dir.path()).arg("run").args(paths).args(["--out", "out"]).args(arguments);
        command
    }
}

impl Ended {
    pub(crate) fn of(mut command: Command) -> Self {
        Self::of_output(command.output().unwrap())
    }

    pub(crate) fn of_output(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Running {
    /// The next `count` events of this type, in order.
    pub(crate) fn wait_for(&mut self, kind: &str, count: usize) -> Vec<Value> {
        let mut found = Vec::new();
        while found.len() < count {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the run ended before {count} × {kind}");
            let event: Value = serde_json::from_str(&line).unwrap();
            found.extend((event["type"] == kind).then_some(event));
        }
        found
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end; the lines that were not read yet.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<Value>) {
        let rest = self.lines.by_ref().lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        (self.child.wait().unwrap(), rest)
    }

    /// As power loss would end it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Mostly ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn quire() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quire"))
}
