//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

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
    /// Measures this machine.
    Bench(BenchArgs),
    /// Recounts a data directory that no server uses, and repairs what can be derived.
    Fsck(FsckArgs),
}

#[derive(Debug, Clone, ClapArgs)]
pub struct ServeArgs {
    /// Port to listen on; 0 takes a free one and prints it.
    #[arg(long)]
    pub port: Option<u16>,
    /// Where the database, documents, results and logs live.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// A file with settings that differ from the defaults (TOML).
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct RunArgs {
    /// PDF files, and folders that are walked for them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Where results go: for each input its relative path with .txt and .json, and report.json.
    #[arg(long)]
    pub out: PathBuf,
    /// What to do with every document.
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
    /// A file with settings that differ from the defaults (TOML).
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct DemoArgs {
    /// Keeps the demo's documents and results here; default: a temporary folder.
    #[arg(long)]
    pub out: Option<PathBuf>,
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
pub struct BenchArgs {
    #[command(subcommand)]
    pub what: Bench,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Bench {
    /// No-op items through the whole engine: submit, claim, worker process, settle, events.
    Items {
        #[arg(long, default_value_t = 20_000)]
        count: u32,
        /// Folder for the data; default: a temporary one. It should be on a real disk.
        #[arg(long)]
        data_dir: Option<PathBuf>,
        /// Items worked on at once; default: one for each processor.
        #[arg(long)]
        jobs: Option<u32>,
        /// full or normal.
        #[arg(long, default_value = "full")]
        synchronous: String,
    },
    /// Pages per second of the engine beside the bare extraction loop on the same files.
    Documents {
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Folder for the data; default: a temporary one.
        #[arg(long)]
        data_dir: Option<PathBuf>,
        #[arg(long)]
        jobs: Option<u32>,
    },
    /// From the start of a server on a data directory with many waiting items until it works on the first of them.
    Recovery {
        /// Items that wait.
        #[arg(long, default_value_t = 1_000_000)]
        items: u32,
        /// As many of them as a server that died had taken.
        #[arg(long, default_value_t = 4_000)]
        running: u32,
        /// Starts that are measured, each after a SIGKILL.
        #[arg(long, default_value_t = 3)]
        starts: u32,
        /// Folder for the data; default: a temporary one. It should be on a real disk.
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
}
