//! Whether new documents may come in at all, asked before the first byte of them is taken.

use actix_web::web;

use super::Front;
use super::body::drain;
use super::problem::Problem;

/// The body, to be read; one that is refused is taken for a while, or its sender would never read the answer.
///
/// # Errors
/// `disk_full` or `disk_fault` while the disk does not take writes, `disk_full` with less room than is to be kept.
pub async fn admit(front: &Front, payload: web::Payload) -> Result<web::Payload, Problem> {
    let db = &front.engine.world.db;
    let trouble = db.fault().map(|fault| fault.trouble).or_else(|| db.disk.shortage());
    let Some(trouble) = trouble else { return Ok(payload) };
    drain(payload).await;
    Err(trouble.into())
}
