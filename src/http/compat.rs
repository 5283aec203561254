//! Aliases: the paths of the first clients, with the same handlers.

use super::api::{Api, about};
use super::problem::ProblemCode::{BadCursor, StateForbids};
use super::{batch_actions, batches, items, metrics};

pub(super) fn routes(api: &mut Api) {
    api.post(
        "/api/batch/jobs",
        batches::submit,
        about("submitJob", "As submitBatch").headers(&["Location"]).deprecated(),
    )
    .get("/api/batch/jobs/{id}", batches::show, about("getJob", "As getBatch").headers(&["ETag"]).deprecated())
    .delete(
        "/api/batch/jobs/{id}",
        batch_actions::cancel,
        about("cancelJob", "As cancelBatch").fails(&[StateForbids]).deprecated(),
    )
    .get("/api/batch/jobs/{id}/tasks", items::list, about("listTasks", "As listItems").fails(&[BadCursor]).deprecated())
    .put(
        "/api/batch/jobs/{id}/pause",
        batch_actions::pause,
        about("pauseJob", "As pauseBatch").fails(&[StateForbids]).deprecated(),
    )
    .put(
        "/api/batch/jobs/{id}/resume",
        batch_actions::resume,
        about("resumeJob", "As resumeBatch").fails(&[StateForbids]).deprecated(),
    )
    .get(
        "/api/batch/metrics",
        metrics::json,
        about("getMetrics", "Figures of batches and items, and of the server"),
    );
}
