//! The addresses that were fixed before the names were: the same handlers.

use actix_web::web::{ServiceConfig, delete, post, put};

use super::{at, batches, items, look, metrics, verbs};

pub fn routes(app: &mut ServiceConfig) {
    app.service(at("/api/batch/jobs").route(post().to(batches::submit)))
        .service(look("/api/batch/jobs/{id}", batches::show).route(delete().to(verbs::cancel)))
        .service(look("/api/batch/jobs/{id}/tasks", items::list))
        .service(at("/api/batch/jobs/{id}/pause").route(put().to(verbs::pause)))
        .service(at("/api/batch/jobs/{id}/resume").route(put().to(verbs::resume)))
        .service(look("/api/batch/metrics", metrics::json));
}
