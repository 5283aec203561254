//! An overall bar, and below it one line for each document at work.

use std::io::{self, Write};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{RunProgress, shown_text};
use crate::actors::progress_tracker::RunningAttempt;

/// Lines of documents at work; more would not fit on a small terminal.
const LINES_MAX: usize = 12;

/// The important part fits on 80 columns, and two spaces are kept for the `^C` of the terminal.
const LINE: &str = "  {msg:74!}";

pub(crate) struct RunBars {
    all: MultiProgress,
    overall: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl RunBars {
    /// `slots`: documents that can be at work at once.
    pub(crate) fn new(slots: u32) -> Self {
        let all = MultiProgress::new();
        let overall = all.add(ProgressBar::new(0));
        overall.set_style(style("{bar:28} {pos}/{len} · {msg}"));
        let line = |_| {
            let line = all.add(ProgressBar::new(0));
            line.set_style(style(LINE));
            line
        };
        let lines = (0..LINES_MAX.min(slots as usize)).map(line).collect();
        Self { all, overall, lines }
    }

    pub(crate) fn show(&self, progress: &RunProgress) {
        self.overall.set_length(progress.counts.total);
        self.overall.set_position(progress.done());
        self.overall.set_message(progress.speed());
        let shown = progress.running.len().min(self.lines.len());
        for (line, live) in self.lines.iter().zip(&progress.running) {
            line.set_message(words(live));
        }
        for line in self.lines.iter().skip(shown) {
            line.set_message("");
        }
        if progress.running.len() > shown
            && let Some(last) = self.lines.last()
        {
            last.set_message(format!("… and {} more", progress.running.len() - shown + 1));
        }
        home();
    }

    pub(crate) fn say(&self, text: &str) {
        // A terminal that is gone has no reader.
        let _ = self.all.println(text);
        home();
    }

    pub(crate) fn close(&self) {
        let _ = self.all.clear();
    }
}

/// The bars leave the cursor at the right edge, where the `^C` of the terminal would shift the screen by a line.
fn home() {
    let _ = io::stderr().write_all(b"\r");
}

/// The important part comes first: a long name is cut.
fn words(live: &RunningAttempt) -> String {
    let stage = live.stage.as_str().replace('_', " ");
    let name = shown_text(&live.name);
    match (live.page, live.pages) {
        (0, _) => format!("{stage} · {name}"),
        (page, 0) => format!("{stage} · page {page} · {name}"),
        (page, pages) => format!("{stage} · page {page}/{pages} · {name}"),
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants that a glance at the screen proves.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}
