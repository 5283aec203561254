//! Arguments of `quire bench`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Clone, ClapArgs)]
pub struct BenchArgs {
    #[command(subcommand)]
    pub what: BenchCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum BenchCommand {
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
    /// The cost of isolation: no-op items and documents through a sandboxed process beside the same in this process.
    Isolation {
        /// PDF files, and folders that are walked for them.
        #[arg(default_value = "examples")]
        paths: Vec<PathBuf>,
        /// Time for which each rate is measured.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// Processes started with the sandbox, and as many without.
        #[arg(long, default_value_t = 50)]
        launches: u32,
    },
    /// The cost of one owner a worker process: one document a batch, for one owner and for many in turn.
    Owners {
        /// PDF files, and folders that are walked for them.
        #[arg(default_value = "examples")]
        paths: Vec<PathBuf>,
        #[arg(long, default_value_t = 100)]
        owners: u32,
        /// Documents in all.
        #[arg(long, default_value_t = 600)]
        documents: u32,
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
    /// From the commit of a fact to every listener: latency, memory of a session, catching up.
    Fanout(Fanout),
    /// The listeners of `fanout`, in a process of their own.
    #[command(hide = true)]
    Listen(Listen),
}

#[derive(Debug, Clone, ClapArgs)]
pub struct Fanout {
    /// WebSockets that listen.
    #[arg(long, default_value_t = 1_000)]
    pub sessions: u32,
    /// Facts per second, in all; 0 only connects.
    #[arg(long, default_value_t = 100)]
    pub rate: u32,
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// The sessions are spread over so many owners, and so are the facts; each session hears of its owner's only.
    #[arg(long, default_value_t = 1)]
    pub owners: u32,
    /// Sessions that never read.
    #[arg(long, default_value_t = 0)]
    pub stalled: u32,
    /// Processes that the listeners are spread over.
    #[arg(long, default_value_t = 2)]
    pub client_processes: u32,
    /// Instead: one client that reads a log of so many events from its beginning.
    #[arg(long)]
    pub catch_up: Option<u64>,
}

#[derive(Debug, Clone, ClapArgs)]
pub struct Listen {
    #[arg(long)]
    pub url: String,
    #[arg(long)]
    pub sessions: u32,
    #[arg(long)]
    pub stalled: u32,
    #[arg(long)]
    pub catch_up: Option<u64>,
}
