//! The command line of the laboratory.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use quire::cli::args::Command;

/// Tries the product. Every command of `quire` is here as well, since what is tried starts itself.
#[derive(Debug, Parser)]
#[command(name = "quire-lab", version)]
pub(super) struct LabArgs {
    #[command(subcommand)]
    pub command: LabCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum LabCommand {
    /// Kills a server again and again and checks that nothing is lost or doubled.
    Torture(TortureArgs),
    /// Good, broken and hostile documents for minutes, and whether the server's memory stays flat; exit 1 when not.
    Soak(SoakArgs),
    #[command(flatten)]
    Product(Command),
}

#[derive(Debug, Clone, ClapArgs)]
pub(super) struct TortureArgs {
    /// Lives and deaths of the server.
    #[arg(long, default_value_t = 200)]
    pub cycles: u32,
    /// The same seed makes the same plan; default: a new one, which is printed.
    #[arg(long)]
    pub seed: Option<u64>,
    /// No further cycle starts after so many minutes.
    #[arg(long)]
    pub minutes: Option<u64>,
    /// Cycles on one data directory; then everything has to end, all is recounted, and a fresh directory is taken.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..))]
    pub round_cycles: u32,
    /// Cycles between two recounts of the whole data directory.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    pub check_every: u32,
    /// Folder for data, logs and journals; default: a temporary one. It should be on a real disk.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Leaves what is sound as well. The same command goes on there.
    #[arg(long)]
    pub keep: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub(super) struct SoakArgs {
    #[arg(long, default_value_t = 5.0)]
    pub minutes: f64,
    /// PDFs, and folders of them, to mix in.
    pub paths: Vec<PathBuf>,
    /// Folder for the data; default: a temporary one.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Items worked on at once; default: one for each processor.
    #[arg(long)]
    pub jobs: Option<u32>,
}
