//! The command line.

mod bench;

use quire_domain::access::{Role, Scope};
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

pub use self::bench::{BenchArgs, BenchCommand, FanoutArgs, ListenArgs};
use quire_domain::ids::BatchId;

/// Heaps of documents in, text and facts out: durable, supervised, one sandboxed process per document at work.
#[derive(Debug, Parser)]
#[command(name = "quire", version, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

impl Args {
    /// The command that was asked for; `serve` when none was.
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Starts the server (what `quire` alone does).
    Serve(ServeArgs),
    /// Processes files and folders of PDFs into a folder.
    Run(RunArgs),
    /// Makes a few PDFs, hostile ones among them, runs them and shows that the server survives.
    Demo(DemoArgs),
    /// Uploads documents to a server and makes a batch of them.
    Submit(SubmitArgs),
    /// Follows a server live: one batch until it has ended, or all of them.
    Watch(WatchArgs),
    /// Measures this machine.
    Bench(BenchArgs),
    /// Examines this machine and the data directory: sandbox, disk, database, limits. Needs no running server.
    Doctor(DoctorArgs),
    /// Recounts a data directory that no server uses, and repairs what can be derived.
    Fsck(FsckArgs),
    /// Makes, lists and revokes API keys.
    Keys(KeysArgs),
}

