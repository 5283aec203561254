//! State machine of one live session: inputs in, effects out.
//!
//! It never holds an event. It holds a cursor, and the transport reads behind it when told to; so a slow client costs
//! no more memory than a quick one, and nothing that was committed can be lost on the way to it.

use std::rc::Rc;

use super::client_frame_limiter::ClientFrameLimiter;
use super::filter::SubscriptionFilter;
use super::log_page::{LogPageSlice, SendAllowance};
use super::window::SendWindow;
use super::{LogRange, MonotonicMillis, SessionLimits};
use crate::live_frames::{Ack, ClientFrame, CloseCode, ErrorCode, ResetReason, Resume};

/// Input of the machine of a live session.
#[derive(Debug)]
pub enum SessionInput {
    Frame(ClientFrame),
    /// A message that is no frame of the protocol, and why.
    Garbage(String),
    /// A pong, or whatever else shows that somebody is there.
    Alive,
    /// Reach of the log and of the progress, as of now.
    Woken {
        reach: LogRange,
        progress: u64,
    },
    /// Answer to a [`SessionEffect::Read`]: this much of the page fits and goes out now.
    Read(LogPageSlice),
    /// The page did not begin right behind the cursor.
    Gap,
    /// The store could not be read; it is asked again when there is news, or with the next tick.
    Failed,
    /// The snapshot that a [`SessionEffect::Snapshot`] asked for goes out now.
    Snapshot {
        as_of_seq: i64,
    },
    /// The log's range in the store, which a [`SessionEffect::ReadRange`] asked for.
    Range(LogRange),
    /// Every heartbeat.
    Tick,
    /// The server shuts down.
    Drain,
    /// Nobody tells news any more.
    Silence,
    /// The right to listen was taken back.
    Revoke,
}

/// What the transport of a live session has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEffect {
    /// Read the log behind `after`, cut what [`DeliverySession::next_frame_allowance`] admits, come back with
    /// [`SessionInput::Read`].
    Read {
        after: i64,
    },
    /// Read the log's range in the store; come back with [`SessionInput::Range`].
    ReadRange,
    /// Take a snapshot and send it, behind a reset if there is a reason; come back with [`SessionInput::Snapshot`].
    Snapshot {
        reset: Option<ResetReason>,
    },
    /// Send what has changed since.
    Progress {
        after: u64,
    },
    Heartbeat {
        latest: i64,
        upto: i64,
    },
    /// Ask for a sign of life.
    Probe,
    Error {
        code: ErrorCode,
        detail: String,
    },
    /// The last effect of a session.
    Close(CloseCode),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SessionPhase {
    /// The client has not said where to begin.
    Waiting,
    /// The client is ahead of what was published: it may know of a commit that the publisher has not heard of.
    Checking {
        after: i64,
    },
    /// A snapshot is being taken, or is to be taken again.
    Resetting(Option<ResetReason>),
    Following,
    Closed,
}

/// The machine of one live session: cursor, filter, send window, and what it waits for.
#[derive(Debug)]
pub struct DeliverySession {
    limits: SessionLimits,
    reach: LogRange,
    phase: SessionPhase,
    filter: Rc<SubscriptionFilter>,
    cursor: i64,
    window: SendWindow,
    /// A read or a snapshot is under way.
    is_reading: bool,
    progress_seen: u64,
    progress_now: u64,
    heard_at: MonotonicMillis,
    blocked_since: Option<MonotonicMillis>,
    budget: ClientFrameLimiter,
}

type Effects = Vec<SessionEffect>;

impl DeliverySession {
    pub fn new(limits: SessionLimits, reach: LogRange, now: MonotonicMillis) -> Self {
        Self {
            limits,
            reach,
            phase: SessionPhase::Waiting,
            filter: Rc::default(),
            cursor: 0,
            window: SendWindow::default(),
            is_reading: false,
            progress_seen: 0,
            progress_now: 0,
            heard_at: now,
            blocked_since: None,
            budget: ClientFrameLimiter::full(limits.frames_per_sec, now),
        }
    }

