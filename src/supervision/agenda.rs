//! The actor's own futures and timers, one set per incarnation. Each runs as a local task of its own, so a flooded
//! mailbox cannot starve it, and leaves its outcome here for the cell to carry out.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::rc::Rc;

use tokio::task::AbortHandle;

use super::behaviour::Behaviour;
use super::panics::PanicNote;
use super::scope::Scope;

pub(super) type Visit<B> = Box<dyn FnOnce(&mut B, &mut Scope<'_, B>)>;

pub(super) enum Job<B: Behaviour> {
    Visit { what: &'static str, visit: Visit<B>, cancelled: Rc<Cell<bool>> },
    Panicked(PanicNote),
}

/// Ended, never reused, when its incarnation ends: a late task of the old one finds only its own dead agenda.
pub(super) struct Agenda<B: Behaviour> {
    ended: Cell<bool>,
    due: RefCell<VecDeque<Job<B>>>,
    when_idle: RefCell<Vec<Visit<B>>>,
    tasks: RefCell<HashMap<u64, AbortHandle>>,
    next_task: Cell<u64>,
}

/// Cancels a timer or a future that was started through the scope; dropping it does nothing.
#[derive(Debug, Clone)]
pub struct TimerHandle {
    cancelled: Rc<Cell<bool>>,
    task: AbortHandle,
}

impl TimerHandle {
    /// After this its closure will not run any more.
    pub fn cancel(&self) {
        self.cancelled.set(true);
        self.task.abort();
    }
}

impl<B: Behaviour> Agenda<B> {
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            ended: Cell::new(false),
            due: RefCell::default(),
            when_idle: RefCell::default(),
            tasks: RefCell::default(),
            next_task: Cell::new(0),
        })
    }

    /// Runs `future` until it is done, cancelled, or this incarnation ends.
    pub fn spawn(
        self: &Rc<Self>,
        cancelled: Rc<Cell<bool>>,
        future: impl Future<Output = ()> + 'static,
    ) -> TimerHandle {
        let number = self.next_task.replace(self.next_task.get() + 1);
        let leave = Leave { agenda: self.clone(), number };
        let task = tokio::task::spawn_local(async move {
            let _leave = leave;
            future.await;
        });
        let task = task.abort_handle();
        self.tasks.borrow_mut().insert(number, task.clone());
        TimerHandle { cancelled, task }
    }

    pub fn put(&self, job: Job<B>) {
        if !self.ended.get() {
            self.due.borrow_mut().push_back(job);
        }
    }

    pub fn take_due(&self) -> VecDeque<Job<B>> {
        self.due.take()
    }

    pub fn put_idle(&self, visit: Visit<B>) {
        self.when_idle.borrow_mut().push(visit);
    }

    pub fn take_idle(&self) -> Vec<Visit<B>> {
        self.when_idle.take()
    }

    pub fn has_idle(&self) -> bool {
        !self.when_idle.borrow().is_empty()
    }

    pub fn end(&self) {
        self.ended.set(true);
        for (_, task) in self.tasks.take() {
            task.abort();
        }
        drop((self.due.take(), self.when_idle.take()));
    }
}

/// Strikes a task from the list however it ends.
struct Leave<B: Behaviour> {
    agenda: Rc<Agenda<B>>,
    number: u64,
}

impl<B: Behaviour> Drop for Leave<B> {
    fn drop(&mut self) {
        let gone = self.agenda.tasks.borrow_mut().remove(&self.number);
        drop(gone);
    }
}
