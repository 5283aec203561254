//! Timers and futures of one incarnation of an actor; closed with it, so that late ones cannot reach the next.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::rc::Rc;

use tokio::task::AbortHandle;

use super::behaviour::Behaviour;
use super::panics::PanicReport;
use super::scope::ActorScope;

pub(super) type ActorClosure<B> = Box<dyn FnOnce(&mut B, &mut ActorScope<'_, B>)>;

pub(super) enum TaskFuture<B: Behaviour> {
    Visit { what: &'static str, visit: ActorClosure<B>, cancelled: Rc<Cell<bool>> },
    Panicked(PanicReport),
}

/// Ended, never reused, when its incarnation ends: a late task of the old one finds only its own dead task set.
pub(super) struct TaskSet<B: Behaviour> {
    ended: Cell<bool>,
    due: RefCell<VecDeque<TaskFuture<B>>>,
    when_idle: RefCell<Vec<ActorClosure<B>>>,
    tasks: RefCell<HashMap<u64, AbortHandle>>,
    next_task: Cell<u64>,
}

/// Cancels a timer or a future that was started through the scope; dropping it does nothing.
#[derive(Debug, Clone)]
pub struct CancelHandle {
    cancelled: Rc<Cell<bool>>,
    task: AbortHandle,
}

impl CancelHandle {
    /// After this its closure will not run any more.
    pub fn cancel(&self) {
        self.cancelled.set(true);
        self.task.abort();
    }
}

impl<B: Behaviour> TaskSet<B> {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            ended: Cell::new(false),
            due: RefCell::default(),
            when_idle: RefCell::default(),
            tasks: RefCell::default(),
            next_task: Cell::new(0),
        })
    }

    /// Runs `future` until it is done, cancelled, or this incarnation ends.
    pub(crate) fn spawn(
        self: &Rc<Self>,
        cancelled: Rc<Cell<bool>>,
        future: impl Future<Output = ()> + 'static,
    ) -> CancelHandle {
        let number = self.next_task.replace(self.next_task.get() + 1);
        let leave = Leave { task_set: self.clone(), number };
        let task = tokio::task::spawn_local(async move {
            let _leave = leave;
            future.await;
        });
        let task = task.abort_handle();
        self.tasks.borrow_mut().insert(number, task.clone());
        CancelHandle { cancelled, task }
    }

    pub(crate) fn put(&self, job: TaskFuture<B>) {
        if !self.ended.get() {
            self.due.borrow_mut().push_back(job);
        }
    }

    pub(crate) fn take_due(&self) -> VecDeque<TaskFuture<B>> {
        self.due.take()
    }

    pub(crate) fn put_idle(&self, visit: ActorClosure<B>) {
        self.when_idle.borrow_mut().push(visit);
    }

    pub(crate) fn take_idle(&self) -> Vec<ActorClosure<B>> {
        self.when_idle.take()
    }

    pub(crate) fn has_idle(&self) -> bool {
        !self.when_idle.borrow().is_empty()
    }

    pub(crate) fn end(&self) {
        self.ended.set(true);
        for (_, task) in self.tasks.take() {
            task.abort();
        }
        drop((self.due.take(), self.when_idle.take()));
    }
}

/// Strikes a task from the list however it ends.
struct Leave<B: Behaviour> {
    task_set: Rc<TaskSet<B>>,
    number: u64,
}

impl<B: Behaviour> Drop for Leave<B> {
    fn drop(&mut self) {
        let gone = self.task_set.tasks.borrow_mut().remove(&self.number);
        drop(gone);
    }
}
