//! Carries out a test's [`FaultScript`]; see there what each one is for.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use super::wire::JobChannel;
use crate::fault_script::FaultScript;
use crate::protocol::{FromWorker, PROGRESS_EVERY};
use crate::sandbox::EscapeProbe;
use quire_documents::{DocumentRequest, DocumentSink};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentSummary;
use quire_domain::stage::Stage;

const MIB: usize = 1024 * 1024;

pub(super) fn perform(
    script: &FaultScript,
    bytes: Vec<u8>,
    request: &DocumentRequest<'_>,
    wire: &mut JobChannel<'_>,
) -> Result<DocumentSummary, Failure> {
    match script {
        FaultScript::Exit(code) => std::process::exit(*code),
        FaultScript::Abort => std::process::abort(),
        FaultScript::Hang => hang(),
        FaultScript::Spin => spin(wire),
        FaultScript::SpinOn => spin_on(),
        FaultScript::Linger => linger(wire),
        FaultScript::Flood => flood(wire),
        FaultScript::Allocate => allocate(),
        FaultScript::Overflow => return Ok(DocumentSummary { chars: overflow(0), ..DocumentSummary::default() }),
        FaultScript::Panic => panic(),
        FaultScript::Garbage => say(wire, &[3, 0, 0, 0, 0xEE, 0xEE, 0xEE]),
        FaultScript::Raw(raw) => say(wire, raw),
        FaultScript::WrongTicket => end_another(wire),
        FaultScript::EndlessArtifacts => endless_artifacts(wire),
        FaultScript::Chatter(kib) => chatter(*kib),
        FaultScript::Echo => wire.artifact("document.bin", "application/octet-stream", &bytes)?,
        FaultScript::Trespass(what) => probe_escape(*what, wire)?,
        FaultScript::Fail(failure) => return Err(failure.clone()),
        FaultScript::Sleep(millis) => thread::sleep(Duration::from_millis(*millis)),
        FaultScript::FailFirst { with, .. } => return perform(with, bytes, request, wire),
    }
    quire_documents::process(bytes, request, wire)
}

fn hang() -> ! {
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

fn spin(wire: &mut JobChannel<'_>) -> ! {
    loop {
        wire.progress(Stage::ExtractingText, 1, 1);
    }
}

fn spin_on() {
    // Without room for a thread there is none, and the test sees it.
    let _ = thread::Builder::new().stack_size(64 << 10).spawn(|| {
        loop {
            black_box(());
        }
    });
}

fn linger(wire: &mut JobChannel<'_>) -> ! {
    loop {
        wire.progress(Stage::ExtractingText, 1, 1);
        thread::sleep(PROGRESS_EVERY);
    }
}

fn flood(wire: &mut JobChannel<'_>) -> ! {
    for page in (0..u32::MAX).cycle() {
        let stage = Stage::ALL[page as usize % Stage::ALL.len()];
        wire.send_progress(stage, page, u32::MAX);
        if wire.outbox.check().is_err() {
            break;
        }
    }
    std::process::exit(0)
}

fn allocate() {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; MIB]));
    }
}

fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(false) { depth } else { overflow(black_box(depth + 1)) + frame[63] }
}

fn panic() {
    std::panic::panic_any("as the script says".to_owned());
}

fn say(wire: &mut JobChannel<'_>, raw: &[u8]) -> ! {
    wire.outbox.push_raw(raw);
    let _ = wire.outbox.flush();
    hang()
}

fn end_another(wire: &mut JobChannel<'_>) -> ! {
    let ticket = wire.ticket.wrapping_add(1_000_000);
    let done = FromWorker::Done { ticket, result: Ok(DocumentSummary::default()), micros: 0, peak_memory_bytes: 0 };
    let _ = wire.outbox.push(&done);
    let _ = wire.outbox.flush();
    hang()
}

fn endless_artifacts(wire: &mut JobChannel<'_>) -> ! {
    let bytes = vec![b'x'; MIB];
    for number in 0_u64.. {
        if wire.send_artifact(&format!("{number}.bin"), "application/octet-stream", &bytes).is_err() {
            break;
        }
    }
    std::process::exit(0)
}

fn chatter(kib: u32) {
    for _ in 0..kib {
        eprintln!("{}", "blah".repeat(255));
    }
}

fn probe_escape(what: EscapeProbe, wire: &mut JobChannel<'_>) -> Result<(), Failure> {
    let attempt = serde_json::to_vec(&what.attempt());
    let attempt = attempt.map_err(|error| Failure::new(FailureCode::EngineFailure, error.to_string()))?;
    wire.artifact("trespass.json", "application/json", &attempt)
}
