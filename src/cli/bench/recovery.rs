//! `quire bench recovery`: the time until a server works again after it was killed over many waiting items.
//!
//! Starts the real server as a child process and looks at it through its door, as a client would.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::batch_of;
use crate::cli::CommandExit;
use crate::commands::control;
use crate::commands::submit::{self, NewBatch};
use crate::commands::tick::{self, TickRequest};
use crate::config::Config;
use quire_base::clock;
use quire_domain::batch::BatchInput;
use quire_domain::ids::BatchKey;
use quire_domain::operation::Operation;
use quire_store::{OpenStore, StoreError, Transaction, Writer};

const CHUNK: u32 = 50_000;

/// Each from the start of the process.
struct Start {
    announced: Duration,
    ready: Duration,
    first_item: Duration,
}

/// # Errors
/// When the data cannot be made or the server cannot be started.
pub(super) fn measure(items: u32, running: u32, starts: u32, data_dir: Option<PathBuf>) -> anyhow::Result<CommandExit> {
    let scratch = data_dir.unwrap_or_else(|| std::env::temp_dir().join(format!("quire-bench-{}", std::process::id())));
    let began = Instant::now();
    prepare(&scratch, items, running.min(items))?;
    println!("prepared         {items} items, {running} of them taken, in {:.1} s", began.elapsed().as_secs_f64());
    let measured: anyhow::Result<Vec<Start>> = (0..starts).map(|_| start(&scratch)).collect();
    std::fs::remove_dir_all(&scratch)?;
    for Start { announced, ready, first_item } in measured? {
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        println!(
            "start            listens after {:.0} ms, ready after {:.0} ms, first item after {:.0} ms",
            ms(announced),
            ms(ready),
            ms(first_item)
        );
    }
    Ok(CommandExit::Fine)
}

/// As a server leaves it that was killed with `running` items in its hands.
fn prepare(dir: &Path, items: u32, running: u32) -> anyhow::Result<()> {
    let config = Config::load(None, &[("server.data_dir", dir.to_string_lossy().into_owned())])?;
    let opened = OpenStore::open(config.store_options(), clock::now())?;
    let mut writer = opened.open_writer()?;
    let batch = now(&mut writer, |txn| submit::submit(txn, &no_ops()))?.record.key;
    let mut left = items;
    while left > 0 {
        let chunk = vec![None; left.min(CHUNK) as usize];
        left -= chunk.len() as u32;
        now(&mut writer, move |txn| {
            submit::extend(txn, batch, &chunk, &clock::new_correlation_id(), u64::from(u32::MAX))
        })?;
    }
    now(&mut writer, move |txn| {
        control::apply_batch_input(txn, batch, &BatchInput::Sealed, &clock::new_correlation_id())
    })?;
    claim(&mut writer, batch, running)
}

fn claim(writer: &mut Writer, batch: BatchKey, running: u32) -> anyhow::Result<()> {
    let request = TickRequest {
        batch,
        reports: Vec::new(),
        starts: Vec::new(),
        claim: running,
        claim_items: 25,
        heartbeat: false,
    };
    now(writer, move |txn| tick::write_tick(txn, &request))?;
    Ok(())
}

fn now<T: Send + 'static>(
    writer: &mut Writer,
    change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(writer.commit_one("bench.recovery", clock::now(), change)?)
}

fn no_ops() -> NewBatch {
    super::open(batch_of(&[Operation::Noop], Vec::new()))
}

/// A server in a process of its own, killed without a goodbye when dropped.
struct Server {
    child: Child,
    /// `host:port`
    address: String,
}

fn start(dir: &Path) -> anyhow::Result<Start> {
    let began = Instant::now();
    let server = Server::launch(dir)?;
    let announced = began.elapsed();
    server.wait_until(|server| Ok(server.get("/readyz")?.0 == 200))?;
    let ready = began.elapsed();
    // A slot is granted when claimed items wait for it.
    server.wait_until(|server| Ok(!server.get("/api/batch/metrics")?.1.contains("\"slots_in_use\":0")))?;
    Ok(Start { announced, ready, first_item: began.elapsed() })
}

impl Server {
    fn launch(dir: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(dir)
            .env("QUIRE__LOG__LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("the server has no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.strip_prefix("quire listens on http://").and_then(|rest| rest.split(' ').next());
        let address = url.with_context(|| format!("the server said `{}`", line.trim()))?.to_owned();
        Ok(Self { child, address })
    }

    fn get(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.context("no answer of HTTP")?, answer))
    }

    fn wait_until(&self, is_so: impl Fn(&Self) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if is_so(self)? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        bail!("the server was not there in {} s", PATIENCE.as_secs())
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, or ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
