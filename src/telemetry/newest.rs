//! The newest lines of the log, for who asks over HTTP: from its files, or where there are none from a ring in memory. As
//! they were logged: what has no place in a log is not in it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use quire_domain::closed_list;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

closed_list! {
    #[derive(Deserialize, JsonSchema)]
    pub enum LogLevel {
        Error = "error",
        Warn = "warn",
        Info = "info",
        Debug = "debug",
        Trace = "trace",
    }
}

/// Which lines of the log are wanted, and how many.
#[derive(Debug, Clone)]
pub struct LogLineFilter {
    /// Of this request and all that it caused.
    pub correlation_id: Option<String>,
    /// Of this level and those that are worse.
    pub level: Option<LogLevel>,
    pub limit: usize,
}

/// A line, field by field.
pub type LoggedLine = BTreeMap<String, Value>;

/// Where this process logs.
static SOURCE: OnceLock<LogSource> = OnceLock::new();

#[derive(Debug)]
pub(super) enum LogSource {
    Files { directory: PathBuf, searched_bytes: u64 },
    Ring(Arc<LogRing>),
}

impl LogSource {
    /// A second start in one process keeps the first.
    pub(super) fn install(self) {
        let _ = SOURCE.set(self);
    }
}

/// Newest first; reads files. Nothing where nobody logs.
///
/// # Errors
/// When the files cannot be read.
pub fn newest(query: &LogLineFilter) -> io::Result<Vec<LoggedLine>> {
    match SOURCE.get() {
        None => Ok(Vec::new()),
        Some(LogSource::Ring(ring)) => Ok(ring.newest(query)),
        Some(LogSource::Files { directory, searched_bytes }) => in_files(directory, *searched_bytes, query),
    }
}

impl LogLineFilter {
    /// The line, if it is wanted.
    fn read(&self, text: &str) -> Option<LoggedLine> {
        // Most lines are none of this request: they need not be understood.
        if self.correlation_id.as_ref().is_some_and(|id| !text.contains(id.as_str())) {
            return None;
        }
        let line: LoggedLine = serde_json::from_str(text).ok()?;
        (self.is_of_level(&line) && self.is_correlated(&line)).then_some(line)
    }

    fn is_of_level(&self, line: &LoggedLine) -> bool {
        let Some(most) = self.level else { return true };
        let level = line.get("level").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        LogLevel::ALL.iter().any(|of| of.as_str() == level && *of <= most)
    }

    /// In the line itself, or in a span around it.
    fn is_correlated(&self, line: &LoggedLine) -> bool {
        let Some(wanted) = &self.correlation_id else { return true };
        let is_it = |fields: &Value| fields["correlation_id"] == wanted.as_str();
        let own = line.get("correlation_id").is_some_and(|id| id == wanted.as_str());
        own || line.get("span").is_some_and(is_it)
            || line.get("spans").and_then(Value::as_array).is_some_and(|spans| spans.iter().any(is_it))
    }
}

/// The newest lines in memory.
#[derive(Debug)]
pub(super) struct LogRing {
    lines: Mutex<VecDeque<Box<str>>>,
    most: usize,
}

/// Longer lines are not kept.
const LINE_BYTES: usize = 16 << 10;

impl LogRing {
    pub(super) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { lines: Mutex::default(), most: most as usize })
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<Box<str>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self, query: &LogLineFilter) -> Vec<LoggedLine> {
        // Whoever logs must not wait until all are understood.
        let kept: Vec<Box<str>> = self.lines().iter().rev().cloned().collect();
        kept.iter().filter_map(|line| query.read(line)).take(query.limit).collect()
    }
}

