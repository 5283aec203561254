//! The batch machine, asked everything.

use serde::Serialize;

use super::states_doc::{code, table};
use crate::batch::{Batch, BatchControl, BatchInput, BatchLifecycle, FailurePolicy, ItemSweep, PauseMode};
use crate::counts::ItemCounts;
use crate::failure::{FailureCode, FailureCodes};

const NOW: i64 = 0;

const DAMAGED: FailureCodes = FailureCodes::of(FailureCode::Damaged);

const EVENTS: [(&str, BatchInput); 14] = [
    ("`extended`", BatchInput::Extended { items: 1 }),
    ("`sealed`", BatchInput::Sealed),
    ("`pause_asked`, drain", BatchInput::PauseAsked { mode: PauseMode::Drain }),
    ("`pause_asked`, interrupt", BatchInput::PauseAsked { mode: PauseMode::Interrupt }),
    ("`resume_asked`", BatchInput::ResumeAsked),
    ("`cancel_asked`", BatchInput::CancelAsked),
    ("`retry_asked`", BatchInput::RetryAsked { cancelled_too: false }),
    ("`retry_asked`, cancelled too", BatchInput::RetryAsked { cancelled_too: true }),
    ("`retry_asked`, one failure code", BatchInput::FailedRetryAsked { codes: Some(DAMAGED), items: 1 }),
    ("`retry_asked`, named items", BatchInput::FailedRetryAsked { codes: None, items: 1 }),
    ("`retry_swept`, all", BatchInput::RetrySwept { after: None }),
    ("`deadline_passed`", BatchInput::DeadlinePassed),
    ("`given_up`", BatchInput::GivenUp),
    ("`finalize_asked`", BatchInput::FinalizeAsked),
];

pub(super) fn controls_and_phases() -> String {
    let mut text = "## Batch\n\n\
        The cells tell the status after the event, and what is logged. The samples: `open` 1 item queued, 1 failed; \
        `waiting` (it starts later) and `pending` 2 queued; `running` 1 running, 1 queued, 1 failed; `finalizing` and \
        `ended` 1 succeeded, 1 failed, 1 cancelled. All of them have a deadline that has come; the policy is \
        `continue`; a pause is a `drain`.\n"
        .to_owned();
    for control in BatchControl::ALL {
        let samples: Vec<_> =
            BatchLifecycle::ALL.iter().filter_map(|phase| Some((word(phase), sample(*control, *phase)?))).collect();
        text += &format!("\n### Control {}\n\n{}", word(control), answers(&samples));
    }
    text + "\nA cancel seals: a cancelled batch is never `open`.\n"
}

pub(super) fn circumstances() -> String {
    let running = sample(BatchControl::Run, BatchLifecycle::Running).expect("a batch can run");
    let retrying = Some(ItemSweep::Retry { after: 0, cancelled_too: false });
    let samples = [
        ("being retried".to_owned(), Batch { retrying, ..running }),
        ("given up (`fail_fast`)".to_owned(), Batch { on_failure: FailurePolicy::FailFast, halted: true, ..running }),
        ("past its deadline".to_owned(), Batch { deadline_hit: true, ..running }),
    ];
    format!("### A running batch in special circumstances\n\n{}", answers(&samples))
}

pub(super) fn outcomes() -> String {
    let none = ItemCounts::default();
    let all = ItemCounts { succeeded: 3, ..none };
    let some = ItemCounts { succeeded: 2, failed: 1, ..none };
    let failed = ItemCounts { failed: 3, ..none };
    let cancelled = ItemCounts { succeeded: 2, cancelled: 1, ..none };
    let expired = ItemCounts { succeeded: 2, expired: 1, ..none };
    let both = ItemCounts { succeeded: 1, cancelled: 1, expired: 1, ..none };
    let (run, cancel) = (BatchControl::Run, BatchControl::Cancelled);
    let (go_on, rollback) = (FailurePolicy::Continue, FailurePolicy::Rollback);
    let cases = [
        ("all succeeded", all, run, false, go_on),
        ("all succeeded, then cancelled", all, cancel, false, go_on),
        ("all succeeded, then the deadline", all, run, true, go_on),
        ("some failed", some, run, false, go_on),
        ("some failed, `rollback`", some, run, false, rollback),
        ("some failed, cancelled too late for any item", some, cancel, false, go_on),
        ("all failed", failed, run, false, go_on),
        ("cancelled, some items too", cancelled, cancel, false, go_on),
        ("retried after a cancel, without the cancelled items", cancelled, run, false, go_on),
        ("deadline hit, some items expired", expired, run, true, go_on),
        ("cancelled and past its deadline", both, cancel, true, go_on),
        ("no items", none, run, false, go_on),
        ("no items, cancelled", none, cancel, false, go_on),
    ];
    let mut rows = vec![["what happened", "outcome", "logged", "artifacts"].map(str::to_owned).to_vec()];
    for (name, counts, control, deadline_hit, policy) in cases {
        let counts = ItemCounts { total: counts.terminal_items(), ..counts };
        let batch = Batch { counts, control, deadline_hit, ..Batch::submitted(0, true, policy) };
        let step = batch.step(&BatchInput::FinalizeAsked, NOW).expect("every item is terminal");
        let outcome = step.batch.outcome.map(|outcome| word(&outcome)).unwrap_or_default();
        let logged = step.emit.map(|event| code(event.as_str())).unwrap_or_default();
        let artifacts = if step.batch.hides_artifacts() { "hidden" } else { "visible" };
        rows.push(vec![name.to_owned(), outcome, logged, artifacts.to_owned()]);
    }
    format!("### Outcomes\n\n{}", table(&rows))
}

