//! The documents of the interface, for programs and for people. Open to all: they tell shapes, and nobody's data.

use std::io::Write as _;
use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::reply::{MediaType, StaticText};
use super::{Either, HandlerResult, NotModified, openapi};
use crate::http::conditional;

pub(in crate::http) struct Json;
pub(in crate::http) struct Html;
pub(in crate::http) struct JavaScript;

impl MediaType for Json {
    const NAME: &'static str = "application/json";
    const IS_JSON: bool = true;
}

impl MediaType for Html {
    const NAME: &'static str = "text/html";
    const IS_JSON: bool = false;
}

impl MediaType for JavaScript {
    const NAME: &'static str = "text/javascript";
    const IS_JSON: bool = false;
}

/// A text with its tag and its compressed form.
struct Asset {
    text: &'static str,
    etag: String,
    gzip: Bytes,
}

impl Asset {
    fn new(text: &'static str) -> Self {
        let gzip = packed(text.as_bytes(), Compression::best()).into();
        Self { text, etag: format!("\"{:x}\"", Sha256::digest(text)), gzip }
    }

    fn answer<M: MediaType>(&self, request: &HttpRequest) -> Answer<M> {
        if conditional::is_known(request, &self.etag) {
            return Ok(Either::Right(NotModified::new(&self.etag)));
        }
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((header::CONTENT_TYPE, format!("{}; charset=utf-8", M::NAME)))
            .insert_header((header::ETAG, self.etag.as_str()))
            .insert_header((header::VARY, "Accept-Encoding"))
            .insert_header((header::CACHE_CONTROL, "no-cache"));
        let answer = match takes_gzip(request.headers()) {
            true => answer.insert_header((header::CONTENT_ENCODING, "gzip")).body(self.gzip.clone()),
            false => answer.body(self.text),
        };
        Ok(Either::Left(StaticText::new(answer)))
    }
}

type Answer<M> = HandlerResult<Either<StaticText<M>, NotModified>>;

fn packed(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    // Writing into memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// As gzip, quickly: for an answer that is made once.
pub(in crate::http) fn gzip(bytes: &[u8]) -> Vec<u8> {
    packed(bytes, Compression::fast())
}

/// Whether `Accept-Encoding` names gzip, and not as what is not taken.
pub(in crate::http) fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(header::ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    given.any(|list| list.split(',').any(is_gzip))
}

fn is_gzip(coding: &str) -> bool {
    let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
    let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
    name.trim().eq_ignore_ascii_case("gzip") && weight.is_none_or(|weight| weight > 0.0)
}

static OPENAPI: LazyLock<Asset> = LazyLock::new(|| Asset::new(openapi()));
static ASYNCAPI: LazyLock<Asset> = LazyLock::new(|| Asset::new(include_str!("../../../docs/api/asyncapi.json")));
static PAGE: LazyLock<Asset> = LazyLock::new(|| Asset::new(include_str!("../../../assets/rapidoc/docs.html")));
static READER: LazyLock<Asset> = LazyLock::new(|| Asset::new(include_str!("../../../assets/rapidoc/rapidoc-min.js")));

/// This interface, as OpenAPI 3.1.
pub(in crate::http) async fn openapi_json(request: HttpRequest) -> Answer<Json> {
    OPENAPI.answer(&request)
}

/// The frames of a live connection, as AsyncAPI 3.0.
pub(in crate::http) async fn asyncapi_json(request: HttpRequest) -> Answer<Json> {
    ASYNCAPI.answer(&request)
}

/// Nothing from elsewhere; RapiDoc styles its elements inline.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; \
                           img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page that shows the OpenAPI document, without a request to anywhere else.
pub(in crate::http) async fn page(request: HttpRequest) -> Answer<Html> {
    Ok(match PAGE.answer(&request)? {
        Either::Left(page) => Either::Left(page.header(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)),
        unchanged @ Either::Right(_) => unchanged,
    })
}

/// The script of that page: [RapiDoc](https://rapidocweb.com) 9.3.8, MIT.
pub(in crate::http) async fn reader(request: HttpRequest) -> Answer<JavaScript> {
    READER.answer(&request)
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
}
