//! A real server on a free port with a data directory of its own, and callers that know its words.

mod api;
mod fsck;
mod keys;
mod processes;
mod raw;
mod relay;
mod request;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use api::assert_problem;
pub(crate) use fsck::{assert_sound, blobs, execute_sql, look, open, options};
pub(crate) use keys::{Caller, KEYS};
pub(crate) use processes::{children_of, is_dead, memory_kib, peak_memory_mib};
pub(crate) use raw::{raw_request, raw_request_cut};
pub(crate) use relay::Relay;
pub(crate) use request::{AnsweredSet, TestRequest};

/// Generous: the tests share few processors with whatever else runs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

/// A server with scripts and planted panics allowed; killed when dropped.
pub(crate) struct TestApp {
    pub http: reqwest::Client,
    pub url: String,
    pub data: PathBuf,
    pub answered: AnsweredSet,
    env: Vec<(String, String)>,
    child: Child,
    _dir: Option<TempDir>,
}

/// Names the program among the variables of a plan.
const PROGRAM: &str = "TESTED_PROGRAM";

/// Settings of a server to be started.
#[derive(Default)]
pub(crate) struct Plan {
    env: Vec<(String, String)>,
}

impl Plan {
    /// Sets `section.key`.
    pub(crate) fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.env.push((variable(key), value.to_string()));
        self
    }

    /// Another file than the one that was built.
    pub(crate) fn program(mut self, program: &Path) -> Self {
        self.env.push((PROGRAM.to_owned(), program.display().to_string()));
        self
    }

    /// Sets a variable of the server's environment.
    pub(crate) fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.env.push((name.to_owned(), value.to_string()));
        self
    }

    /// A control experiment: the server goes without this protection.
    pub(crate) fn without(self, protection: &str) -> Self {
        self.env("QUIRE_WITHOUT", protection)
    }

    pub(crate) fn start(self) -> TestApp {
        // The client wants to know whose cryptography it has; another test was faster, or it is so now.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = TempDir::new().unwrap();
        let mut app = self.start_at(&dir.path().join("data"));
        app._dir = Some(dir);
        app
    }

    /// On a data directory that somebody else keeps.
    pub(crate) fn start_at(self, data: &Path) -> TestApp {
        let (child, url) = launch(data, &self.env);
        TestApp {
            http: client(),
            url,
            data: data.to_owned(),
            answered: AnsweredSet::default(),
            env: self.env,
            child,
            _dir: None,
        }
    }
}

impl TestApp {
    pub(crate) fn start() -> Self {
        Plan::default().start()
    }

    pub(crate) fn with(key: &str, value: impl ToString) -> Plan {
        Plan::default().with(key, value)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As the kernel would under memory pressure: no goodbye.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sets `section.key` for the next process.
    pub(crate) fn set(&mut self, key: &str, value: impl ToString) {
        self.env.push((variable(key), value.to_string()));
    }

    /// The same data directory under a new process.
    pub(crate) fn restart(&mut self) {
        let (child, url) = launch(&self.data, &self.env);
        (self.child, self.url) = (child, url);
    }

    /// Whether these bytes are anywhere in the database's files.
    pub(crate) fn database_holds(&self, wanted: impl AsRef<[u8]>) -> bool {
        let wanted = wanted.as_ref();
        let files = ["quire.db", "quire.db-wal"].map(|name| std::fs::read(self.data.join(name)).unwrap_or_default());
        files.iter().any(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted))
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.ask_to_end();
        self.wait_for_exit()
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_end(&self) {
        let pid = rustix::process::Pid::from_raw(self.pid() as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    pub(crate) fn wait_for_exit(&mut self) -> ExitStatus {
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not end in time");
    }

    /// Asks again until the answer is as wanted.
    pub(crate) async fn eventually(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + DEADLINE;
        let mut last = Value::Null;
        while Instant::now() < until {
            if let Ok(answer) = self.request(Method::GET, path).send().await {
                last = answer.json().await.unwrap_or_default();
                if wanted(&last) {
                    return last;
                }
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{path} never became as wanted; last: {last:#}\nlog:\n{}", self.log());
    }

    /// Everything that the server has logged, JSON lines.
    pub(crate) fn whole_log(&self) -> String {
        std::fs::read_to_string(log_path(&self.data)).unwrap_or_default()
    }

    fn log(&self) -> String {
        let text = self.whole_log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            assert_sound(&self.data);
        }
    }
}

fn variable(key: &str) -> String {
    format!("QUIRE__{}", key.to_uppercase().replace('.', "__"))
}

/// Without any certificates: tests speak plain HTTP, and a system's own take long to read.
pub(crate) fn client() -> reqwest::Client {
    // An error means that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
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

fn launch(data: &Path, env: &[(String, String)]) -> (Child, String) {
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

fn log_path(data: &Path) -> PathBuf {
    data.with_extension("log")
}
