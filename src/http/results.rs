//! Results of a batch as JSON lines, in input order, at any time: an item that has not ended shows its state.

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, stream};

use super::api::{HandlerResult, JsonLines};
use super::auth::Owner;
use super::download::FOREIGN_POLICY;
use super::item_dto::{ItemResource, resources};
use super::lookup::{self, ById};
use super::problem::Problem;
use super::{AppState, names};
use quire_domain::ids::BatchKey;
use quire_store::StoreError;
use quire_store::items::ItemFilter;

pub(super) async fn jsonl(
    request: HttpRequest,
    (id, app, Owner(owner)): ById,
) -> HandlerResult<JsonLines<ItemResource>> {
    let record = lookup::batch(&app, owner, &id).await?.view.record;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"));
    answer.insert_header((header::CONTENT_DISPOSITION, names::attachment(&format!("{}.jsonl", record.id))));
    answer.insert_header((header::CONTENT_SECURITY_POLICY, FOREIGN_POLICY));
    if request.method() == actix_web::http::Method::HEAD {
        return Ok(JsonLines::new(answer.finish()));
    }
    Ok(JsonLines::new(answer.streaming(lines(app, record.key))))
}

/// Items read at once: each page is a transaction of its own, so a slow reader holds none open.
const PAGE: u32 = 250;

fn lines(app: web::Data<AppState>, key: BatchKey) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold(Some(0), move |after| {
        let app = app.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let read = app.engine.context.read(move |snapshot| {
                let found = snapshot.items(key, ItemFilter::Behind { after }, PAGE)?;
                Ok::<_, StoreError>((snapshot.batch(key)?, snapshot.item_page(key, found)?))
            });
            let (record, page) = read.await?;
            let last = page.items.last().map(|item| item.position);
            let next = last.filter(|_| page.items.len() == PAGE as usize);
            let mut text = Vec::new();
            for item in resources(page, &record, None, &app.engine) {
                // Writing into memory does not fail.
                let _ = serde_json::to_writer(&mut text, &item);
                text.push(b'\n');
            }
            Ok((!text.is_empty()).then(|| (Bytes::from(text), next)))
        }
    })
}