/// Each call is one line.
impl io::Write for &LogRing {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if line.len() <= LINE_BYTES && self.most > 0 {
            let text = String::from_utf8_lossy(line).trim_end().into();
            let mut lines = self.lines();
            if lines.len() >= self.most {
                lines.pop_front();
            }
            lines.push_back(text);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file's name; those of earlier days have the day behind it.
pub(super) const FILE: &str = "quire.jsonl";

fn in_files(directory: &Path, searched_bytes: u64, query: &LogLineFilter) -> io::Result<Vec<LoggedLine>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(FILE)) {
            // One that was removed meanwhile is too old to be missed.
            files.extend(entry.metadata().ok().map(|facts| (facts.modified().ok(), entry.path())));
        }
    }
    files.sort_unstable();
    let (mut found, mut left) = (Vec::new(), searched_bytes);
    for (_, path) in files.iter().rev() {
        let text = end_of(path, left)?;
        left -= text.len() as u64;
        found.extend(text.lines().rev().filter_map(|line| query.read(line)).take(query.limit - found.len()));
        if found.len() >= query.limit || left == 0 {
            break;
        }
    }
    Ok(found)
}

/// The last bytes of the file; a line that is cut is not understood, and left out.
fn end_of(path: &Path, most: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    bytes.retain(u8::is_ascii);
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// As the layer does: a line is one call.
    fn log(ring: &LogRing, line: &str) {
        let mut ring = ring;
        ring.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn query(correlation_id: Option<&str>, level: Option<LogLevel>, limit: usize) -> LogLineFilter {
        LogLineFilter { correlation_id: correlation_id.map(str::to_owned), level, limit }
    }

    fn numbers(lines: &[LoggedLine]) -> Vec<i64> {
        lines.iter().map(|line| line["n"].as_i64().unwrap()).collect()
    }

    const LINES: [&str; 5] = [
        r#"{"level":"INFO","n":1,"correlation_id":"a"}"#,
        r#"{"level":"WARN","n":2,"span":{"correlation_id":"b"}}"#,
        r#"{"level":"ERROR","n":3,"spans":[{"name":"x"},{"correlation_id":"a"}]}"#,
        r#"{"level":"DEBUG","n":4,"message":"speaks of a and b"}"#,
        "no line of ours",
    ];

    #[test]
    fn lines_are_found_by_request_and_by_level_newest_first() {
        let ring = LogRing::new(100);
        LINES.iter().for_each(|line| log(&ring, line));
        let found = |id, level, limit| numbers(&ring.newest(&query(id, level, limit)));
        assert_eq!(found(None, None, 10), [4, 3, 2, 1]);
        assert_eq!(found(Some("a"), None, 10), [3, 1]);
        assert_eq!(found(None, Some(LogLevel::Warn), 10), [3, 2]);
        assert_eq!(found(Some("b"), Some(LogLevel::Error), 10), [] as [i64; 0]);
        assert_eq!(found(None, None, 2), [4, 3]);
    }

    #[test]
    fn a_ring_forgets_the_oldest_and_keeps_no_long_line() {
        let ring = LogRing::new(2);
        for nth in 1..=4 {
            log(&ring, &format!(r#"{{"n":{nth}}}"#));
        }
        log(&ring, &format!(r#"{{"n":5,"long":"{}"}}"#, "x".repeat(LINE_BYTES)));
        assert_eq!(numbers(&ring.newest(&query(None, None, 10))), [4, 3]);
    }

    #[test]
    fn files_are_read_from_their_end_and_no_further_than_so_many_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let day = |name: &str, numbers: std::ops::Range<u32>| {
            let text: String = numbers.map(|nth| format!("{{\"n\":{nth},\"x\":\"größer\"}}\n")).collect();
            fs::write(folder.path().join(name), text).unwrap();
        };
        day("quire.jsonl.2026-11-29", 10..20);
        day("other.txt", 90..99);
        std::thread::sleep(std::time::Duration::from_millis(20));
        day("quire.jsonl", 20..23);
        let found = |bytes, limit| numbers(&in_files(folder.path(), bytes, &query(None, None, limit)).unwrap());
        assert_eq!(found(1 << 20, 5), [22, 21, 20, 19, 18]);
        assert_eq!(found(60, 5), [22, 21]);
    }
}
