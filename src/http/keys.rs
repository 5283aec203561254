//! Handlers of API keys, for administrators: create, list, revoke. A key's text is in the answer that creates it, and
//! nowhere else.

use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::AppState;
use super::api::bodies::NewKeyBody;
use super::api::{Created, HandlerResult, JsonBody, Okay};
use super::auth::Admin;
use super::field_errors::FieldError;
use super::form::JsonForm;
use super::order::visible;
use super::problem::{Problem, ProblemCode};
use crate::actors::keyring::KeyRequest;
use quire_base::clock::rfc3339;
use quire_domain::api_key::{OWNER_RULE, is_valid_owner_name};
use quire_store::api_keys::ApiKey;

/// Never with the key or its digest.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(super) struct KeyResource {
    /// The key's public part.
    id: String,
    owner: String,
    name: Option<String>,
    admin: bool,
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    /// Coarse: `auth.last_used_step_secs`.
    #[schemars(extend("format" = "date-time"))]
    last_used_at: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    revoked_at: Option<String>,
}

impl From<ApiKey> for KeyResource {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.prefix,
            owner: key.owner_name,
            name: key.name,
            admin: key.is_admin,
            created_at: rfc3339(key.created_at),
            last_used_at: key.last_used_at.map(rfc3339),
            revoked_at: key.revoked_at.map(rfc3339),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewKey")]
pub(super) struct NewKeyResource {
    #[serde(flatten)]
    resource: KeyResource,
    /// The whole key.
    key: String,
}

/// `{"owner": …, "name": …, "admin": false}`
pub(super) async fn add(
    body: JsonBody<NewKeyBody>,
    app: web::Data<AppState>,
    Admin(asker): Admin,
) -> HandlerResult<Created<NewKeyResource>> {
    let order = body.read(&app, read).await?;
    if asker.api_key_id.is_none() && !order.is_admin {
        return Err(Problem::new(ProblemCode::Conflict, FIRST_KEY));
    }
    let (key, made) = app.engine.keyring.create_key(order).await?;
    tracing::warn!(id = made.prefix, owner = made.owner_name, admin = made.is_admin, "an API key was made");
    Ok(Created::new(&NewKeyResource { resource: made.into(), key }))
}

pub(super) fn read(mut form: JsonForm<'_>) -> Result<KeyRequest, Problem> {
    let owner = form.take("owner", OWNER_RULE, owner_name);
    let name = form.take("name", "1 to 200 characters", |name| visible(name, NAME_CHARS, true));
    let is_admin = form.take("admin", "true, false", Value::as_bool).unwrap_or_default();
    form.finish()?;
    Ok(KeyRequest { owner: owner.ok_or_else(no_owner)?, name, is_admin })
}

const FIRST_KEY: &str = "The first key has to be an administrator's (`admin`: true): from then on each request needs \
                         a key, and nobody could make the second one.";

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct KeyList {
    keys: Vec<KeyResource>,
}

/// All of them, revoked ones too; there are never more than `auth.max_keys`.
pub(super) async fn list(app: web::Data<AppState>, _: Admin) -> HandlerResult<Okay<KeyList>> {
    let keys = app.engine.context.read(|snapshot| snapshot.api_keys()).await?;
    Ok(Okay::new(&KeyList { keys: keys.into_iter().map(KeyResource::from).collect() }))
}

/// At once and for good; a key that is revoked already stays so.
pub(super) async fn revoke(
    id: web::Path<String>,
    app: web::Data<AppState>,
    _: Admin,
) -> HandlerResult<Okay<KeyResource>> {
    let revoked = app.engine.keyring.revoke_key(id.into_inner()).await?;
    tracing::warn!(id = revoked.prefix, owner = revoked.owner_name, "an API key was revoked");
    Ok(Okay::new(&KeyResource::from(revoked)))
}

const NAME_CHARS: usize = 200;

fn owner_name(value: &Value) -> Option<String> {
    value.as_str().filter(|name| is_valid_owner_name(name)).map(str::to_owned)
}

fn no_owner() -> Problem {
    let (field, allowed) = ("owner".to_owned(), Some(OWNER_RULE.to_owned()));
    Problem::invalid(FieldError { field, value: None, detail: "whose key is it to be?".into(), allowed })
}
