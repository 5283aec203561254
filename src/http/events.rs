//! The log of what happened, read from a place on.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::Front;
use super::auth::Owner;
use super::dto::EventView;
use super::lookup::wrong;
use super::problem::Problem;
use crate::store::events;

#[derive(Debug, Deserialize)]
pub struct After {
    after: Option<String>,
    limit: Option<String>,
}

#[derive(Debug, Serialize)]
struct EventPage {
    events: Vec<EventView>,
    next_after: i64,
}

/// Events with a `seq` greater than `after`, oldest first; `next_after` is where to go on.
pub async fn after(
    query: web::Query<After>,
    front: web::Data<Front>,
    Owner(owner): Owner,
) -> Result<HttpResponse, Problem> {
    let most = front.engine.config.http.max_page_items as u32;
    let after = match &query.after {
        Some(text) => {
            text.parse().ok().filter(|after| *after >= 0).ok_or_else(|| wrong("after", text, "0 or a seq"))?
        }
        None => 0,
    };
    let limit = match &query.limit {
        Some(text) => {
            let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
            limit.ok_or_else(|| wrong("limit", text, &format!("1 to {most} (http.max_page_items)")))?
        }
        None => most.min(256),
    };
    let found = front.engine.world.read(move |conn| events::after(conn, owner, after, limit)).await?;
    let next = found.last().map_or(after, |event| event.seq);
    let events: Vec<_> = found.into_iter().map(EventView::from).collect();
    Ok(HttpResponse::Ok().json(EventPage { events, next_after: next }))
}
