//! Aliases: the paths of the first clients, with the same handlers.

use super::api::{Api, Needs, about};
use super::problem::ProblemCode::{BadCursor, StateForbids};
use super::{batch_actions, batches, items, metrics};
use quire_domain::access::Scope;

pub(super) fn routes(api: &mut Api) {
    api.post(
        "/api/batch/jobs",
        batches::submit,
        about("submitJob", Needs::Scope(Scope::BatchesWrite), "As submitBatch").headers(&["Location"]).deprecated(),
    )
    .get(
        "/api/batch/jobs/{id}",
        batches::show,
        about("getJob", Needs::Scope(Scope::BatchesRead), "As getBatch").headers(&["ETag"]).deprecated(),
    )
    .delete(
        "/api/batch/jobs/{id}",
        batch_actions::cancel,
        about("cancelJob", Needs::Scope(Scope::BatchesWrite), "As cancelBatch").fails(&[StateForbids]).deprecated(),
    )
    .get(
        "/api/batch/jobs/{id}/tasks",
        items::list,
        about("listTasks", Needs::Scope(Scope::BatchesRead), "As listItems").fails(&[BadCursor]).deprecated(),
    )
    .put(
        "/api/batch/jobs/{id}/pause",
        batch_actions::pause,
        about("pauseJob", Needs::Scope(Scope::BatchesWrite), "As pauseBatch").fails(&[StateForbids]).deprecated(),
    )
    .put(
        "/api/batch/jobs/{id}/resume",
        batch_actions::resume,
        about("resumeJob", Needs::Scope(Scope::BatchesWrite), "As resumeBatch").fails(&[StateForbids]).deprecated(),
    )
    .get(
        "/api/batch/metrics",
        metrics::json,
        about("getMetrics", Needs::Scope(Scope::MetricsRead), "Figures of batches and items, and of the server"),
    );
}
