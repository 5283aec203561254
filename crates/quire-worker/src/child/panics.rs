//! Message of the last panic, for the failure that it becomes. The usual message goes to standard error as well.

use std::panic;
use std::path::Path;
use std::sync::Mutex;

static LAST: Mutex<String> = Mutex::new(String::new());

/// From now on panics are written down.
pub(super) fn record() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let said = info.payload_as_str().unwrap_or("without words");
        let place = info.location().map_or_else(String::new, |at| format!(" at {}:{}", short(at.file()), at.line()));
        if let Ok(mut last) = LAST.lock() {
            *last = format!("panicked{place}: {said}");
        }
        usual(info);
    }));
}

pub(super) fn last() -> String {
    LAST.lock().map_or_else(|_| "panicked".to_owned(), |mut last| std::mem::take(&mut *last))
}

/// The last four parts of a path: enough to find the line, nothing about the machine that built it.
fn short(file: &str) -> String {
    let parts: Vec<_> = Path::new(file).iter().map(|part| part.to_string_lossy()).collect();
    parts[parts.len().saturating_sub(4)..].join("/")
}
