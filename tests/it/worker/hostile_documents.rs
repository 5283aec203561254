//! Hostile documents, through a whole server: each ends as its row in `samples::hostile::CAST` says, good documents
//! among them come to no harm, and the server's memory stays where it was.

use std::collections::HashMap;

use quire::config::Config;
use quire_documents::samples::hostile::{AllowedEnd, CAST, bomb_of, endless};
use quire_documents::samples::{self, pages};
use quire_domain::failure::FailureCode;
use quire_domain::operation::{DocumentLimits, Operation};
use quire_worker::{DisabledLayer, JobLimits, LaunchSpec, QueuedJob, WorkerProcess, WorkerSettings};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, peak_memory_mib};
use crate::worker::harness::{document, noop, program, walk_with};

const MIB: u64 = 1 << 20;

/// The memory that the server may take more, at its peak, for the whole cast.
const MAY_GROW_MIB: u64 = 96;

/// Limits so low that the whole cast is through soon.
fn strict() -> Plan {
    TestApp::with("worker.memory_mib", 384)
        .with("worker.cpu_secs", 20)
        .with("worker.attempt_timeout_secs", 20)
        .with("worker.silence_timeout_secs", 15)
        .with("documents.max_decompressed_mib", 64)
        .with("retry.max_timeouts", 1)
        .with("retry.backoff_base_ms", 1)
        .with("retry.backoff_cap_ms", 1)
}

/// Each hostile document, and behind every fourth one a good one.
fn mixed() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (nth, part) in CAST.iter().enumerate() {
        files.push((part.name.to_owned(), (part.make)()));
        if nth % 4 == 0 {
            files.push((format!("good-{nth}"), pages(3)));
        }
    }
    // Cut off at all kinds of places.
    for (name, whole) in [("report", samples::report()), ("columns", samples::two_columns())] {
        files.extend((1..12).map(|part| (format!("cut-{name}-{part}"), whole[..whole.len() * part / 12].to_vec())));
    }
    files
}

fn ending(item: &Value) -> Option<AllowedEnd> {
    match item["state"].as_str()? {
        "succeeded" => Some(AllowedEnd::Succeeds),
        _ => {
            let code = item["failure"]["code"].as_str()?;
            FailureCode::ALL.iter().find(|known| known.as_str() == code).map(|code| AllowedEnd::Fails(*code))
        }
    }
}

/// Ends of these items that are not as expected, one line each.
fn surprises(items: &[Value]) -> Vec<String> {
    let table: HashMap<_, _> = CAST.iter().map(|part| (part.name, part.endings)).collect();
    let is_expected = |name: &str, ending: AllowedEnd| match table.get(name) {
        Some(endings) => endings.contains(&ending),
        None if name.starts_with("good") => ending == AllowedEnd::Succeeds,
        // Cut off: read as far as it goes, or refused as what it is.
        None => {
            matches!(ending, AllowedEnd::Succeeds | AllowedEnd::Fails(FailureCode::Truncated | FailureCode::Damaged))
        }
    };
    let named = items.iter().map(|item| (item["name"].as_str().unwrap_or_default(), ending(item), item));
    let wrong = named.filter(|(name, ending, _)| !ending.is_some_and(|ending| is_expected(name, ending)));
    wrong.map(|(name, ending, item)| format!("{name}: {ending:?} {}", item["failure"])).collect()
}

#[tokio::test]
async fn every_hostile_document_ends_as_expected_and_nothing_else_comes_to_harm() {
    let files = mixed();
    let app = strict().start();
    let good: Vec<_> = (0..20).map(|n| (format!("good-{n}"), pages(n + 1))).collect();
    let first = submit(&app, &good).await;
    app.wait_for_end(&first).await;
    let (before, peak_before) = (app.read("/api/batch/metrics").await, peak_memory_mib(app.pid()));

    let (hostile, beside) = (submit(&app, &files).await, submit(&app, &good).await);
    assert_eq!(app.wait_for_end(&beside).await["outcome"], "succeeded", "nobody stands in a hostile queue");
    for quarter in 1..=4 {
        let ended = quarter as f64 / 4.0;
        app.eventually(&hostile, |seen| seen["progress"].as_f64() >= Some(ended)).await;
    }
    app.wait_for_end(&hostile).await;
    let items = app.results(&hostile).await;
    assert_eq!(items.len(), files.len());
    let surprises = surprises(&items);
    assert!(surprises.is_empty(), "\n{}\n", surprises.join("\n"));

    let after = app.read("/api/batch/metrics").await;
    let rise = |path: &str| after.pointer(path).unwrap().as_u64() > before.pointer(path).unwrap().as_u64();
    assert!(rise("/workers/killed") && rise("/workers/spawned"), "dead processes are replaced: {after:#}");
    let grown = peak_memory_mib(app.pid()) - peak_before;
    // The documents unpack to terabytes; what is allowed here is what uploads and their copies take.
    assert!(grown <= MAY_GROW_MIB, "the server grew by {grown} MiB");
    assert_eq!(app.get("/healthz").await.status(), 200);
}

