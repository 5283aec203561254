//! Opens the user's browser, by the program that the desktop has for that.

use std::process::{Command, Stdio};

const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Goes on beside the server; where there is no browser, a line says so.
pub(super) fn open(url: String) {
    // It ends with the browser's start, at some desktops with the browser.
    std::thread::spawn(move || {
        if !opened_by(OPENER, &url) {
            eprintln!("quire: no browser could be opened; open {url} in one");
        }
    });
}

/// Whether the program could do it.
fn opened_by(program: &str, url: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_or_is_not_there_is_told_from_one_that_did_it() {
        assert!(opened_by("true", "http://127.0.0.1:8740"));
        assert!(!opened_by("false", "http://127.0.0.1:8740"));
        assert!(!opened_by("no-such-program-of-quire", "http://127.0.0.1:8740"));
    }
}
