//! An overall bar, and below it one line for each document at work.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Standing, shown_text};
use crate::actors::board::Live;

/// Lines of documents at work; more would not fit on a small terminal.
const LINES_MAX: usize = 12;

pub struct Bars {
    all: MultiProgress,
    overall: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl Bars {
    pub fn new() -> Self {
        let all = MultiProgress::new();
        let overall = all.add(ProgressBar::new(0));
        overall.set_style(style("{bar:28} {pos}/{len} · {msg}"));
        let line = |_| {
            let line = all.add(ProgressBar::new(0));
            line.set_style(style("  {wide_msg}"));
            line
        };
        let lines = (0..LINES_MAX).map(line).collect();
        Self { all, overall, lines }
    }

    pub fn show(&self, standing: &Standing) {
        self.overall.set_length(standing.counts.total);
        self.overall.set_position(standing.done());
        self.overall.set_message(standing.speed());
        let shown = standing.running.len().min(LINES_MAX);
        for (line, live) in self.lines.iter().zip(&standing.running) {
            line.set_message(words(live));
        }
        for line in self.lines.iter().skip(shown) {
            line.set_message("");
        }
        if standing.running.len() > LINES_MAX
            && let Some(last) = self.lines.last()
        {
            last.set_message(format!("… and {} more", standing.running.len() - LINES_MAX + 1));
        }
    }

    pub fn say(&self, text: &str) {
        // A terminal that is gone has no reader.
        let _ = self.all.println(text);
    }

    pub fn close(&self) {
        let _ = self.all.clear();
    }
}

fn words(live: &Live) -> String {
    let stage = live.stage.as_str().replace('_', " ");
    let name = shown_text(&live.name);
    match (live.page, live.pages) {
        (0, 0) => format!("{name} · {stage}"),
        (0, pages) => format!("{name} · {stage} · {pages} pages"),
        (page, 0) => format!("{name} · {stage} · page {page}"),
        (page, pages) => format!("{name} · {stage} · page {page}/{pages}"),
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants that a glance at the screen proves.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}
