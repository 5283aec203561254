//! The audit log: who asks, as its lines name them, and the lines for those who may read them.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AppState;
use super::api::{HandlerResult, Okay, Query};
use super::auth::{self, ActsFor, Authenticated};
use super::correlation::Correlation;
use super::error_mapping::server_fault;
use super::lookup;
use super::problem::Problem;
use quire_base::clock::rfc3339;
use quire_domain::audit::AuditAction;
use quire_store::audit::{AuditActor, AuditFilter, AuditLine};

/// Who asks, for the audit log.
#[derive(Debug, Clone)]
pub(super) struct By(pub AuditActor);

impl FromRequest for By {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<AppState>>().ok_or_else(server_fault);
        ready(app.and_then(|app| actor(request, app)).map(Self))
    }
}

/// # Errors
/// `unauthorized` where nobody is known.
pub(super) fn actor(request: &HttpRequest, app: &AppState) -> Result<AuditActor, Problem> {
    let extensions = request.extensions();
    let asker = extensions.get::<Authenticated>().ok_or_else(auth::missing)?;
    let Correlation(correlation) = extensions.get::<Correlation>().ok_or_else(server_fault)?;
    let label = asker.api_key_id.and_then(|key| app.engine.keyring.label(key));
    let (key, owner) = match label {
        Some(label) => (Some(label.prefix), label.owner),
        None => (None, "local".to_owned()),
    };
    Ok(AuditActor {
        key,
        owner,
        for_owner: extensions.get::<ActsFor>().map(|ActsFor(owner)| owner.clone()),
        correlation: correlation.as_str().to_owned(),
        peer: request.peer_addr().map(|peer| peer.ip().to_string()),
    })
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct AuditQuery {
    /// The last `id` that is known.
    #[schemars(with = "Option<i64>", range(min = 0, max = 9_007_199_254_740_991_i64))]
    after: Option<String>,
    /// Keeps lines of one object, such as `key:abcdefgh`.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^[^\u0000]*$"))]
    object: Option<String>,
    #[schemars(with = "Option<AuditAction>")]
    action: Option<String>,
    /// At most so many; 100 when left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000))]
    limit: Option<String>,
}

/// The largest number that a reader of JSON takes for what it is.
const MAX_ID: i64 = (1 << 53) - 1;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AuditPage {
    /// Oldest first.
    lines: Vec<AuditLineView>,
    /// Place to go on from.
    next_after: i64,
}

/// Who did what, to what.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditLine")]
pub(super) struct AuditLineView {
    id: i64,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    action: AuditAction,
    object: String,
    /// Of whom the key is.
    owner: String,
    /// The key's public part; null where no key was needed.
    key: Option<String>,
    /// Whom it was done for, if for another.
    for_owner: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    correlation_id: String,
    /// The address that the request came from; null for what was done on the machine itself.
    peer: Option<String>,
    /// SHA-256, in hex, of the line before's chain and of what this one says.
    chain: String,
}

/// Oldest first, behind a place.
pub(super) async fn list(Query(query): Query<AuditQuery>, app: web::Data<AppState>) -> HandlerResult<Okay<AuditPage>> {
    let after = query.after.as_deref().map(|text| {
        let id = text.parse().ok().filter(|id: &i64| (0..=MAX_ID).contains(id));
        id.ok_or_else(|| lookup::wrong("after", text, "0 or the id of a line"))
    });
    let after = after.transpose()?.unwrap_or(0);
    let filter = AuditFilter {
        object: lookup::part("object", query.object.as_deref())?,
        action: lookup::one_of("action", query.action.as_deref(), AuditAction::NAMES)?,
    };
    let limit = lookup::limit(&app, query.limit.as_deref())?;
    let lines = app.engine.context.read(move |snapshot| snapshot.audit_lines(&filter, after, limit)).await?;
    let next_after = lines.last().map_or(after, |line| line.id);
    Ok(Okay::new(&AuditPage { lines: lines.into_iter().map(AuditLineView::from).collect(), next_after }))
}

impl From<AuditLine> for AuditLineView {
    fn from(line: AuditLine) -> Self {
        let AuditLine { id, at, actor, note, chain } = line;
        Self {
            id,
            at: rfc3339(at),
            action: note.action,
            object: note.object,
            owner: actor.owner,
            key: actor.key,
            for_owner: actor.for_owner,
            before: note.before,
            after: note.after,
            correlation_id: actor.correlation,
            peer: actor.peer,
            chain: chain.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}
