//! Logs: human lines on a terminal, JSON lines elsewhere and in daily files.

mod newest;

use std::io::IsTerminal;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use logroller::{LogRollerBuilder, Rotation, RotationAge};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{LogConfig, LogFormat};
pub use newest::{LogLevel, LogLineFilter, LoggedLine, newest};
use newest::{LogRing, LogSource};

/// Destination of log lines beside the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    /// For servers: as `log.format` says, on standard error.
    Stderr,
    /// For commands that own the terminal: files only.
    Silent,
}

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log.level = {0} is not understood; allowed: error, warn, info, debug, trace, or tracing directives")]
    Level(String),
    #[error("the log directory cannot be used: {0}")]
    Directory(String),
}

/// Keeps the file writer alive; dropped, it writes what is left.
#[must_use]
pub struct LogGuard {
    _files: Option<WorkerGuard>,
}

/// Starts logging for the whole process; call it once.
///
/// # Errors
/// [`TelemetryError`] when the level is unknown or the files cannot be written.
pub fn start_logging(log: &LogConfig, data_dir: &Path, console: Console) -> Result<LogGuard, TelemetryError> {
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    let (file_layer, guard) = match log.files {
        true => file_layer(log, data_dir).map(|(layer, guard)| (Some(layer), Some(guard)))?,
        false => (Some(ring_layer(log)), None),
    };
    layers.extend(file_layer);
    if console == Console::Stderr {
        layers.push(console_layer(log.format));
    }
    let filter = EnvFilter::try_new(&log.level).map_err(|_| TelemetryError::Level(log.level.clone()))?;
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(layers.with_filter(filter)).try_init();
    Ok(LogGuard { _files: guard })
}

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

fn file_layer(log: &LogConfig, data_dir: &Path) -> Result<(Boxed, WorkerGuard), TelemetryError> {
    let directory = data_dir.join("logs");
    // Log lines are for the server's user alone, whatever the umask.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .map_err(|error| TelemetryError::Directory(error.to_string()))?;
    let roller = LogRollerBuilder::new(&directory, &PathBuf::from(newest::FILE))
        .rotation(Rotation::AgeBased(RotationAge::Daily))
        .max_keep_files(log.retention_days)
        .file_mode(0o600)
        .build()
        .map_err(|error| TelemetryError::Directory(error.to_string()))?;
    let (writer, guard) = tracing_appender::non_blocking(roller);
    LogSource::Files { directory, searched_bytes: log.searched_mib << 20 }.install();
    Ok((fmt::layer().json().flatten_event(true).with_writer(writer).boxed(), guard))
}

/// Where there are no files, the newest lines are still there for who asks.
fn ring_layer(log: &LogConfig) -> Boxed {
    let ring = LogRing::new(log.recent_lines);
    LogSource::Ring(ring.clone()).install();
    fmt::layer().json().flatten_event(true).with_writer(ring).boxed()
}

fn console_layer(format: LogFormat) -> Boxed {
    let terminal = std::io::stderr().is_terminal();
    match format {
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
        LogFormat::Auto if !terminal => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
        LogFormat::Human | LogFormat::Auto => {
            fmt::layer().compact().with_target(false).with_ansi(terminal).with_writer(std::io::stderr).boxed()
        }
    }
}
