//! A folder of made-up documents, the real program, and what it left behind.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use quire_documents::samples;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::DEADLINE;

/// An input folder `in` and an output folder `out` beside it.
pub(crate) struct Desk {
    dir: TempDir,
}

/// How a run ended.
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
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        Self { dir }
    }

    /// A file below the input folder.
    pub(crate) fn with(self, name: impl AsRef<Path>, bytes: &[u8]) -> Self {
        self.put(Path::new("in").join(name), bytes);
        self
    }

    /// `count` documents of `pages` pages each, `0001.pdf` and so on.
    pub(crate) fn with_many(self, count: u32, pages: u32) -> Self {
        let bytes = samples::pdf_with_pages(pages);
        (1..=count).fold(self, |desk, nth| desk.with(format!("{nth:04}.pdf"), &bytes))
    }

    pub(crate) fn put(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

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

    pub(crate) fn report(&self) -> Value {
        self.json("report")
    }

    /// The JSON object of one input.
    pub(crate) fn json(&self, stem: &str) -> Value {
        let path = self.path(format!("out/{stem}.json"));
        serde_json::from_slice(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).unwrap()
    }

    pub(crate) fn text(&self, stem: &str) -> String {
        fs::read_to_string(self.path(format!("out/{stem}.txt"))).unwrap()
    }

    /// What the report says of the input whose path ends so.
    pub(crate) fn input(&self, end: &str) -> Value {
        let report = self.report();
        let inputs = report["inputs"].as_array().unwrap();
        let found = inputs.iter().find(|input| input["source"].as_str().unwrap().ends_with(end));
        found.unwrap_or_else(|| panic!("no {end} in {report}")).clone()
    }

    /// Everything below `out` but `.quire`, sorted.
    pub(crate) fn outputs(&self) -> Vec<PathBuf> {
        let out = self.path("out");
        let walk = walkdir::WalkDir::new(&out).into_iter().filter_entry(|entry| entry.file_name() != ".quire");
        let files = walk.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        let mut files: Vec<_> = files.map(|entry| entry.path().strip_prefix(&out).unwrap().to_path_buf()).collect();
        files.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        files
    }

    pub(crate) fn count_outputs(&self, extension: &str) -> usize {
        self.outputs().iter().filter(|path| path.extension().is_some_and(|known| known == extension)).count()
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
