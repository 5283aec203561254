//! Frames to bytes and back, as the parent and its worker processes do it for each document.

use std::borrow::Cow;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use quire_domain::operation::{DocumentLimits, DocumentSummary, Operation, OperationOptions};
use quire_domain::stage::Stage;
use quire_worker::codec::{FrameDecoder, append_frame};
use quire_worker::protocol::{FromWorker, MAX_CHUNK_BYTES, RunJob, ToWorker};
use serde::{Deserialize, Serialize};

const TICKET: u64 = 123_456;

fn run() -> ToWorker<'static> {
    let limits = DocumentLimits {
        max_file_bytes: 512 << 20,
        max_pages: 20_000,
        max_decompressed_bytes: 256 << 20,
        max_output_bytes: 256 << 20,
    };
    ToWorker::Run(RunJob {
        ticket: TICKET,
        operations: Cow::Borrowed(&[Operation::Text, Operation::Info]),
        password: None,
        options: OperationOptions::default(),
        limits,
        has_document: true,
        script: None,
    })
}

fn done() -> FromWorker<'static> {
    let summary = DocumentSummary { pages: 12, pages_failed: 0, chars: 34_567, warnings: Vec::new() };
    FromWorker::Done { ticket: TICKET, result: Ok(summary), micros: 12_345, peak_memory_bytes: 50 << 20 }
}

fn progress() -> FromWorker<'static> {
    FromWorker::Progress { ticket: TICKET, stage: Stage::ExtractingText, page: 7, pages: 12 }
}

fn encoded(frame: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    assert_eq!(append_frame(frame, &mut bytes), Ok(()), "the frame fits");
    bytes
}

/// One whole frame through a decoder that is used again and again; the frame may borrow from the decoder.
fn decode<'a, F: Deserialize<'a>>(decoder: &'a mut FrameDecoder, bytes: &[u8]) -> Option<F> {
    decoder.push_bytes(bytes);
    decoder.next_frame().ok().flatten()
}

fn encodes(c: &mut Criterion) {
    let chunk = vec![b'x'; MAX_CHUNK_BYTES];
    let (run, chunk) = (run(), FromWorker::ArtifactChunk { ticket: TICKET, bytes: &chunk });

    let mut group = c.benchmark_group("encode");
    group.throughput(Throughput::Bytes(encoded(&run).len() as u64));
    let mut out = Vec::with_capacity(2 * MAX_CHUNK_BYTES);
    group.bench_function("run", |b| b.iter(|| written(&mut out, &run)));
    for (name, frame) in [("done", done()), ("progress", progress()), ("chunk_64_kib", chunk)] {
        group.throughput(Throughput::Bytes(encoded(&frame).len() as u64));
        group.bench_function(name, |b| b.iter(|| written(&mut out, &frame)));
    }
    group.finish();
}

/// Into the same room each time, as a writer does that has sent what was in it.
fn written(out: &mut Vec<u8>, frame: &impl Serialize) -> usize {
    out.clear();
    let _ = append_frame(black_box(frame), out);
    out.len()
}

fn decodes(c: &mut Criterion) {
    let chunk = vec![b'x'; MAX_CHUNK_BYTES];
    let chunk = FromWorker::ArtifactChunk { ticket: TICKET, bytes: &chunk };

    let mut group = c.benchmark_group("decode");
    let (bytes, mut decoder) = (encoded(&run()), FrameDecoder::new());
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("run", |b| {
        b.iter(|| decode::<ToWorker<'_>>(&mut decoder, black_box(&bytes)).is_some());
    });
    for (name, frame) in [("done", done()), ("progress", progress()), ("chunk_64_kib", chunk)] {
        let (bytes, mut decoder) = (encoded(&frame), FrameDecoder::new());
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| decode::<FromWorker<'_>>(&mut decoder, black_box(&bytes)).is_some());
        });
    }
    group.finish();
}

criterion_group!(benches, encodes, decodes);
criterion_main!(benches);
