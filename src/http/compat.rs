//! Aliases: the paths of the first clients, with the same handlers.

use actix_web::web::{ServiceConfig, delete, post, put};

use super::{at, batch_actions, batches, get_and_head, items, metrics};

pub(super) fn routes(app: &mut ServiceConfig) {
    app.service(at("/api/batch/jobs").route(post().to(batches::submit)))
        .service(get_and_head("/api/batch/jobs/{id}", batches::show).route(delete().to(batch_actions::cancel)))
        .service(get_and_head("/api/batch/jobs/{id}/tasks", items::list))
        .service(at("/api/batch/jobs/{id}/pause").route(put().to(batch_actions::pause)))
        .service(at("/api/batch/jobs/{id}/resume").route(put().to(batch_actions::resume)))
        .service(get_and_head("/api/batch/metrics", metrics::json));
}
