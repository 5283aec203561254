//! The table of logins, and the check of both halves against it. No clock, no lock, no randomness.

use std::collections::HashMap;

use subtle::ConstantTimeEq as _;

use crate::actors::keyring::Principal;
use crate::config::AuthConfig;
use quire_domain::delivery::MonotonicMillis;
use quire_domain::ids::ApiKeyId;

/// Hash of one half; whoever reads the memory cannot use it.
pub(super) type SecretHash = [u8; 32];

/// Names a login: the hash of its cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::http) struct LoginId(pub(super) SecretHash);

#[derive(Debug)]
pub(super) struct LoginTable {
    idle_ms: MonotonicMillis,
    max_ms: MonotonicMillis,
    max_per_key: usize,
    logins: HashMap<LoginId, Login>,
}

#[derive(Debug)]
struct Login {
    page: SecretHash,
    principal: Principal,
    begun_at: MonotonicMillis,
    used_at: MonotonicMillis,
}

const HOUR_MS: MonotonicMillis = 3_600_000;

impl LoginTable {
    pub(super) fn new(auth: &AuthConfig) -> Self {
        Self {
            idle_ms: auth.session_idle_hours * HOUR_MS,
            max_ms: auth.session_max_days * 24 * HOUR_MS,
            max_per_key: auth.max_key_sessions as usize,
            logins: HashMap::new(),
        }
    }

    /// The longest that any login lasts.
    pub(super) fn max_secs(&self) -> u64 {
        self.max_ms / 1000
    }

    /// Takes a new login, in place of the one of the same key that was not used for longest if there are too many; when
    /// it ends.
    pub(super) fn begin(
        &mut self,
        login: LoginId,
        page: SecretHash,
        principal: Principal,
        now: MonotonicMillis,
    ) -> MonotonicMillis {
        let of_key = || self.logins.iter().filter(|(_, login)| login.principal.key == principal.key);
        if of_key().count() >= self.max_per_key
            && let Some((oldest, _)) = of_key().min_by_key(|(_, login)| login.used_at)
        {
            let oldest = *oldest;
            self.logins.remove(&oldest);
        }
        let begun = Login { page, principal, begun_at: now, used_at: now };
        let ends_at = self.end_of(&begun);
        self.logins.insert(login, begun);
        ends_at
    }

    /// Whose it is, when both halves are right and it has not ended; that is a use of it.
    pub(super) fn admit(&mut self, login: LoginId, page: SecretHash, now: MonotonicMillis) -> Option<Principal> {
        let is_whole = self.logins.get(&login).is_some_and(|known| bool::from(known.page.ct_eq(&page)));
        if is_whole { self.admit_by_cookie_alone(login, now) } else { None }
    }

    /// As [`Self::admit`], whatever the other half is: a control experiment.
    pub(super) fn admit_by_cookie_alone(&mut self, login: LoginId, now: MonotonicMillis) -> Option<Principal> {
        let has_ended = self.ends_at(login)? <= now;
        if has_ended {
            self.logins.remove(&login);
            return None;
        }
        let known = self.logins.get_mut(&login)?;
        known.used_at = now;
        Some(known.principal)
    }

    /// When it ends, if it is not used before.
    pub(super) fn ends_at(&self, login: LoginId) -> Option<MonotonicMillis> {
        self.logins.get(&login).map(|known| self.end_of(known))
    }

    pub(super) fn end(&mut self, login: LoginId) {
        self.logins.remove(&login);
    }

    /// Those whose time or whose key has ended.
    pub(super) fn forget_what_ended(&mut self, now: MonotonicMillis, is_live: impl Fn(ApiKeyId) -> bool) {
        let (idle_ms, max_ms) = (self.idle_ms, self.max_ms);
        self.logins.retain(|_, login| end_of(login, idle_ms, max_ms) > now && is_live(login.principal.key));
    }

    fn end_of(&self, login: &Login) -> MonotonicMillis {
        end_of(login, self.idle_ms, self.max_ms)
    }
}

fn end_of(login: &Login, idle_ms: MonotonicMillis, max_ms: MonotonicMillis) -> MonotonicMillis {
    (login.used_at + idle_ms).min(login.begun_at + max_ms)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use quire_domain::access::{Rights, Role};
    use quire_domain::ids::OwnerKey;

    fn table() -> LoginTable {
        let flags = [("auth.max_key_sessions", "2".to_owned())];
        LoginTable::new(&Config::load(None, &flags).unwrap().auth)
    }

    fn of_key(key: i64) -> Principal {
        Principal { owner: OwnerKey(7), key: ApiKeyId(key), rights: Rights::of(Role::Operator, None) }
    }

    fn login(nth: u8) -> LoginId {
        LoginId([nth; 32])
    }

    #[test]
    fn both_halves_have_to_be_of_one_login() {
        let mut table = table();
        table.begin(login(1), [1; 32], of_key(1), 0);
        table.begin(login(2), [2; 32], of_key(2), 0);
        assert_eq!(table.admit(login(1), [1; 32], 1), Some(of_key(1)));
        for (cookie, page) in [(1, 2), (2, 1), (3, 1), (1, 0)] {
            assert_eq!(table.admit(login(cookie), [page; 32], 1), None, "{cookie} {page}");
        }
        table.end(login(1));
        assert_eq!(table.admit(login(1), [1; 32], 1), None);
        assert_eq!(table.admit(login(2), [2; 32], 1), Some(of_key(2)));
    }

    #[test]
    fn it_ends_twelve_hours_after_its_last_use_and_seven_days_after_its_begin() {
        let mut table = table();
        assert_eq!(table.begin(login(1), [1; 32], of_key(1), 0), 12 * HOUR_MS);
        let mut now = 0;
        while table.admit(login(1), [1; 32], now).is_some() {
            assert_eq!(table.ends_at(login(1)), Some((now + 12 * HOUR_MS).min(7 * 24 * HOUR_MS)));
            now += 11 * HOUR_MS;
        }
        assert_eq!(now, 176 * HOUR_MS, "the first time it was asked for after seven days");
        table.begin(login(2), [2; 32], of_key(1), 0);
        assert_eq!(table.admit(login(2), [2; 32], 12 * HOUR_MS), None);
    }

    #[test]
    fn a_wrong_half_is_no_use() {
        let mut table = table();
        table.begin(login(1), [1; 32], of_key(1), 0);
        assert_eq!(table.admit(login(1), [9; 32], 11 * HOUR_MS), None);
        assert_eq!(table.admit(login(1), [1; 32], 12 * HOUR_MS), None);
    }

    #[test]
    fn of_too_many_of_one_key_the_one_that_was_not_used_for_longest_ends() {
        let mut table = table();
        table.begin(login(9), [9; 32], of_key(2), 0);
        table.begin(login(1), [1; 32], of_key(1), 1);
        table.begin(login(2), [2; 32], of_key(1), 2);
        table.admit(login(1), [1; 32], 3);
        table.begin(login(3), [3; 32], of_key(1), 4);
        let live = [1, 2, 3, 9].map(|nth| table.ends_at(login(nth)).is_some());
        assert_eq!(live, [true, false, true, true]);
    }

    #[test]
    fn what_ended_is_forgotten() {
        let mut table = table();
        table.begin(login(1), [1; 32], of_key(1), 0);
        table.begin(login(2), [2; 32], of_key(2), 9);
        table.begin(login(3), [3; 32], of_key(3), 9);
        table.forget_what_ended(12 * HOUR_MS, |key| key != ApiKeyId(2));
        assert_eq!([1, 2, 3].map(|nth| table.ends_at(login(nth)).is_some()), [false, false, true]);
    }
}
