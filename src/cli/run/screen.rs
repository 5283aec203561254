//! Display of a run: bars on a terminal, plain lines elsewhere. On standard error only.

mod bars;
mod plain;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::OnceLock;

use self::bars::RunBars;
use self::plain::PlainScreen;
use super::export::InputFacts;
use crate::actors::progress_tracker::RunningAttempt;
use quire_domain::counts::ItemCounts;
use quire_domain::item::ItemState;

pub(super) enum RunScreen {
    Bars(RunBars),
    Plain(PlainScreen),
}

/// One input that has ended.
#[derive(Debug)]
pub(super) struct FinishedInput {
    name: String,
    /// The failure's code, when it failed.
    failure: Option<String>,
    pages: u32,
}

/// Progress of a run.
#[derive(Debug, Default)]
pub(super) struct RunProgress {
    pub counts: ItemCounts,
    /// The walk is not over: the total still grows.
    pub is_finding: bool,
    pub pages_per_second: f64,
    /// `None` while nothing can be said.
    pub seconds_left: Option<f64>,
    pub running: Vec<RunningAttempt>,
    /// Why nothing goes on, when nothing does.
    pub trouble: Option<String>,
}

impl RunScreen {
    pub(super) fn open(slots: u32) -> Self {
        match std::io::stderr().is_terminal() {
            true => Self::Bars(RunBars::new(slots)),
            false => Self::Plain(PlainScreen::default()),
        }
    }

    pub(super) fn finished(&self, finished: &FinishedInput) {
        match self {
            Self::Bars(_) => {}
            Self::Plain(plain) => plain.finished(finished),
        }
    }

    pub(super) fn show(&self, progress: &RunProgress) {
        match self {
            Self::Bars(bars) => bars.show(progress),
            Self::Plain(plain) => plain.show(progress),
        }
    }

    /// A sentence that stays.
    pub(super) fn say(&self, text: &str) {
        match self {
            Self::Bars(bars) => bars.say(text),
            Self::Plain(plain) => plain.say(text),
        }
    }

    /// Takes the bars away.
    pub(super) fn close(&self) {
        if let Self::Bars(bars) = self {
            bars.close();
        }
    }
}

impl FinishedInput {
    pub(super) fn of(facts: &InputFacts) -> Self {
        Self {
            name: display_path(&facts.input.path),
            failure: (facts.state() == ItemState::Failed)
                .then(|| facts.failure().map_or_else(|| "failed".into(), |failure| failure.code)),
            pages: facts.summary().pages,
        }
    }
}

impl RunProgress {
    /// Inputs whose result is final.
    pub(super) fn done(&self) -> u64 {
        self.counts.terminal_items()
    }

    fn speed(&self) -> String {
        let mut words = Vec::new();
        if self.counts.failed > 0 {
            words.push(format!("{} failed", self.counts.failed));
        }
        words.push(format!("{:.1} pages/s", self.pages_per_second));
        if self.is_finding {
            words.push("looking for more".into());
        } else if let Some(left) = self.seconds_left {
            words.push(format!("{} left", super::summary::format_duration(left)));
        }
        words.extend(self.trouble.clone());
        words.join(" · ")
    }
}

/// A path for people: relative where that is shorter, without anything that a terminal would obey.
pub fn display_path(path: &Path) -> String {
    static HERE: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    let here = HERE.get_or_init(|| std::env::current_dir().and_then(|here| here.canonicalize()).ok());
    let short = here.as_ref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    display_text(&short.to_string_lossy())
}

/// Text without control characters: documents and file names may hold escape sequences.
pub fn display_text(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}
