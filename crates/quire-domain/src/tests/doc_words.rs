//! The closed lists and the numbers.

use super::states_doc::{code, row, table};
use crate::event::EventType;
use crate::failure::FailureCode;
use crate::retry::{AttemptsUsed, RetryDecision, RetryPolicy};
use crate::stage::Stage;

pub(super) fn retry_policy() -> String {
    let policy = RetryPolicy::default();
    let RetryPolicy { max_attempts, max_timeouts, max_crashes, backoff_base_ms, backoff_cap_ms } = policy;
    let numbers = [
        ("max_attempts", u64::from(max_attempts), "attempts in all for transient failures"),
        ("max_timeouts", u64::from(max_timeouts), "attempts that may end by a clock"),
        ("max_crashes", u64::from(max_crashes), "deaths of the worker process, then quarantine"),
        ("backoff_base_ms", backoff_base_ms, "ceiling of the first backoff"),
        ("backoff_cap_ms", backoff_cap_ms, "ceiling of every backoff"),
    ];
    let mut rows = vec![row(["key", "default", "meaning"])];
    rows.extend(numbers.map(|(key, value, meaning)| vec![code(key), value.to_string(), meaning.to_owned()]));
    let ceilings: Vec<_> = (1..=10).map(|charged| format!("{}", policy.backoff(charged, 1.0) / 1_000_000)).collect();
    format!(
        "## Retry\n\n{}\nA backoff is uniform between 0 and its ceiling. Ceilings after the first ten failed attempts, \
         in seconds: {}.\n",
        table(&rows),
        ceilings.join(", ")
    )
}

pub(super) fn failure_codes() -> String {
    let mut rows = vec![row(["code", "class", "then", "what a user can do"])];
    for failure in FailureCode::ALL {
        let class = format!("{:?}", failure.class()).to_lowercase();
        rows.push(vec![code(failure.as_str()), class, then(*failure), failure.remedy().to_owned()]);
    }
    format!("## Failure codes\n\nTimes are counted within one generation of an item.\n\n{}", table(&rows))
}

/// The policy's answer at first, and at last.
fn then(failure: FailureCode) -> String {
    let policy = RetryPolicy::default();
    let spent = |n: u32| AttemptsUsed { charged: n, timeouts: n, crashes: n };
    let last = (1..=policy.max_attempts).find_map(|n| match policy.decide(failure, spent(n), 0.0) {
        RetryDecision::Give(reason) => Some((n, reason)),
        RetryDecision::RetryAfter(_) | RetryDecision::Requeue => None,
    });
    let (n, reason) = last.expect("the budget is finite");
    let ends = code(format!("failed({})", reason.as_str()));
    match policy.decide(failure, spent(1), 0.0) {
        RetryDecision::Give(_) => ends,
        RetryDecision::RetryAfter(_) => format!("again after a backoff; the {}: {ends}", ordinal(n)),
        RetryDecision::Requeue => format!("again at once; the {}: {ends}", ordinal(n)),
    }
}

fn ordinal(n: u32) -> String {
    match n {
        1 => "1st".to_owned(),
        2 => "2nd".to_owned(),
        3 => "3rd".to_owned(),
        _ => format!("{n}th"),
    }
}

pub(super) fn stages() -> String {
    let names =
        Stage::ALL.iter().enumerate().map(|(index, stage)| format!("{}. {}\n", index + 1, code(stage.as_str())));
    format!("## Stages of an attempt\n\nShown as progress, never stored.\n\n{}", names.collect::<String>())
}

pub(super) fn events() -> String {
    let names = EventType::ALL.iter().map(|event| format!("- {}\n", code(event.as_str())));
    format!("## Events that are logged\n\n{}", names.collect::<String>())
}
