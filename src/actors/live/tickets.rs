//! Tickets that open one WebSocket each. A browser cannot send an `Authorization` header with it, and a URL is no place
//! for a key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use quire_domain::delivery::MonotonicMillis;
use quire_domain::ids::{ApiKeyId, OwnerKey};

/// Owner and key a ticket was issued to.
pub type TicketHolder = (OwnerKey, Option<ApiKeyId>);

/// Hash of a ticket's secret; whoever reads the memory cannot use it.
type TicketHash = [u8; 32];

/// The tickets that were issued, in memory; each opens one WebSocket.
#[derive(Debug)]
pub struct Tickets {
    ttl_ms: MonotonicMillis,
    max_per_owner: usize,
    issued: Mutex<HashMap<TicketHash, Ticket>>,
}

#[derive(Debug)]
struct Ticket {
    owner: OwnerKey,
    /// The key that the owner came with.
    right: Option<ApiKeyId>,
    origin: Option<String>,
    expires_at: MonotonicMillis,
}

/// Why no ticket is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketIssueError {
    #[error("as many tickets as allowed wait to be used (live.max_tickets_per_owner)")]
    TooMany,
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// Why a ticket opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketRedeemError {
    /// Never issued, or used before.
    #[error("there is no such ticket")]
    Unknown,
    #[error("the ticket is too old")]
    Expired,
    #[error("the ticket was issued to a page of another origin")]
    OtherOrigin,
}

/// An expired ticket is remembered for so many lives, so that its bearer hears why it does not open.
const REMEMBERED_LIVES: MonotonicMillis = 4;

impl Tickets {
    pub(super) fn new(ttl_ms: MonotonicMillis, max_per_owner: usize) -> Self {
        Self { ttl_ms, max_per_owner, issued: Mutex::default() }
    }

    pub fn ttl_ms(&self) -> MonotonicMillis {
        self.ttl_ms
    }

    /// # Errors
    /// [`TicketIssueError`] when the owner has too many that wait.
    pub fn issue(
        &self,
        (owner, right): TicketHolder,
        origin: Option<&str>,
        now: MonotonicMillis,
    ) -> Result<String, TicketIssueError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|_| TicketIssueError::NoRandomness)?;
        let ticket = URL_SAFE_NO_PAD.encode(secret);
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|_, ticket| ticket.expires_at + self.ttl_ms * REMEMBERED_LIVES > now);
        if issued.values().filter(|ticket| ticket.owner == owner).count() >= self.max_per_owner {
            return Err(TicketIssueError::TooMany);
        }
        let (origin, expires_at) = (origin.map(str::to_owned), now + self.ttl_ms);
        issued.insert(imprint(&ticket), Ticket { owner, right, origin, expires_at });
        Ok(ticket)
    }

    /// Uses a ticket up, whatever comes of it.
    ///
    /// # Errors
    /// [`TicketRedeemError`] when it does not open anything.
    pub fn redeem(
        &self,
        ticket: &str,
        origin: Option<&str>,
        now: MonotonicMillis,
    ) -> Result<TicketHolder, TicketRedeemError> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = issued.remove(&imprint(ticket)).ok_or(TicketRedeemError::Unknown)?;
        if ticket.expires_at <= now {
            Err(TicketRedeemError::Expired)
        } else if ticket.origin.as_deref() != origin {
            Err(TicketRedeemError::OtherOrigin)
        } else {
            Ok((ticket.owner, ticket.right))
        }
    }
}

fn imprint(ticket: &str) -> TicketHash {
    Sha256::digest(ticket.as_bytes()).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const OWNER: TicketHolder = (OwnerKey(7), Some(ApiKeyId(3)));
    const PAGE: Option<&str> = Some("https://page.example");

    #[test]
    fn a_ticket_opens_once_for_its_owner() {
        let tickets = Tickets::new(1000, 10);
        let ticket = tickets.issue(OWNER, PAGE, 0).unwrap();
        assert_eq!(tickets.redeem(&ticket, PAGE, 999), Ok(OWNER));
        assert_eq!(tickets.redeem(&ticket, PAGE, 999), Err(TicketRedeemError::Unknown));
    }

    #[test]
    fn a_ticket_of_another_origin_or_time_opens_nothing_and_is_used_up() {
        let tickets = Tickets::new(1000, 10);
        for (origin, now, why) in [
            (Some("https://elsewhere.example"), 0, TicketRedeemError::OtherOrigin),
            (None, 0, TicketRedeemError::OtherOrigin),
            (PAGE, 1000, TicketRedeemError::Expired),
        ] {
            let ticket = tickets.issue(OWNER, PAGE, 0).unwrap();
            assert_eq!(tickets.redeem(&ticket, origin, now), Err(why));
            assert_eq!(tickets.redeem(&ticket, PAGE, 0), Err(TicketRedeemError::Unknown));
        }
        assert_eq!(tickets.redeem("guessed", PAGE, 0), Err(TicketRedeemError::Unknown));
    }

    #[test]
    fn an_owner_has_no_more_tickets_than_allowed_and_takes_none_from_another() {
        let tickets = Tickets::new(1000, 2);
        tickets.issue(OWNER, None, 0).unwrap();
        tickets.issue(OWNER, None, 0).unwrap();
        assert_eq!(tickets.issue(OWNER, None, 0), Err(TicketIssueError::TooMany));
        assert!(tickets.issue((OwnerKey(8), None), None, 0).is_ok());
        assert!(tickets.issue(OWNER, None, 5000).is_ok(), "old ones are forgotten");
    }
}
