//! Logins: sessions of the dashboard, in memory, shared by all handlers. Each has two halves: a cookie, which the browser
//! sends along, and a page token, which only a page of this server knows. Neither opens anything by itself, and neither
//! is kept but as its hash.
//!
//! [`cookie`], [`login_table`] and [`wrong_keys`] are pure; this file adds the clock, the dice and the locks.

mod cookie;
mod login_table;
mod wrong_keys;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::actors::keyring::{AuthenticationError, Keyring, Principal};
use crate::config::AuthConfig;
use cookie::CookieRule;
pub(super) use login_table::LoginId;
use login_table::{LoginTable, SecretHash};
use quire_base::clock;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::delivery::MonotonicMillis;
use quire_domain::ids::Micros;
use wrong_keys::WrongKeys;

pub(super) struct Logins {
    cookie: CookieRule,
    table: Mutex<LoginTable>,
    wrong_keys: Mutex<WrongKeys>,
}

/// A login that has just begun: both halves, which nobody can tell again.
pub(super) struct NewLogin {
    pub principal: Principal,
    pub page_token: String,
    pub expires_at: Micros,
    pub set_cookie: String,
}

/// Why nobody is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginError {
    Key(AuthenticationError),
    TooManyWrongKeys { wait_secs: u32 },
    NoRandomness,
}

/// Why a cookie opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionError {
    /// It has ended, or never was, or the page's half is another one.
    Unknown,
    NoPageToken,
    /// Its key opens nothing any more.
    LockedOut(AuthenticationError),
}

impl Logins {
    pub(super) fn new(auth: &AuthConfig, log_epoch: &str) -> Self {
        Self {
            cookie: CookieRule::new(log_epoch, auth.allow_insecure_cookie),
            table: Mutex::new(LoginTable::new(auth)),
            wrong_keys: Mutex::new(WrongKeys::new(auth.max_wrong_keys_per_min)),
        }
    }

    /// Begins a login for who has this key. The address is what wrong keys are counted by.
    ///
    /// # Errors
    /// [`LoginError`].
    pub(super) fn begin(&self, keyring: &Keyring, address: Option<IpAddr>, key: &str) -> Result<NewLogin, LoginError> {
        let (mut halves, now) = ([0; 64], clock::monotonic_millis());
        if !is_disabled(Safeguard::HttpWrongKeys) {
            let counted = locked(&self.wrong_keys).count(address, now);
            counted.map_err(|wait_secs| LoginError::TooManyWrongKeys { wait_secs })?;
        }
        let principal = keyring.authenticate(key).map_err(LoginError::Key)?;
        locked(&self.wrong_keys).forgive(address, now);
        getrandom::fill(&mut halves).map_err(|_| LoginError::NoRandomness)?;
        let (cookie, page_token) = halves.split_at(32);
        let [cookie, page_token] = [cookie, page_token].map(|half| URL_SAFE_NO_PAD.encode(half));
        let mut table = locked(&self.table);
        table.forget_what_ended(now, |key| keyring.still_admits(Some(key)));
        let ends_at = table.begin(LoginId(hash(&cookie)), hash(&page_token), principal, now);
        let set_cookie = self.cookie.set(&cookie, table.max_secs());
        Ok(NewLogin { principal, page_token, expires_at: wall_time(ends_at, now), set_cookie })
    }

    /// The cookie that a request came with.
    pub(super) fn cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.cookie.find(headers)
    }

    /// Whose login it is, if both halves are of the same one and its key still opens.
    ///
    /// # Errors
    /// [`SessionError`].
    pub(super) fn admit(
        &self,
        keyring: &Keyring,
        cookie: &str,
        page_token: Option<&str>,
    ) -> Result<(Principal, LoginId), SessionError> {
        let (login, now) = (LoginId(hash(cookie)), clock::monotonic_millis());
        let mut table = locked(&self.table);
        let principal = if is_disabled(Safeguard::HttpPageToken) {
            table.admit_by_cookie_alone(login, now)
        } else {
            table.admit(login, hash(page_token.ok_or(SessionError::NoPageToken)?), now)
        };
        let principal = principal.ok_or(SessionError::Unknown)?;
        match keyring.why_locked_out(Some(principal.key)) {
            Some(why) if !is_disabled(Safeguard::HttpStanding) => Err(SessionError::LockedOut(why)),
            _ => Ok((principal, login)),
        }
    }

    /// When it ends, if it is not used meanwhile.
    pub(super) fn expires_at(&self, login: LoginId) -> Option<Micros> {
        let now = clock::monotonic_millis();
        locked(&self.table).ends_at(login).map(|ends_at| wall_time(ends_at, now))
    }

    /// Ends it, with whatever it came with; the cookie that makes a browser forget it.
    pub(super) fn end(&self, login: Option<LoginId>) -> String {
        if let Some(login) = login {
            locked(&self.table).end(login);
        }
        self.cookie.clear()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}

/// People read the clock on the wall; what ends is measured by one that nobody sets.
fn wall_time(ends_at: MonotonicMillis, now: MonotonicMillis) -> Micros {
    clock::now() + ends_at.saturating_sub(now) as Micros * 1000
}
