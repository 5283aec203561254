//! API keys as text: `qk_<prefix>_<secret>`. The prefix is public and names the key, the secret is shown once. And the
//! names of their owners.

use super::ids::Micros;

/// Characters of the public part.
pub const PREFIX_CHARS: usize = 8;
/// Characters of the secret part, five bits each.
pub const SECRET_CHARS: usize = 40;

/// The longest that a key can be asked for: a hundred years.
pub const MOST_DAYS: u64 = 36_500;

const HEAD: &str = "qk_";

/// Without those that are taken for one another: 32, so that five bits choose one.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A new key out of random bytes; of each byte five bits count.
pub fn key_from_random(bytes: &[u8; PREFIX_CHARS + SECRET_CHARS]) -> String {
    let mut chars = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    let prefix: String = chars.by_ref().take(PREFIX_CHARS).collect();
    let secret: String = chars.collect();
    format!("{HEAD}{prefix}_{secret}")
}

/// The most days that a key may be asked for, where a server lets none last longer than `max_days`; 0: they need not end.
pub fn most_days(max_days: u64) -> u64 {
    if max_days == 0 { MOST_DAYS } else { max_days }
}

/// When a key runs out that is asked for so many days, or for as long as possible.
pub fn expiry(days: Option<u64>, max_days: u64, now: Micros) -> Option<Micros> {
    const DAY: Micros = 86_400_000_000;
    let days = days.or((max_days > 0).then_some(max_days))?;
    Some(now.saturating_add(DAY.saturating_mul(Micros::try_from(days).unwrap_or(Micros::MAX))))
}

/// The public part of what has the form of a key.
pub fn prefix_of(text: &str) -> Option<&str> {
    let (prefix, secret) = text.strip_prefix(HEAD)?.split_once('_')?;
    let is_key = is_of(prefix, PREFIX_CHARS) && is_of(secret, SECRET_CHARS);
    is_key.then_some(prefix)
}

/// Whether this may be the name of an owner; see [`OWNER_RULE`].
pub fn is_valid_owner_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

pub const OWNER_RULE: &str = "1 to 64 letters (a-z, A-Z), digits, and . _ @ -";

fn is_of(part: &str, chars: usize) -> bool {
    part.len() == chars && part.bytes().all(|byte| ALPHABET.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_has_the_form_of_a_key_and_tells_its_prefix() {
        let mut bytes = [0; PREFIX_CHARS + SECRET_CHARS];
        for (nth, byte) in bytes.iter_mut().enumerate() {
            *byte = nth as u8 * 5;
        }
        let key = key_from_random(&bytes);
        assert_eq!(key.len(), "qk_".len() + PREFIX_CHARS + 1 + SECRET_CHARS);
        assert_eq!(prefix_of(&key), Some(&key[3..11]));
    }

    #[test]
    fn a_key_lasts_as_long_as_is_asked_for_or_as_it_may() {
        let day = 86_400_000_000;
        let cases = [(None, 0, None), (Some(2), 0, Some(2)), (None, 30, Some(30)), (Some(2), 30, Some(2))];
        for (days, max_days, lasts) in cases {
            assert_eq!(expiry(days, max_days, 7), lasts.map(|days| 7 + days * day));
        }
        assert_eq!(expiry(Some(u64::MAX), 0, 7), Some(Micros::MAX));
        assert_eq!([most_days(0), most_days(30)], [MOST_DAYS, 30]);
    }

    #[test]
    fn what_has_another_form_is_no_key() {
        let key = key_from_random(&[7; PREFIX_CHARS + SECRET_CHARS]);
        for wrong in ["", "qk_", &key[1..], &key[..key.len() - 1], &format!("{key}a"), &key.to_uppercase()] {
            assert_eq!(prefix_of(wrong), None, "{wrong}");
        }
    }
}
