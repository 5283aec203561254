//! Assets: bytes that do not change while the server runs, with their tag and their compressed form.

use std::io::Write as _;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::conditional;

/// One of them. A client that has it is told so.
pub(super) struct Asset {
    bytes: Bytes,
    media_type: &'static str,
    pub etag: String,
    /// Only where it is shorter.
    gzip: Option<Bytes>,
}

/// For what may be another one after the next start: kept, and asked for each time.
pub(super) const ASKED_AGAIN: &str = "no-cache";
/// For what has its content in its name.
pub(super) const NEVER_ASKED_AGAIN: &str = "public, max-age=31536000, immutable";

impl Asset {
    /// As it is.
    pub(super) fn plain(bytes: impl Into<Bytes>, media_type: &'static str) -> Self {
        let bytes = bytes.into();
        Self { etag: format!("\"{:x}\"", Sha256::digest(&bytes)), bytes, media_type, gzip: None }
    }

    /// Compressed as well, for those who take that.
    pub(super) fn packed(bytes: impl Into<Bytes>, media_type: &'static str) -> Self {
        let plain = Self::plain(bytes, media_type);
        let gzip = pack(&plain.bytes, Compression::best());
        Self { gzip: Some(gzip.into()).filter(|gzip: &Bytes| gzip.len() < plain.bytes.len()), ..plain }
    }

    pub(super) fn is_known(&self, request: &HttpRequest) -> bool {
        conditional::is_known(request, &self.etag)
    }

    /// The asset, whole.
    pub(super) fn send(&self, request: &HttpRequest, caching: &'static str) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer.insert_header((header::CONTENT_TYPE, self.media_type));
        if self.gzip.is_some() {
            answer.insert_header((header::VARY, "Accept-Encoding"));
        }
        let gzip = self.gzip.as_ref().filter(|_| takes_gzip(request.headers()));
        if gzip.is_some() {
            answer.insert_header((header::CONTENT_ENCODING, "gzip"));
        }
        self.tagged(&mut answer, caching).body(gzip.unwrap_or(&self.bytes).clone())
    }

    /// The asset, or that the client has it.
    pub(super) fn answer(&self, request: &HttpRequest, caching: &'static str) -> HttpResponse {
        match self.is_known(request) {
            true => self.tagged(&mut HttpResponse::NotModified(), caching).finish(),
            false => self.send(request, caching),
        }
    }

    fn tagged<'a>(&self, answer: &'a mut HttpResponseBuilder, caching: &'static str) -> &'a mut HttpResponseBuilder {
        answer.insert_header((header::ETAG, self.etag.as_str())).insert_header((header::CACHE_CONTROL, caching))
    }
}

fn pack(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    // Writing into memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// As gzip, quickly: for an answer that is made once.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    pack(bytes, Compression::fast())
}

/// Whether `Accept-Encoding` names gzip, and not as what is not taken.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    names(headers, header::ACCEPT_ENCODING, "gzip")
}

/// Whether `Accept` names HTML itself, as browsers do for what they will show as a page.
pub(super) fn takes_html(headers: &HeaderMap) -> bool {
    names(headers, header::ACCEPT, "text/html")
}

fn names(headers: &HeaderMap, name: header::HeaderName, wanted: &str) -> bool {
    let mut given = headers.get_all(name).filter_map(|value| value.to_str().ok());
    given.any(|list| list.split(',').any(|one| is_wanted(one, wanted)))
}

/// A weight of nothing says that it is not wanted.
fn is_wanted(given: &str, wanted: &str) -> bool {
    let mut parts = given.split(';').map(str::trim);
    let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
    is_named && weight.is_none_or(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (given, wanted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000, br", false),
            ("identity", false),
            ("gzipped", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(given));
            assert_eq!(takes_gzip(&headers), wanted, "{given:?}");
        }
    }

    #[test]
    fn a_page_is_what_a_browser_asks_html_for() {
        for (given, wanted) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("application/json, text/html;level=1;q=0.2", true),
            ("*/*", false),
            ("text/*", false),
            ("text/html;q=0", false),
            ("image/avif,image/webp,*/*;q=0.8", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::ACCEPT, HeaderValue::from_static(given));
            assert_eq!(takes_html(&headers), wanted, "{given:?}");
        }
    }

    #[test]
    fn what_does_not_get_shorter_is_not_packed() {
        assert!(Asset::packed(vec![b'a'; 1000], "text/plain").gzip.is_some());
        assert!(Asset::packed("a", "text/plain").gzip.is_none());
    }
}
