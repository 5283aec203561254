//! The documents of the interface, for programs and for people. Open to all: they tell shapes, and nobody's data.

use std::sync::LazyLock;

use actix_web::HttpRequest;
use actix_web::http::header;

use super::reply::{MediaType, StaticText};
use super::{Either, HandlerResult, NotModified, openapi};
use crate::http::assets::{ASKED_AGAIN, Asset};

pub(in crate::http) struct Json;
pub(in crate::http) struct Html;
pub(in crate::http) struct JavaScript;

impl MediaType for Json {
    const NAME: &'static str = "application/json";
    const CONTENT_TYPE: &'static str = "application/json; charset=utf-8";
    const IS_JSON: bool = true;
}

impl MediaType for Html {
    const NAME: &'static str = "text/html";
    const CONTENT_TYPE: &'static str = "text/html; charset=utf-8";
    const IS_JSON: bool = false;
}

impl MediaType for JavaScript {
    const NAME: &'static str = "text/javascript";
    const CONTENT_TYPE: &'static str = "text/javascript; charset=utf-8";
    const IS_JSON: bool = false;
}

type Answer<M> = HandlerResult<Either<StaticText<M>, NotModified>>;

fn asset<M: MediaType>(text: &'static str) -> Asset {
    Asset::packed(text.as_bytes(), M::CONTENT_TYPE)
}

fn answer<M: MediaType>(asset: &Asset, request: &HttpRequest) -> Answer<M> {
    Ok(match asset.is_known(request) {
        true => Either::Right(NotModified::new(&asset.etag)),
        false => Either::Left(StaticText::new(asset.send(request, ASKED_AGAIN))),
    })
}

static OPENAPI: LazyLock<Asset> = LazyLock::new(|| asset::<Json>(openapi()));
static ASYNCAPI: LazyLock<Asset> = LazyLock::new(|| asset::<Json>(include_str!("../../../docs/api/asyncapi.json")));
static PAGE: LazyLock<Asset> = LazyLock::new(|| asset::<Html>(include_str!("../../../assets/rapidoc/docs.html")));
static READER: LazyLock<Asset> =
    LazyLock::new(|| asset::<JavaScript>(include_str!("../../../assets/rapidoc/rapidoc-min.js")));

/// This interface, as OpenAPI 3.1.
pub(in crate::http) async fn openapi_json(request: HttpRequest) -> Answer<Json> {
    answer(&OPENAPI, &request)
}

/// The frames of a live connection, as AsyncAPI 3.0.
pub(in crate::http) async fn asyncapi_json(request: HttpRequest) -> Answer<Json> {
    answer(&ASYNCAPI, &request)
}

/// Nothing from elsewhere; RapiDoc styles its elements inline.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; \
                           img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page that shows the OpenAPI document, without a request to anywhere else.
pub(in crate::http) async fn page(request: HttpRequest) -> Answer<Html> {
    Ok(match answer(&PAGE, &request)? {
        Either::Left(page) => Either::Left(page.header(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)),
        unchanged @ Either::Right(_) => unchanged,
    })
}

/// The script of that page: [RapiDoc](https://rapidocweb.com) 9.3.8, MIT.
pub(in crate::http) async fn reader(request: HttpRequest) -> Answer<JavaScript> {
    answer(&READER, &request)
}
