//! The cookie of a login: its name, how it is set and cleared, and how it is found in a request. No state.

use actix_web::http::header::{self, HeaderMap};

#[derive(Debug)]
pub(super) struct CookieRule {
    name: String,
    /// Of every cookie beside its value.
    attributes: &'static str,
}

/// Characters of the log's name that are part of the cookie's. The last ones: the first ones are the time it was made at.
const NAME_CHARS: usize = 8;

impl CookieRule {
    /// Browsers share cookies between the ports of a host: the name keeps two servers from logging each other out. With
    /// `__Host-` a browser takes it from this host alone, over a connection that nobody else reads or writes.
    pub(super) fn new(log_epoch: &str, allow_insecure: bool) -> Self {
        let own = &log_epoch[log_epoch.len().saturating_sub(NAME_CHARS)..];
        let (prefix, attributes) = match allow_insecure {
            true => ("", "Path=/; HttpOnly; SameSite=Strict"),
            false => ("__Host-", "Path=/; Secure; HttpOnly; SameSite=Strict"),
        };
        Self { name: format!("{prefix}quire-{own}"), attributes }
    }

    pub(super) fn set(&self, value: &str, max_age_secs: u64) -> String {
        format!("{}={value}; {}; Max-Age={max_age_secs}", self.name, self.attributes)
    }

    pub(super) fn clear(&self) -> String {
        self.set("", 0)
    }

    pub(super) fn find<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let given = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
        let mut pairs = given.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let rule = CookieRule::new("018f00000000700080001234abcd5678", false);
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("quire-abcd5678=no; x__Host-quire-abcd5678=no"));
        assert_eq!(rule.find(&headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; __Host-quire-abcd5678=yes=; c"));
        assert_eq!(rule.find(&headers), Some("yes="));
    }

    #[test]
    fn it_is_for_this_host_alone_unless_the_operator_says_otherwise() {
        let [strict, lax] = [false, true].map(|allow| CookieRule::new("1234abcd5678", allow).set("v", 60));
        assert_eq!(strict, "__Host-quire-abcd5678=v; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60");
        assert_eq!(lax, "quire-abcd5678=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
        assert!(CookieRule::new("1234abcd5678", false).clear().ends_with("Max-Age=0"));
    }
}
