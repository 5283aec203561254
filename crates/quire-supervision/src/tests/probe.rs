//! An actor that does to itself whatever a test says, and tells what happened to it.

use std::future::Future;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::*;

/// Longer than any test takes on a busy machine.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// A supervised value and the log of its life.
pub(super) struct Probe {
    pub log: Log,
    pub sum: u64,
    pub owed: Vec<PendingAnswer<()>>,
    pub on_start: Option<OnStart>,
    pub on_down: Option<OnDown>,
}

pub(super) type Act = Box<dyn FnOnce(&mut Probe, &mut ActorScope<'_, Probe>) + Send>;
pub(super) type OnStart = Arc<dyn Fn(&mut Probe, &mut ActorScope<'_, Probe>) + Send + Sync>;
pub(super) type OnDown = Arc<dyn Fn(&mut Probe, &ChildDown, &mut ActorScope<'_, Probe>) + Send + Sync>;

/// Shared by all incarnations of all probes of a test.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

/// Adds and returns the sum.
pub(super) struct Add(pub u64);
/// Runs in the handler.
pub(super) struct Do(pub Act);
/// Answers when told to, by a future made in the handler.
pub(super) struct DoLater(pub Box<dyn FnOnce() + Send>);
/// Answers with the promise that is kept in the probe.
pub(super) struct Owe;

impl Message for Add {
    type Reply = u64;
    const NAME: &'static str = "add";
}

impl Message for Do {
    type Reply = ();
    const NAME: &'static str = "do";
}

impl Message for DoLater {
    type Reply = ();
    const NAME: &'static str = "do_later";
}

impl Message for Owe {
    type Reply = ();
    const NAME: &'static str = "owe";
}

impl Behaviour for Probe {
    const KIND: &'static str = "probe";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.log.add(format!("{} started", scope.id()));
        if let Some(on_start) = self.on_start.clone() {
            on_start(self, scope);
        }
    }

    fn child_down(&mut self, down: ChildDown, scope: &mut ActorScope<'_, Self>) {
        let reason = match &down.reason {
            DownReason::Panicked(note) => format!("panicked: {}", note.message),
            DownReason::Escalated { restarts, .. } => format!("escalated after {restarts}"),
            other => format!("{other:?}").to_lowercase(),
        };
        self.log.add(format!("{} down: {reason}", down.id));
        match self.on_down.clone() {
            Some(on_down) => on_down(self, &down, scope),
            None => down.handle_by_default(scope),
        }
    }

    fn stopping(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.log.add(format!("{} stopping", scope.id()));
    }
}

impl Receive<Add> for Probe {
    fn receive(&mut self, msg: Add, _: &mut ActorScope<'_, Self>) -> Answer<u64> {
        self.sum += msg.0;
        self.sum.into()
    }
}

impl Receive<Do> for Probe {
    fn receive(&mut self, msg: Do, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        (msg.0)(self, scope);
        ().into()
    }
}

impl Receive<DoLater> for Probe {
    fn receive(&mut self, msg: DoLater, _: &mut ActorScope<'_, Self>) -> Answer<()> {
        Answer::from_future(async move {
            tokio::task::yield_now().await;
            (msg.0)();
        })
    }
}

impl Receive<Owe> for Probe {
    fn receive(&mut self, _: Owe, _: &mut ActorScope<'_, Self>) -> Answer<()> {
        let (answer, promise) = Answer::deferred();
        self.owed.push(promise);
        answer
    }
}

impl Do {
    pub(super) fn new(act: impl FnOnce(&mut Probe, &mut ActorScope<'_, Probe>) + Send + 'static) -> Self {
        Self(Box::new(act))
    }

    pub(super) fn panic() -> Self {
        Self::new(|_, _| panic!("on purpose"))
    }
}

impl Log {
    pub(super) fn add(&self, actor_cell: impl Into<String>) {
        self.0.lock().unwrap().push(actor_cell.into());
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn count(&self, actor_cell: &str) -> usize {
        self.lines().iter().filter(|have| *have == actor_cell).count()
    }

    pub(super) async fn has(&self, actor_cell: &str) {
        eventually(actor_cell, || self.count(actor_cell) > 0).await;
    }

    pub(super) fn probe(&self) -> Probe {
        Probe { log: self.clone(), sum: 0, owed: Vec::new(), on_start: None, on_down: None }
    }

    pub(super) fn factory(&self) -> impl FnMut() -> Probe + Send + 'static {
        let log = self.clone();
        move || log.probe()
    }

    pub(super) fn starting(
        &self,
        on_start: impl Fn(&mut Probe, &mut ActorScope<'_, Probe>) + Send + Sync + 'static,
    ) -> impl FnMut() -> Probe + Send + 'static {
        let (log, on_start): (_, OnStart) = (self.clone(), Arc::new(on_start));
        move || Probe { on_start: Some(on_start.clone()), ..log.probe() }
    }
}

/// A message in whose handler the actor blocks its thread until the sender is used or dropped.
pub(super) fn block() -> (Do, oneshot::Receiver<()>, Sender<()>) {
    let (entered, inside) = oneshot::channel();
    let (release, released) = channel::<()>();
    let block = Do::new(move |_, _| {
        let _ = entered.send(());
        let _ = released.recv();
    });
    (block, inside, release)
}

/// Rebuilt at once, and as often as it takes.
pub(super) fn quick(spec: ChildSpec) -> ChildSpec {
    let instant = Duration::from_millis(1);
    spec.backoff(Backoff { initial: instant, max: instant, ..Backoff::default() }).intensity(1_000_000, LONG)
}

/// Runs `test` in a system and a tree of its own.
pub(super) fn in_tree<F: Future<Output = ()>>(test: impl FnOnce(SupervisionTree, Log) -> F) {
    actix::System::new().block_on(async {
        let tree = SupervisionTree::start(StuckDetection::default());
        tokio::time::timeout(LONG, test(tree, Log::default())).await.expect("the test hangs");
    });
}

pub(super) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap_or_else(|_| panic!("never came true: {what}"));
}