async fn submit(app: &TestApp, files: &[(String, Vec<u8>)]) -> String {
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    app.submit_form(&files, json!({ "operations": ["text", "info"] })).await
}

#[test]
fn an_unexpected_end_would_be_noticed() {
    let item =
        |name: &str, state: &str, code: &str| json!({ "name": name, "state": state, "failure": { "code": code } });
    let items = [
        item("good-1", "failed", "damaged"),
        item("bomb-form", "succeeded", ""),
        item("bomb-form", "failed", "crash_in_space"),
        item("bomb-form", "failed", "decompression_limit"),
        item("cut-report-1", "failed", "out_of_memory"),
        item("good-1", "running", ""),
    ];
    assert_eq!(surprises(&items).len(), 5);
}

/// Protections that may be taken away, one after the other.
#[derive(Clone, Copy)]
struct Protection {
    memory_mib: u64,
    max_decompressed_mib: u64,
    silence_secs: u64,
    attempt_secs: u64,
    cpu_secs: u64,
}

const STRICT: Protection =
    Protection { memory_mib: 256, max_decompressed_mib: 32, silence_secs: 2, attempt_secs: 30, cpu_secs: 30 };

/// The failure of the document in a process of its own, and the MiB by which that process grew; 0 if it died.
async fn alone(bytes: &[u8], protection: Protection) -> (Option<FailureCode>, u64) {
    let settings = WorkerSettings {
        memory_mib: protection.memory_mib,
        cpu_secs: protection.cpu_secs,
        silence_timeout_secs: protection.silence_secs,
        attempt_timeout_secs: protection.attempt_secs,
        ..Config::load(None, &[]).unwrap().worker
    };
    let rules: JobLimits = settings.rules();
    let limits = DocumentLimits {
        max_file_bytes: 8 * MIB,
        max_pages: 10,
        max_decompressed_bytes: protection.max_decompressed_mib * MIB,
        max_output_bytes: 8 * MIB,
    };
    let mut process =
        WorkerProcess::launch(&LaunchSpec::new(&settings, DisabledLayer::Nothing).with_program(program()))
            .await
            .unwrap();
    let before = peak_memory_mib(process.pid().unwrap());
    let job = QueuedJob { operations: [Operation::Text].into(), document: Some(document(bytes)), limits, ..noop(1) };
    let (_, notes) = walk_with(&mut process, vec![job], rules).await;
    (notes.code(1), process.pid().map_or(0, |pid| peak_memory_mib(pid) - before))
}

async fn end_alone(bytes: &[u8], protection: Protection) -> Option<FailureCode> {
    alone(bytes, protection).await.0
}

/// The control: each protection is what ends the bomb, for without it another one does, and without all of them
/// none; a server that unpacked even this one would grow by more than it may.
#[tokio::test]
async fn without_its_limit_a_bomb_ends_elsewhere_or_not_at_all() {
    let bomb = bomb_of(200 * MIB as usize);
    let weighed = Protection { silence_secs: 80, attempt_secs: 80, cpu_secs: 80, ..STRICT };
    assert_eq!(end_alone(&bomb, weighed).await, Some(FailureCode::DecompressionLimit));
    let unpacked = Protection { max_decompressed_mib: 1_024, ..weighed };
    assert_eq!(end_alone(&bomb, unpacked).await, Some(FailureCode::OutOfMemory));
    let generous = Protection { memory_mib: 4_096, ..unpacked };
    let (end, grown) = alone(&bomb, generous).await;
    assert_eq!(end, None);
    assert!(grown > MAY_GROW_MIB, "a server that unpacked it would not be noticed: {grown} MiB");
}

/// The control of the clocks: the endless document ends by whichever is left.
#[tokio::test]
async fn without_its_clock_the_endless_document_ends_by_another() {
    let endless = endless();
    assert_eq!(end_alone(&endless, STRICT).await, Some(FailureCode::TimedOutSilent));
    let patient = Protection { silence_secs: 80, attempt_secs: 4, ..STRICT };
    assert_eq!(end_alone(&endless, patient).await, Some(FailureCode::TimedOutTotal));
    let busy = Protection { attempt_secs: 80, cpu_secs: 2, ..patient };
    assert_eq!(end_alone(&endless, busy).await, Some(FailureCode::TimedOutCpu));
}

/// A page that is over the limit costs that page only.
#[tokio::test]
async fn of_two_pages_the_good_one_is_read() {
    let app = strict().start();
    let files = [("two.pdf", samples::hostile::good_page_and_bomb())];
    let batch = app.submit_form(&files, json!({ "operations": ["text"] })).await;
    let ended = app.wait_for_end(&batch).await;
    assert_eq!(ended["outcome"], "succeeded", "{ended:#}");
    let item = &app.results(&batch).await[0];
    assert_eq!(item["summary"]["pages_failed"], 1, "{item:#}");
    assert!(item["summary"]["warnings"][0].as_str().unwrap().contains("unpacks to more than"), "{item:#}");
}
