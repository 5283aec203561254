//! Handlers of API keys, for administrators: create, list, revoke. A key's text is in the answer that creates it, and
//! nowhere else.

use std::time::Duration;

use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::AppState;
use super::api::bodies::{NewKeyBody, RotateKeyBody};
use super::api::{Created, HandlerResult, JsonBody, Okay};
use super::audit::By;
use super::auth::Authenticated;
use super::field_errors::FieldError;
use super::form::JsonForm;
use super::order::{known, visible};
use super::problem::{Problem, ProblemCode};
use crate::actors::keyring::KeyRequest;
use quire_base::clock::{self, rfc3339};
use quire_domain::access::{Rights, Role, Scope};
use quire_domain::api_key::{self, OWNER_RULE, is_valid_owner_name};
use quire_store::api_keys::{ApiKey, KeyGrant};

/// Never with the key or its digest.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(super) struct KeyResource {
    /// The key's public part.
    id: String,
    owner: String,
    name: Option<String>,
    /// Whether its role is `admin`.
    admin: bool,
    role: Role,
    /// What it may do: all of its role, or what it was narrowed to.
    scopes: Vec<Scope>,
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    /// It opens nothing from then on.
    #[schemars(extend("format" = "date-time"))]
    expires_at: Option<String>,
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
            admin: key.grant.role == Role::Admin,
            role: key.grant.role,
            scopes: key.grant.rights().scopes().collect(),
            created_at: rfc3339(key.created_at),
            expires_at: key.grant.expires_at.map(rfc3339),
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

/// `{"owner": …, "name": …, "role": "operator", "scopes": […], "expires_in_days": …}`
pub(super) async fn add(
    body: JsonBody<NewKeyBody>,
    app: web::Data<AppState>,
    asker: Authenticated,
    By(by): By,
) -> HandlerResult<Created<NewKeyResource>> {
    let max_days = app.engine.config.auth.max_key_days;
    let order = body.read(&app, move |form| read(form, max_days)).await?;
    if asker.api_key_id.is_none() && !order.grant.rights().include(Scope::KeysWrite) {
        return Err(Problem::new(ProblemCode::Conflict, FIRST_KEY));
    }
    asker.require_all(order.grant.rights())?;
    let (key, made) = app.engine.keyring.create_key(order, by).await?;
    let role = made.grant.role.as_str();
    tracing::warn!(id = made.prefix, owner = made.owner_name, role, "an API key was made");
    Ok(Created::new(&NewKeyResource { resource: made.into(), key }))
}

/// Keys that need not end are for servers where `max_days` is 0.
pub(super) fn read(mut form: JsonForm<'_>, max_days: u64) -> Result<KeyRequest, Problem> {
    let owner = form.take("owner", OWNER_RULE, owner_name);
    let name = form.take("name", "1 to 200 characters", |name| visible(name, NAME_CHARS, true));
    let role = form.take("role", &Role::NAMES.join(", "), known::<Role>);
    let is_admin = form.take("admin", "true, false; `role` says more", Value::as_bool);
    let scopes = form.take("scopes", &Scope::NAMES.join(", "), scopes);
    let most_days = api_key::most_days(max_days);
    let allowed =
        format!("whole days from 1 to {most_days}{}", if max_days == 0 { "" } else { " (auth.max_key_days)" });
    let days =
        form.take("expires_in_days", &allowed, |days| days.as_u64().filter(|days| (1..=most_days).contains(days)));
    let role = match (role, is_admin) {
        (Some(role), Some(admin)) if admin != (role == Role::Admin) => {
            form.refuse("admin", None, "`role` says otherwise", Some("one of `role` and `admin`"));
            role
        }
        (Some(role), _) => role,
        (None, Some(true)) => Role::Admin,
        (None, _) => Role::Operator,
    };
    if let Some(beyond) = scopes.iter().flatten().find(|scope| !role.includes(**scope)) {
        let detail = format!("the role `{}` does not include `{}`", role.as_str(), beyond.as_str());
        let allowed = Rights::of(role, None).scopes().map(Scope::as_str).collect::<Vec<_>>().join(", ");
        form.refuse("scopes", None, &detail, Some(&allowed));
    }
    form.finish()?;
    let expires_at = api_key::expiry(days, max_days, clock::now());
    Ok(KeyRequest { owner: owner.ok_or_else(no_owner)?, name, grant: KeyGrant { role, scopes, expires_at } })
}

fn scopes(value: &Value) -> Option<Vec<Scope>> {
    let all: Option<Vec<_>> = value.as_array()?.iter().map(known::<Scope>).collect();
    all.filter(|all| !all.is_empty())
}

const FIRST_KEY: &str = "The first key has to be an administrator's (`admin`: true): from then on each request needs \
                         a key, and nobody could make the second one.";

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct KeyList {
    keys: Vec<KeyResource>,
}

/// All of them, revoked ones too; there are never more than `auth.max_keys`.
pub(super) async fn list(app: web::Data<AppState>) -> HandlerResult<Okay<KeyList>> {
    let keys = app.engine.context.read(|snapshot| snapshot.api_keys()).await?;
    Ok(Okay::new(&KeyList { keys: keys.into_iter().map(KeyResource::from).collect() }))
}

/// At once and for good; a key that is revoked already stays so.
pub(super) async fn revoke(
    id: web::Path<String>,
    app: web::Data<AppState>,
    By(by): By,
) -> HandlerResult<Okay<KeyResource>> {
    let revoked = app.engine.keyring.revoke_key(id.into_inner(), by).await?;
    tracing::warn!(id = revoked.prefix, owner = revoked.owner_name, "an API key was revoked");
    Ok(Okay::new(&KeyResource::from(revoked)))
}

/// A key that may do the same takes its place; both open until the old one runs out.
pub(super) async fn rotate(
    id: web::Path<String>,
    body: JsonBody<RotateKeyBody>,
    app: web::Data<AppState>,
    asker: Authenticated,
    By(by): By,
) -> HandlerResult<Created<NewKeyResource>> {
    let overlap = body.read(&app, overlap).await?;
    asker.require_all(app.engine.keyring.rights(&id).unwrap_or_default())?;
    let (key, made) = app.engine.keyring.rotate_key(id.into_inner(), overlap, by).await?;
    tracing::warn!(id = made.prefix, owner = made.owner_name, "an API key takes the place of another");
    Ok(Created::new(&NewKeyResource { resource: made.into(), key }))
}

pub(super) fn overlap(mut form: JsonForm<'_>) -> Result<Duration, Problem> {
    let allowed = format!("whole seconds from 0 to {MAX_OVERLAP_SECS}");
    let is_good = |secs: &u64| *secs <= MAX_OVERLAP_SECS;
    let secs = form.take("overlap_secs", &allowed, |secs| secs.as_u64().filter(is_good));
    form.finish()?;
    Ok(Duration::from_secs(secs.unwrap_or(DEFAULT_OVERLAP_SECS)))
}

/// A day, and as many as a month has.
const DEFAULT_OVERLAP_SECS: u64 = 86_400;
pub(super) const MAX_OVERLAP_SECS: u64 = 31 * 86_400;

const NAME_CHARS: usize = 200;

fn owner_name(value: &Value) -> Option<String> {
    value.as_str().filter(|name| is_valid_owner_name(name)).map(str::to_owned)
}

fn no_owner() -> Problem {
    let (field, allowed) = ("owner".to_owned(), Some(OWNER_RULE.to_owned()));
    Problem::invalid(FieldError { field, value: None, detail: "whose key is it to be?".into(), allowed })
}