    /// `epoch` is the log's; the effects are put behind those that are in `out` already.
    pub fn step(&mut self, epoch: &str, now: MonotonicMillis, input: SessionInput, out: &mut Effects) {
        if self.phase == SessionPhase::Closed {
            return;
        }
        match input {
            SessionInput::Frame(frame) => self.frame(epoch, now, frame, out),
            SessionInput::Garbage(detail) => self.refuse(ErrorCode::BadFrame, detail, out),
            SessionInput::Alive => self.heard_at = now,
            SessionInput::Woken { reach, progress } => self.woken(reach, progress, now, out),
            SessionInput::Read(cut) => self.read(&cut, now, out),
            SessionInput::Gap => self.gap(out),
            SessionInput::Failed => self.is_reading = false,
            SessionInput::Range(stored) => self.checked(epoch, stored, now, out),
            SessionInput::Snapshot { as_of_seq } => self.snapshot(as_of_seq, now, out),
            SessionInput::Tick => self.tick(now, out),
            SessionInput::Drain => self.close(CloseCode::Draining, out),
            SessionInput::Silence => self.close(CloseCode::Silent, out),
            SessionInput::Revoke => self.close(CloseCode::Revoked, out),
        }
    }

    pub fn filter(&self) -> &Rc<SubscriptionFilter> {
        &self.filter
    }

    /// Newest `seq` that was delivered.
    pub fn delivered_seq(&self) -> i64 {
        self.cursor
    }

    /// Whether a page behind `after` is what it is waiting for.
    pub fn awaits_page_after(&self, after: i64) -> bool {
        self.phase == SessionPhase::Following && self.is_reading && self.cursor == after
    }

    /// Committed events that the session has not come to.
    pub fn undelivered_events(&self) -> i64 {
        if self.phase == SessionPhase::Waiting { 0 } else { (self.reach.latest - self.cursor).max(0) }
    }

    pub fn unacked_events(&self) -> u32 {
        self.window.unacked_events()
    }

    /// Allowance for one more frame. Nothing is read while it is `None`.
    pub fn next_frame_allowance(&self) -> Option<SendAllowance> {
        self.window.allowance(self.full_allowance())
    }

    /// Allowance for a client that has acknowledged everything.
    pub fn full_allowance(&self) -> SendAllowance {
        SendAllowance { events: self.limits.window_events, bytes: self.limits.window_bytes }
    }

    fn frame(&mut self, epoch: &str, now: MonotonicMillis, frame: ClientFrame, out: &mut Effects) {
        self.heard_at = now;
        if let ClientFrame::Ack(Ack { seq }) = frame {
            return self.ack(seq, now, out);
        }
        if !self.may_send(now, out) {
            return;
        }
        match frame {
            ClientFrame::Resume(resume) => self.resume(epoch, &resume, now, out),
            ClientFrame::Subscribe(wish) => {
                let filter = self.filter.apply_subscribe(wish.into());
                if filter.subscription_count() > self.limits.max_subscriptions {
                    let most = self.limits.max_subscriptions;
                    return self.refuse(ErrorCode::TooManySubscriptions, format!("at most {most} at a time"), out);
                }
                self.refilter(filter, now, out);
            }
            ClientFrame::Unsubscribe(scope) => self.refilter(self.filter.without_scope(&scope), now, out),
            ClientFrame::Ack(_) | ClientFrame::Ping => {}
        }
    }

    /// Takes a new filter; the progress of what is new comes at once.
    fn refilter(&mut self, filter: SubscriptionFilter, now: MonotonicMillis, out: &mut Effects) {
        self.filter = Rc::new(filter);
        self.progress_seen = 0;
        self.pull(now, out);
    }

    fn ack(&mut self, seq: i64, now: MonotonicMillis, out: &mut Effects) {
        match self.window.record_ack(seq, self.cursor) {
            // As many of these as there were frames, so they cost nothing.
            Ok(true) => self.pull(now, out),
            Ok(false) => drop(self.may_send(now, out)),
            Err(wrong) => self.refuse(ErrorCode::BadAck, wrong.to_string(), out),
        }
    }

    fn may_send(&mut self, now: MonotonicMillis, out: &mut Effects) -> bool {
        let per_sec = self.limits.frames_per_sec;
        let may = self.budget.try_take(per_sec, now);
        if !may {
            self.refuse(ErrorCode::TooManyFrames, format!("at most {per_sec} a second"), out);
        }
        may
    }

    fn resume(&mut self, epoch: &str, resume: &Resume, now: MonotonicMillis, out: &mut Effects) {
        if self.phase != SessionPhase::Waiting {
            let detail = "a connection is resumed once; open another one to go back".into();
            return out.push(SessionEffect::Error { code: ErrorCode::AlreadyResumed, detail });
        }
        let Some(theirs) = &resume.epoch else { return self.reset(None, out) };
        match self.reach.resume_after(epoch, Some(theirs), resume.after) {
            Err(ResetReason::Ahead) => self.check(resume.after, out),
            resumed => self.start(resumed, now, out),
        }
    }

