//! Plain lines for pipes and logs: one for each document at first, then one a second at most.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{FinishedInput, RunProgress};
use crate::cli::run::summary::pluralize;

/// So many documents get a line of their own.
const OWN_LINES_MAX: u32 = 100;
const EVERY: Duration = Duration::from_secs(1);
/// Without any line for so long, one says that work goes on.
const SILENCE_MAX: Duration = Duration::from_secs(15);

#[derive(Default)]
pub(crate) struct PlainScreen(Mutex<Said>);

#[derive(Default)]
struct Said {
    own_lines: u32,
    done: u64,
    at: Option<Instant>,
}

impl PlainScreen {
    pub(crate) fn finished(&self, finished: &FinishedInput) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.own_lines >= OWN_LINES_MAX {
            return;
        }
        said.own_lines += 1;
        said.at = Some(Instant::now());
        match (&finished.failure, finished.pages) {
            (Some(code), _) => line(&format!("failed     {}: {code}", finished.name)),
            (None, pages) => line(&format!("succeeded  {}: {}", finished.name, pluralize(pages.into(), "page"))),
        }
    }

    pub(crate) fn show(&self, progress: &RunProgress) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = said.at.get_or_insert_with(Instant::now).elapsed();
        let has_news = said.own_lines >= OWN_LINES_MAX && said.done != progress.done();
        if quiet >= SILENCE_MAX || (has_news && quiet >= EVERY) {
            said.at = Some(Instant::now());
            said.done = progress.done();
            line(&format!("{} of {} done · {}", progress.done(), progress.counts.total, progress.speed()));
        }
    }

    pub(crate) fn say(&self, text: &str) {
        line(text);
    }
}

/// `eprintln!` would panic when standard error is closed.
fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