/// Address of a remote server, and the key to ask with.
#[derive(Debug, Clone, ClapArgs)]
pub struct RemoteServerArgs {
    /// The server's address.
    #[arg(long, env = "QUIRE_SERVER", default_value = "http://127.0.0.1:8740")]
    pub server: String,
    /// An API key; better given as QUIRE_API_KEY, where other users cannot see it.
    #[arg(long, env = "QUIRE_API_KEY", hide_env_values = true)]
    pub key: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct SubmitArgs {
    /// PDF files, and folders that are walked for them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub server: RemoteServerArgs,
    /// Operations for every document.
    #[arg(long, value_delimiter = ',', default_value = "text,info")]
    pub ops: Vec<String>,
    /// From -100 to 100; higher goes first.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub priority: i32,
    /// Name of the batch.
    #[arg(long)]
    pub name: Option<String>,
    /// Collection that the batch belongs to.
    #[arg(long)]
    pub collection: Option<String>,
    /// Opens encrypted documents; better given as QUIRE_PASSWORD, where other users cannot see it.
    #[arg(long, env = "QUIRE_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Follows the batch to its end; the exit status then says how it went.
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct WatchArgs {
    /// The id of a batch; without one, all batches are shown until Ctrl-C.
    #[arg(value_parser = batch_id)]
    pub batch: Option<BatchId>,
    #[command(flatten)]
    pub server: RemoteServerArgs,
    /// Events as JSON lines on standard output, nothing else.
    #[arg(long)]
    pub json: bool,
}

fn batch_id(text: &str) -> Result<BatchId, String> {
    uuid::Uuid::try_parse(text).map(BatchId).map_err(|_| "not the id of a batch, which a submit answers".into())
}

#[derive(Debug, Clone, ClapArgs)]
pub struct ServeArgs {
    /// Port to listen on; 0 takes a free one and prints it.
    #[arg(long)]
    pub port: Option<u16>,
    /// Folder of the database, documents, results and logs.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Refuse to start when the sandbox of worker processes is not enforced.
    #[arg(long)]
    pub require_sandbox: bool,
    /// Opens the dashboard in a browser, if this is a terminal.
    #[arg(long)]
    pub open: bool,
    /// Folder to read the dashboard from while somebody works on it; default: the one in the program.
    #[arg(long)]
    pub dashboard_dir: Option<PathBuf>,
    /// A file with settings that differ from the defaults (TOML).
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct RunArgs {
    /// PDF files, and folders that are walked for them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Folder for the results: for each input its relative path with .txt and .json, and report.json.
    #[arg(long)]
    pub out: PathBuf,
    /// Operations for every document.
    #[arg(long, value_delimiter = ',', default_value = "text,info")]
    pub ops: Vec<String>,
    /// Documents worked on at once; default: one for each processor.
    #[arg(long)]
    pub jobs: Option<u32>,
    /// Events as JSON lines on standard output.
    #[arg(long)]
    pub json: bool,
    /// Stop starting documents after the first failure.
    #[arg(long)]
    pub fail_fast: bool,
    /// Go on with an earlier run into the same folder: failed documents are tried again, new files are added.
    #[arg(long)]
    pub resume: bool,
    /// Opens encrypted documents; better given as QUIRE_PASSWORD, where other users cannot see it.
    #[arg(long, env = "QUIRE_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Refuse to start when the sandbox of worker processes is not enforced.
    #[arg(long)]
    pub require_sandbox: bool,
    /// A file with settings that differ from the defaults (TOML).
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct DemoArgs {
    /// Keeps the demo's documents and results here; default: a temporary folder.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// On a server, to be watched in a browser: batches of several kinds, and an actor that panics now and then.
    #[arg(long)]
    pub serve: bool,
    /// Port of that server; 0 takes a free one and prints it.
    #[arg(long, requires = "serve")]
    pub port: Option<u16>,
    /// Opens its dashboard in a browser, if this is a terminal.
    #[arg(long, requires = "serve")]
    pub open: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct FsckArgs {
    /// The data directory.
    pub dir: PathBuf,
    /// Reads every byte of every stored file.
    #[arg(long, conflicts_with = "quick")]
    pub deep: bool,
    /// Looks at the database only, not at the stored files.
    #[arg(long)]
    pub quick: bool,
    /// Puts right what can be derived from what is left, and says what cannot.
    #[arg(long)]
    pub repair: bool,
    /// One JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct DoctorArgs {
    /// The data directory to look at; a server may be using it.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// One JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Count a sandbox that is not enforced as a failure.
    #[arg(long)]
    pub require_sandbox: bool,
    /// A file with settings that differ from the defaults (TOML).
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct KeysArgs {
    #[command(subcommand)]
    pub what: KeysCommand,
    /// The data directory of a server that does not run now.
    #[arg(long, global = true)]
    pub data_dir: Option<PathBuf>,
    /// A file with settings that differ from the defaults (TOML).
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    /// A server that runs, such as http://127.0.0.1:8740.
    #[arg(long, global = true, conflicts_with = "data_dir")]
    pub server: Option<String>,
    /// An administrator's key for that server; better given as QUIRE_API_KEY, where other users cannot see it.
    #[arg(long, global = true, env = "QUIRE_API_KEY", hide_env_values = true)]
    pub key: Option<String>,
}

#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Makes a key and prints it, this once.
    Add {
        /// Whose batches it opens; `local` is who used the server before it had keys.
        owner: String,
        /// Purpose of the key.
        #[arg(long)]
        name: Option<String>,
        /// It may also change keys and actors: as `--role admin`.
        #[arg(long, conflicts_with = "role")]
        admin: bool,
        /// What it is for: viewer looks on, operator works with its owner's batches, admin operates the server.
        #[arg(long, value_parser = parse_word::<Role>)]
        role: Option<Role>,
        /// Narrows the role to this scope, such as batches:read; may be given more than once.
        #[arg(long = "scope", value_name = "SCOPE", value_parser = parse_word::<Scope>)]
        scopes: Vec<Scope>,
        /// Days after which it opens nothing.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
        expires_in_days: Option<u64>,
    },
    /// Lists all keys, without their secrets.
    List,
    /// Makes a key that may do the same as another, which opens for a while as well.
    Rotate {
        /// The public part of the key to be replaced.
        id: String,
        /// Seconds for which the old key opens as well.
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(0..=2_678_400))]
        overlap_secs: u64,
    },
    /// Takes a key's power away, at once and for good.
    Revoke {
        /// The key's public part, as `list` shows it.
        id: String,
    },
}

/// One of a closed list, by its stable name.
fn parse_word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    quire_store::enum_text::parse(text).map_err(|_| format!("there is no `{text}`"))
}
