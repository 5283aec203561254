//! Display of a watch: a bar for each batch with messages above them; plain lines for pipes and logs.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::state::{WatchState, WatchedBatch};
use crate::cli::remote::feed::FeedUpdate;
use crate::cli::run::{display_text, format_duration};
use quire_domain::event::EventView;
use quire_domain::ids::BatchId;

pub(super) enum WatchScreen {
    Bars(WatchBars),
    Plain {
        shown: Option<Instant>,
        said: String,
    },
    /// Every event as a line of JSON on standard output.
    Json,
}

pub(super) struct WatchBars {
    all: MultiProgress,
    batches: Vec<ProgressBar>,
    running: Vec<ProgressBar>,
}

/// Batches and documents at work beyond so many lines are left out.
const BATCH_LINES: usize = 8;
const RUNNING_LINES: usize = 8;
/// Without a terminal a line comes at most this often, and only when something changed.
const PLAIN_EVERY: Duration = Duration::from_secs(1);

impl WatchScreen {
    pub(super) fn open(json: bool) -> Self {
        match (json, io::stderr().is_terminal()) {
            (true, _) => Self::Json,
            (false, true) => Self::Bars(WatchBars::new()),
            (false, false) => Self::Plain { shown: None, said: String::new() },
        }
    }

    /// Lines that stay: facts, and how the line is.
    pub(super) fn tell(&self, update: &FeedUpdate) {
        match (self, update) {
            (Self::Json, FeedUpdate::Events(events)) => events.iter().for_each(print_json),
            (Self::Json, _) => {}
            (_, FeedUpdate::Events(events)) => {
                events.iter().filter_map(words_of_event).for_each(|text| self.say(&text))
            }
            (_, FeedUpdate::Lost { why, again_in }) => {
                self.say(&format!("connection lost: {why}; again in {:.1} s", again_in.as_secs_f64()));
            }
            (_, FeedUpdate::Polling) => self.say("no WebSocket gets through; asking for news instead"),
            (_, FeedUpdate::Reset(_)) => self.say("the server's log is another one now; starting afresh"),
            (_, FeedUpdate::Live | FeedUpdate::Progress(_) | FeedUpdate::Snapshot(_)) => {}
        }
    }

    pub(super) fn show(&mut self, state: &WatchState) {
        match self {
            Self::Bars(bars) => bars.show(state),
            Self::Plain { shown, said } => {
                let is_due = shown.is_none_or(|at| at.elapsed() >= PLAIN_EVERY);
                let text = plain(state);
                if is_due && text != *said && !text.is_empty() {
                    line(&text);
                    (*shown, *said) = (Some(Instant::now()), text);
                }
            }
            Self::Json => {}
        }
    }

    /// The last word on what was watched.
    pub(super) fn close(&self, state: &WatchState) {
        match self {
            Self::Bars(bars) => {
                let _ = bars.all.clear();
                line(&plain(state));
            }
            Self::Plain { said, .. } => {
                let last = plain(state);
                if last != *said {
                    line(&last);
                }
            }
            Self::Json => {}
        }
    }

    fn say(&self, text: &str) {
        match self {
            // A terminal that is gone has no reader.
            Self::Bars(bars) => drop(bars.all.println(text)),
            Self::Plain { .. } => line(text),
            Self::Json => {}
        }
    }
}

impl WatchBars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let make = |template: &str, count| {
            let lines = (0..count).map(|_| {
                let bar = all.add(ProgressBar::new(0));
                bar.set_style(style(template));
                bar
            });
            lines.collect()
        };
        let batches = make("{prefix:8} {bar:24} {pos}/{len} · {msg}", BATCH_LINES);
        let running = make("  {msg:74!}", RUNNING_LINES);
        Self { all, batches, running }
    }

    fn show(&self, state: &WatchState) {
        let batches = state.batches();
        for (nth, bar) in self.batches.iter().enumerate() {
            match batches.get(nth) {
                Some((id, seen)) => {
                    bar.set_style(style("{prefix:8} {bar:24} {pos}/{len} · {msg}"));
                    bar.set_prefix(short(*id));
                    bar.set_length(seen.counts.total);
                    bar.set_position(seen.counts.terminal_items());
                    bar.set_message(words(seen));
                }
                None => {
                    bar.set_style(style("{msg}"));
                    bar.set_message("");
                }
            }
        }
        let running = batches.iter().flat_map(|(_, seen)| &seen.running);
        let texts: Vec<_> = running.map(at_work).take(self.running.len()).collect();
        for (nth, bar) in self.running.iter().enumerate() {
            bar.set_message(texts.get(nth).cloned().unwrap_or_default());
        }
    }
}

fn at_work(item: &quire_domain::live_frames::RunningItem) -> String {
    let stage = item.at.stage.as_str().replace('_', " ");
    let name = display_text(&item.name);
    match (item.at.page, item.at.pages) {
        (0, _) => format!("{stage} · {name}"),
        (page, 0) => format!("{stage} · page {page} · {name}"),
        (page, pages) => format!("{stage} · page {page}/{pages} · {name}"),
    }
}

fn words(seen: &WatchedBatch) -> String {
    let mut words = vec![seen.status.as_str().to_owned()];
    if seen.counts.failed > 0 {
        words.push(format!("{} failed", seen.counts.failed));
    }
    if seen.outcome.is_none() {
        words.extend(seen.pace.items_per_second.map(|rate| format!("{rate:.1} items/s")));
        words.extend(seen.pace.eta_seconds.map(|left| format!("{} left", format_duration(left))));
    }
    words.join(" · ")
}

fn plain(state: &WatchState) -> String {
    let batches = state.batches();
    let lines = batches.iter().take(BATCH_LINES).map(|(id, seen)| {
        format!("{}  {} of {} · {}", short(*id), seen.counts.terminal_items(), seen.counts.total, words(seen))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Line about an event, if a person wants one; the bars tell the rest.
fn words_of_event(event: &EventView) -> Option<String> {
    use quire_domain::event::EventType as Type;
    let batch = short(event.batch);
    match event.kind {
        Type::ItemFailed => {
            let why = event.data.failure.map_or("failed", |failure| failure.as_str());
            Some(format!("{batch}  item {} failed: {why}", event.item.unwrap_or_default()))
        }
        _ if event.item.is_some() || event.kind == Type::BatchProgress => None,
        _ => Some(format!("{batch}  {}", event.kind.as_str())),
    }
}

fn print_json(event: &EventView) {
    if let Ok(text) = serde_json::to_string(event) {
        let _ = writeln!(io::stdout(), "{text}");
    }
}

/// The end of the id: its beginning is the time, the same for neighbours.
fn short(id: BatchId) -> String {
    let text = id.to_string();
    text[text.len() - 8..].to_owned()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}

/// `eprintln!` would panic when standard error is closed.
fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