/// A batch in this control and phase; none when they exclude each other.
fn sample(control: BatchControl, phase: BatchLifecycle) -> Option<Batch> {
    let before_control = Batch { deadline: Some(NOW), ..begun(phase) };
    let event = match control {
        BatchControl::Run => None,
        BatchControl::Paused => Some(BatchInput::PauseAsked { mode: PauseMode::Drain }),
        BatchControl::Cancelled => Some(BatchInput::CancelAsked),
    };
    let controlled = event.map_or(before_control, |event| after(before_control, event));
    let batch = if phase == BatchLifecycle::Ended { after(controlled, BatchInput::FinalizeAsked) } else { controlled };
    (batch.lifecycle(NOW) == phase).then_some(batch)
}

fn begun(phase: BatchLifecycle) -> Batch {
    let batch = Batch::submitted(0, true, FailurePolicy::Continue);
    let with = |counts: ItemCounts| Batch {
        counts: ItemCounts { total: counts.live_items() + counts.terminal_items(), ..counts },
        ..batch
    };
    let none = ItemCounts::default();
    match phase {
        BatchLifecycle::Open => {
            Batch { sealed: false, started: true, ..with(ItemCounts { queued: 1, failed: 1, ..none }) }
        }
        BatchLifecycle::Waiting => Batch { not_before: Some(NOW + 1), ..with(ItemCounts { queued: 2, ..none }) },
        BatchLifecycle::Pending => with(ItemCounts { queued: 2, ..none }),
        BatchLifecycle::Running => {
            Batch { started: true, ..with(ItemCounts { running: 1, queued: 1, failed: 1, ..none }) }
        }
        BatchLifecycle::Finalizing | BatchLifecycle::Ended => {
            Batch { started: true, ..with(ItemCounts { succeeded: 1, failed: 1, cancelled: 1, ..none }) }
        }
    }
}

fn after(batch: Batch, event: BatchInput) -> Batch {
    batch.step(&event, NOW).expect("the sample's way is open").batch
}

/// One column for each sample: its facts, then its answer to every event.
fn answers(samples: &[(String, Batch)]) -> String {
    let row = |name: &str, cell: &dyn Fn(&Batch) -> String| {
        [name.to_owned()].into_iter().chain(samples.iter().map(|(_, batch)| cell(batch))).collect::<Vec<_>>()
    };
    let head = [String::new()].into_iter().chain(samples.iter().map(|(name, _)| name.clone())).collect();
    let mut rows = vec![
        head,
        row("*status*", &|batch| word(&batch.status(NOW))),
        row("*may start items*", &|batch| if batch.may_start_items(NOW) { "yes" } else { "no" }.to_owned()),
        row("*sweep that is due*", &sweep),
    ];
    rows.extend(EVENTS.iter().map(|(name, event)| row(name, &|batch| answer(batch, event))));
    table(&rows)
}

fn answer(batch: &Batch, event: &BatchInput) -> String {
    match batch.step(event, NOW) {
        Err(_) => "—".to_owned(),
        Ok(step) if !step.changed => "=".to_owned(),
        Ok(step) => {
            let logged = step.emit.map_or(String::new(), |event| format!("; logs {}", code(event.as_str())));
            format!("→ {}{logged}", word(&step.batch.status(NOW)))
        }
    }
}

fn sweep(batch: &Batch) -> String {
    match batch.due_sweep() {
        None => "none".to_owned(),
        Some(ItemSweep::Cancel) => "cancel".to_owned(),
        Some(ItemSweep::Expire) => "expire".to_owned(),
        Some(ItemSweep::Skip) => "skip".to_owned(),
        Some(ItemSweep::Retry { .. } | ItemSweep::RetryFailed { .. }) => "retry".to_owned(),
    }
}

fn word(one: &impl Serialize) -> String {
    code(serde_json::to_value(one).expect("a plain word").as_str().expect("a plain word"))
}
