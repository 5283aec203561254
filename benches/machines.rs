//! The pure machines, one decision at a time. None may cost anything beside a write to a disk.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use quire_domain::batch::{Batch, BatchInput, FailurePolicy, PauseMode};
use quire_domain::counts::ItemCounts;
use quire_domain::failure::FailureCode;
use quire_domain::ids::BatchKey;
use quire_domain::item::{Item, ItemInput, ItemState, TransitionContext};
use quire_domain::retry::RetryPolicy;
use quire_domain::schedule::SlotScheduler;

const EPOCH: i64 = 1;
const NOW: i64 = 1_700_000_000_000_000;

fn context(retry: &RetryPolicy) -> TransitionContext<'_> {
    TransitionContext { retry, cancelling: false, halted: false, now: NOW, jitter: 0.5 }
}

fn stepped(item: Item, event: &ItemInput, around: &TransitionContext<'_>) -> Item {
    item.step(event, around).map_or(item, |(next, _)| next)
}

fn item_steps(c: &mut Criterion) {
    let policy = RetryPolicy::default();
    let around = context(&policy);
    let queued = Item::submitted();
    let running = stepped(queued, &ItemInput::Claimed { epoch: EPOCH }, &around);
    let fence = running.fence();
    let old = ItemInput::Succeeded { fence: queued.fence() };
    let failed = ItemInput::Failed { fence, code: FailureCode::DocumentUnreadable };

    let mut group = c.benchmark_group("item");
    group.throughput(Throughput::Elements(1));
    let cases = [
        ("claim", queued, ItemInput::Claimed { epoch: EPOCH }),
        ("succeed", running, ItemInput::Succeeded { fence }),
        ("fail_and_wait", running, failed),
        ("refuse_an_old_fence", running, old),
    ];
    for (name, item, event) in cases {
        group.bench_function(name, |b| b.iter(|| black_box(item).step(black_box(&event), &around)));
    }
    group.finish();
}

fn batch_steps(c: &mut Criterion) {
    let batch = Batch::submitted(1_000, true, FailurePolicy::Continue);
    let empty = Batch::submitted(0, true, FailurePolicy::Continue);

    let mut group = c.benchmark_group("batch");
    group.throughput(Throughput::Elements(1));
    let cases = [
        ("pause", batch, BatchInput::PauseAsked { mode: PauseMode::Drain }),
        ("cancel", batch, BatchInput::CancelAsked),
        ("finalize", empty, BatchInput::FinalizeAsked),
        ("refuse_to_finalize", batch, BatchInput::FinalizeAsked),
    ];
    for (name, batch, event) in cases {
        group.bench_function(name, |b| b.iter(|| black_box(batch).step(black_box(&event), NOW)));
    }
    group.bench_function("item_moved", |b| {
        let queued = Item::submitted();
        let running = Item { state: ItemState::Running, ..queued };
        b.iter(|| black_box(batch).apply_item_and_policy(black_box(&queued), &running));
    });
    group.bench_function("status", |b| b.iter(|| black_box(&batch).status(NOW)));
    group.finish();
}

fn counts(c: &mut Criterion) {
    let mut some = ItemCounts::default();
    some.add_queued(1_000);

    let mut group = c.benchmark_group("counts");
    group.bench_function("there_and_back", |b| {
        b.iter(|| {
            let _ = black_box(&mut some).move_item(ItemState::Queued, ItemState::Running);
            some.move_item(ItemState::Running, ItemState::Queued)
        });
    });
    group.bench_function("adds_up", |b| b.iter(|| black_box(&some).adds_up()));
    group.finish();
}

/// As many batches as are active at once; every one is hungry, and the slots are few.
fn schedule(c: &mut Criterion) {
    const BATCHES: i64 = 64;
    let mut hungry = SlotScheduler::new(8);
    for batch in (1..=BATCHES).map(BatchKey) {
        hungry.add_batch(batch, 0);
        hungry.set_extra_demand(batch, u32::MAX);
    }
    let mut full = hungry.clone();
    while full.grant_next_slot().is_some() {}

    let mut group = c.benchmark_group("schedule_64_batches");
    group.bench_function("grant_and_release", |b| {
        let mut schedule = hungry.clone();
        b.iter(|| {
            let batch = schedule.grant_next_slot();
            if let Some(batch) = batch {
                schedule.release_slot(batch);
            }
            batch
        });
    });
    group.bench_function("fill_8_slots", |b| {
        b.iter_batched_ref(
            || hungry.clone(),
            |schedule| std::iter::from_fn(|| schedule.grant_next_slot()).count(),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("refuse_when_full", |b| b.iter(|| black_box(&mut full).grant_next_slot()));
    group.finish();
}

fn backoff(c: &mut Criterion) {
    let policy = RetryPolicy::default();
    c.bench_function("backoff", |b| b.iter(|| black_box(&policy).backoff(black_box(5), black_box(0.5))));
}

criterion_group!(benches, item_steps, batch_steps, counts, schedule, backoff);
criterion_main!(benches);