    fn check(&mut self, after: i64, out: &mut Effects) {
        self.phase = SessionPhase::Checking { after };
        self.is_reading = true;
        out.push(SessionEffect::ReadRange);
    }

    fn checked(&mut self, epoch: &str, stored: LogRange, now: MonotonicMillis, out: &mut Effects) {
        if let SessionPhase::Checking { after } = self.phase {
            self.is_reading = false;
            self.start(stored.resume_after(epoch, None, after), now, out);
        }
    }

    fn start(&mut self, resumed: Result<i64, ResetReason>, now: MonotonicMillis, out: &mut Effects) {
        match resumed {
            Err(reason) => self.reset(Some(reason), out),
            Ok(after) => {
                self.follow(after);
                self.pull(now, out);
            }
        }
    }

    fn reset(&mut self, reason: Option<ResetReason>, out: &mut Effects) {
        self.phase = SessionPhase::Resetting(reason);
        self.is_reading = true;
        out.push(SessionEffect::Snapshot { reset: reason });
    }

    fn follow(&mut self, after: i64) {
        self.phase = SessionPhase::Following;
        self.cursor = after;
        self.window.restart_at(after);
    }

    fn snapshot(&mut self, as_of_seq: i64, now: MonotonicMillis, out: &mut Effects) {
        if matches!(self.phase, SessionPhase::Resetting(_)) {
            self.is_reading = false;
            self.follow(as_of_seq);
            self.pull(now, out);
        }
    }

    fn woken(&mut self, reach: LogRange, progress: u64, now: MonotonicMillis, out: &mut Effects) {
        self.reach = reach;
        self.progress_now = progress;
        self.pull(now, out);
    }

    fn read(&mut self, cut: &LogPageSlice, now: MonotonicMillis, out: &mut Effects) {
        if self.phase != SessionPhase::Following || cut.after != self.cursor {
            return;
        }
        self.is_reading = false;
        self.cursor = cut.upto;
        if cut.events > 0 {
            self.window.record_sent(cut);
        }
        if cut.upto > cut.after {
            self.pull(now, out);
        }
    }

    fn gap(&mut self, out: &mut Effects) {
        if self.phase == SessionPhase::Following {
            self.reset(Some(ResetReason::TooOld), out);
        }
    }

    /// Goes on as far as the window admits.
    fn pull(&mut self, now: MonotonicMillis, out: &mut Effects) {
        match self.phase {
            SessionPhase::Resetting(reason) if !self.is_reading => return self.reset(reason, out),
            SessionPhase::Checking { after } if !self.is_reading => return self.check(after, out),
            SessionPhase::Following => {}
            SessionPhase::Waiting
            | SessionPhase::Checking { .. }
            | SessionPhase::Resetting(_)
            | SessionPhase::Closed => return,
        }
        if self.next_frame_allowance().is_none() {
            self.blocked_since.get_or_insert(now);
            return;
        }
        self.blocked_since = None;
        if self.progress_seen < self.progress_now {
            out.push(SessionEffect::Progress { after: self.progress_seen });
            self.progress_seen = self.progress_now;
        }
        if !self.is_reading && self.cursor < self.reach.latest {
            self.is_reading = true;
            out.push(SessionEffect::Read { after: self.cursor });
        }
    }

    fn tick(&mut self, now: MonotonicMillis, out: &mut Effects) {
        let patience = self.limits.patience_ms;
        if self.blocked_since.is_some_and(|since| now.saturating_sub(since) >= patience) {
            return self.close(CloseCode::Slow, out);
        }
        if now.saturating_sub(self.heard_at) >= patience {
            return self.close(CloseCode::NoPong, out);
        }
        out.push(SessionEffect::Heartbeat { latest: self.reach.latest.max(self.cursor), upto: self.cursor });
        out.push(SessionEffect::Probe);
        self.pull(now, out);
    }

    fn refuse(&mut self, code: ErrorCode, detail: String, out: &mut Effects) {
        out.push(SessionEffect::Error { code, detail });
        self.close(CloseCode::BadProtocol, out);
    }

    fn close(&mut self, code: CloseCode, out: &mut Effects) {
        self.phase = SessionPhase::Closed;
        out.push(SessionEffect::Close(code));
    }
}
