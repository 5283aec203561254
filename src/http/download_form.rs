//! `POST /api/v1/downloads`: a form of a page that is logged in gets a download of another address, so that the browser
//! takes it as it comes, and no address holds a secret.

use actix_web::{HttpRequest, HttpResponse, Responder as _, web};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::Deserialize;

use super::api::{Either, FileContent, FormBody, HandlerResult, JsonLines};
use super::auth::{Owner, by_session};
use super::field_errors::FieldError;
use super::item_dto::ItemResource;
use super::problem::{Problem, ProblemCode};
use super::{AppState, access, items, results};
use quire_domain::access::Scope;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadForm")]
pub(super) struct DownloadForm {
    /// The page's half of the session, which other requests show as `X-Quire-Page`.
    #[schemars(regex(pattern = r"^[!-~]+$"))]
    page_token: String,
    /// The download's own address, as links name it: an artifact, a document, or the results of a batch.
    #[schemars(regex(pattern = r"^/[!-~]+$"))]
    href: String,
}

/// Only for a session: whoever has a key asks the download's own address.
pub(super) async fn answer(
    request: HttpRequest,
    body: FormBody<DownloadForm>,
    app: web::Data<AppState>,
) -> HandlerResult<Either<FileContent, JsonLines<ItemResource>>> {
    let form = body.read().await?;
    if !app.engine.keyring.requires_key() {
        return Err(Problem::new(ProblemCode::Unauthorized, NO_SESSIONS));
    }
    let asker = by_session(&request, &app, Some(&form.page_token))?;
    asker.require(Scope::FilesRead)?;
    let wanted = DownloadAddress::parse(&form.href).ok_or_else(|| no_download(form.href))?;
    let owner = Owner(asker.key);
    let watch = |answer: HttpResponse| access::watch_answer(answer, &app.engine.keyring, asker.api_key_id);
    Ok(match wanted {
        DownloadAddress::Document { batch, position } => {
            let answer = items::document(request.clone(), (web::Path::from((batch, position)), app.clone(), owner));
            Either::Left(FileContent(watch(answer.await?.0)))
        }
        DownloadAddress::Artifact { batch, position, name } => {
            let path = web::Path::from((batch, position, name));
            Either::Left(FileContent(watch(items::artifact(request.clone(), path, app.clone(), owner).await?.0)))
        }
        DownloadAddress::Results { batch } => {
            let answer = results::jsonl(request.clone(), (web::Path::from(batch), app.clone(), owner)).await?;
            Either::Right(JsonLines::new(watch(answer.respond_to(&request))))
        }
    })
}

const NO_SESSIONS: &str = "This server asks nobody who they are, so that there are no sessions: ask the download's own \
                           address.";

/// What can be downloaded.
#[derive(Debug, PartialEq, Eq)]
enum DownloadAddress {
    Document { batch: String, position: String },
    Artifact { batch: String, position: String, name: String },
    Results { batch: String },
}

impl DownloadAddress {
    /// From the path alone; nothing else is an address of a download.
    fn parse(href: &str) -> Option<Self> {
        if href.contains(['?', '#']) {
            return None;
        }
        let segments = href.strip_prefix("/api/v1/batches/")?.split('/').map(decoded).collect::<Option<Vec<_>>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let owned = str::to_owned;
        Some(match segments.as_slice() {
            [batch, "results.jsonl"] => Self::Results { batch: owned(batch) },
            [batch, "items", position, "document"] => Self::Document { batch: owned(batch), position: owned(position) },
            [batch, "items", position, "artifacts", name] => {
                Self::Artifact { batch: owned(batch), position: owned(position), name: owned(name) }
            }
            _ => return None,
        })
    }
}

fn decoded(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(|text| text.into_owned())
}

fn no_download(href: String) -> Problem {
    let allowed = "the path of an artifact, a document, or results.jsonl, as links name it";
    let (field, detail) = ("href".to_owned(), "there is no download at this address".to_owned());
    Problem::invalid(FieldError { field, value: Some(href.into()), detail, allowed: Some(allowed.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_downloads_are_taken() {
        let [batch, position] = ["018f", "7"].map(str::to_owned);
        let document = DownloadAddress::Document { batch: batch.clone(), position: position.clone() };
        assert_eq!(DownloadAddress::parse("/api/v1/batches/018f/items/7/document"), Some(document));
        let artifact = DownloadAddress::Artifact { batch: batch.clone(), position, name: "a b.txt".to_owned() };
        assert_eq!(DownloadAddress::parse("/api/v1/batches/018f/items/7/artifacts/a%20b.txt"), Some(artifact));
        let results = DownloadAddress::Results { batch };
        assert_eq!(DownloadAddress::parse("/api/v1/batches/018f/results.jsonl"), Some(results));
        for foreign in [
            "",
            "/",
            "//elsewhere.example/api/v1/batches/018f/results.jsonl",
            "https://elsewhere.example/api/v1/batches/018f/results.jsonl",
            "api/v1/batches/018f/results.jsonl",
            "/api/v1/batches",
            "/api/v1/batches/018f",
            "/api/v1/batches/018f/results.jsonl?x=1",
            "/api/v1/batches/018f/results.jsonl#x",
            "/api/v1/batches/018f/results.jsonl/",
            "/api/v1/batches/018f/items/7/pages",
            "/api/v1/batches/018f/items/7/artifacts/a/b",
            "/api/v1/admin/logs",
            "/api/v1/batches/%ff/results.jsonl",
        ] {
            assert_eq!(DownloadAddress::parse(foreign), None, "{foreign}");
        }
    }
}
