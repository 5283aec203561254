//! Minimum rate of request bodies. A body whose sender falls silent, or sends too little, ends in an error, on every
//! path. Only time that the server waits for the client counts.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use actix_web::{Error, HttpMessage as _};
use futures_util::Stream;
use tokio::time::{Instant, Sleep};

use super::AppState;
use super::auth;
use super::problem::{Problem, ProblemCode};
use crate::config::HttpConfig;
use quire_base::safeguards::{Safeguard, is_disabled};

/// Why a body was taken no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyCut {
    #[error("nothing came for {0:?}")]
    Silent(Duration),
    #[error("{bytes} bytes came in {within:?}")]
    Slow { bytes: u64, within: Duration },
}

/// Watches the body, and lets no connection wait for the rest of one that nobody reads.
///
/// # Errors
/// Those of what lies behind it.
pub(super) async fn paced<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let ended = match request.app_data::<web::Data<AppState>>().cloned() {
        // Bytes that follow a handshake are no body.
        Some(app) if request.path() != auth::SOCKET => watch(&mut request, &app.engine.config.http),
        _ => return next.call(request).await,
    };
    let mut answer = next.call(request).await?;
    if !ended.get() {
        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(answer)
}

/// Whether the body has come in whole.
fn watch(request: &mut ServiceRequest, http: &HttpConfig) -> Rc<Cell<bool>> {
    let payload = request.take_payload();
    let ended = Rc::new(Cell::new(matches!(payload, Payload::None)));
    if ended.get() || is_disabled(Safeguard::HttpPace) {
        request.set_payload(payload);
    } else {
        let (timer, seen) = (Box::pin(tokio::time::sleep(Duration::ZERO)), Rc::clone(&ended));
        let paced = PacedBody { inner: Some(payload), pace: BodyPace::new(http), timer, ended: seen };
        request.set_payload(Payload::Stream { payload: Box::pin(paced) });
    }
    ended
}

struct PacedBody {
    /// None once it was cut.
    inner: Option<Payload>,
    pace: BodyPace,
    timer: Pin<Box<Sleep>>,
    ended: Rc<Cell<bool>>,
}

impl Stream for PacedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_next(cx);
        let paced = match &polled {
            Poll::Ready(Some(Ok(bytes))) => self.pace.came(Instant::now(), bytes.len() as u64),
            Poll::Ready(ended) => {
                self.ended.set(ended.is_none());
                Ok(())
            }
            Poll::Pending => ready!(self.wait(cx)),
        };
        match paced {
            Ok(()) => polled,
            Err(cut) => {
                self.inner = None;
                Poll::Ready(Some(Err(PayloadError::Io(std::io::Error::other(cut)))))
            }
        }
    }
}

impl PacedBody {
    /// Ready when the time is up.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyCut>> {
        loop {
            let due = self.pace.waits(Instant::now());
            self.timer.as_mut().reset(due);
            ready!(self.timer.as_mut().poll(cx));
            if let Err(cut) = self.pace.passed(Instant::now()) {
                return Poll::Ready(Err(cut));
            }
        }
    }
}

/// The rule itself. Is told what happens and when.
#[derive(Debug)]
struct BodyPace {
    silence: Duration,
    window: Duration,
    least_bytes: u64,
    silent_since: Option<Instant>,
    /// Waited from then on, and not counted yet.
    waits_since: Option<Instant>,
    /// Of the window at hand.
    waited: Duration,
    bytes: u64,
}

impl BodyPace {
    fn new(http: &HttpConfig) -> Self {
        Self {
            silence: Duration::from_millis(http.body_silence_ms),
            window: Duration::from_millis(http.body_window_ms),
            least_bytes: http.body_min_bytes_per_sec.saturating_mul(http.body_window_ms) / 1000,
            silent_since: None,
            waits_since: None,
            waited: Duration::ZERO,
            bytes: 0,
        }
    }

    /// Nothing is there; when to look again at the latest.
    fn waits(&mut self, now: Instant) -> Instant {
        let silent_since = *self.silent_since.get_or_insert(now);
        let waits_since = *self.waits_since.get_or_insert(now);
        (silent_since + self.silence).min(waits_since + self.window.saturating_sub(self.waited))
    }

    fn came(&mut self, now: Instant, bytes: u64) -> Result<(), BodyCut> {
        self.silent_since = None;
        self.bytes += bytes;
        self.count(now)
    }

    fn passed(&mut self, now: Instant) -> Result<(), BodyCut> {
        if self.silent_since.is_some_and(|since| now >= since + self.silence) {
            return Err(BodyCut::Silent(self.silence));
        }
        self.count(now)
    }

    fn count(&mut self, now: Instant) -> Result<(), BodyCut> {
        if let Some(since) = self.waits_since.take() {
            self.waited += now - since;
        }
        if self.waited < self.window {
            return Ok(());
        }
        let (bytes, within) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.waited));
        if bytes < self.least_bytes { Err(BodyCut::Slow { bytes, within: self.window.max(within) }) } else { Ok(()) }
    }
}

impl From<BodyCut> for Problem {
    fn from(cut: BodyCut) -> Self {
        let (what, keys) = match cut {
            BodyCut::Silent(_) => ("Nothing came of the body for longer", "http.body_silence_ms"),
            BodyCut::Slow { .. } => ("The body came more slowly", "http.body_min_bytes_per_sec, http.body_window_ms"),
        };
        let detail =
            format!("{what} than this server waits ({keys}). Nothing was kept; send it again, without pauses.");
        Self::new(ProblemCode::BodyTooSlow, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace() -> (BodyPace, Instant) {
        let (silence, window) = (10 * SECOND, 20 * SECOND);
        let (silent_since, waits_since) = (None, None);
        let pace = BodyPace {
            silence,
            window,
            least_bytes: 2000,
            silent_since,
            waits_since,
            waited: Duration::ZERO,
            bytes: 0,
        };
        (pace, Instant::now())
    }

    /// One piece after each pause; the first pause that is not borne.
    fn fed(mut pace: BodyPace, mut now: Instant, pieces: &[(u32, u64)]) -> Option<(usize, BodyCut)> {
        for (nth, (secs, bytes)) in pieces.iter().enumerate() {
            let until = now + SECOND * *secs;
            loop {
                let due = pace.waits(now);
                if due > until {
                    break;
                }
                now = due;
                if let Err(cut) = pace.passed(now) {
                    return Some((nth, cut));
                }
            }
            now = until;
            if let Err(cut) = pace.came(now, *bytes) {
                return Some((nth, cut));
            }
        }
        None
    }

    #[test]
    fn a_silence_is_cut_and_a_shorter_one_is_not() {
        let (pace, now) = pace();
        assert_eq!(fed(pace, now, &[(9, 5000), (9, 5000), (10, 5000)]), Some((2, BodyCut::Silent(10 * SECOND))));
    }

    #[test]
    fn single_bytes_are_too_little_however_regular_and_what_is_slow_within_the_rule_passes() {
        let (drop_by_drop, now) = pace();
        let cut = fed(drop_by_drop, now, &[(5, 1); 100]);
        assert!(matches!(cut, Some((3, BodyCut::Slow { bytes: 3.., .. }))), "{cut:?}");
        let (slow, now) = pace();
        assert_eq!(fed(slow, now, &[(4, 500); 1000]), None);
    }

    #[test]
    fn time_in_which_the_server_does_not_ask_is_not_the_clients() {
        let (mut pace, now) = pace();
        for nth in 0..100 {
            assert_eq!(pace.came(now + SECOND * 60 * nth, 1), Ok(()));
        }
    }
}
