//! Handlers of the dashboard's session: log in, see who one is, log out.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::Serialize;

use super::AppState;
use super::api::bodies::NewSessionBody;
use super::api::{Created, HandlerResult, JsonBody, NoContent, Okay};
use super::auth::Authenticated;
use super::error_mapping;
use super::field_errors::FieldError;
use super::form::JsonForm;
use super::logins::LoginError;
use super::problem::{Problem, ProblemCode};
use crate::actors::keyring::{AuthenticationError, KeyLabel};
use crate::config::{Config, HttpConfig};
use quire_base::clock::rfc3339;
use quire_domain::access::Scope;
use quire_domain::closed_list;

/// What a page is told once, when it logs in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewSession")]
pub(super) struct NewSessionResource {
    /// Whose data the page sees.
    owner: String,
    /// What the key is called.
    key_name: Option<String>,
    admin: bool,
    /// The page's half of the session: each request shows it as `X-Quire-Page`.
    page_token: String,
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
}

/// `{"key": "qk_…"}`
pub(super) async fn begin(
    request: HttpRequest,
    body: JsonBody<NewSessionBody>,
    app: web::Data<AppState>,
) -> HandlerResult<Created<NewSessionResource>> {
    let key = body.read(&app, read).await?;
    let keyring = &app.engine.keyring;
    if !keyring.requires_key() {
        return Err(Problem::new(ProblemCode::Conflict, NO_LOGIN));
    }
    let login = app.logins.begin(keyring, request.peer_addr().map(|peer| peer.ip()), &key)?;
    // Revoked in this very moment, it is one that was revoked.
    let label = keyring.label(login.principal.key).ok_or(AuthenticationError::Revoked)?;
    let KeyLabel { owner, name: key_name, .. } = label;
    tracing::info!(owner, key = login.principal.key.0, "a page logged in");
    let view = NewSessionResource {
        owner,
        key_name,
        admin: login.principal.rights.include(Scope::ServerRead),
        page_token: login.page_token,
        expires_at: rfc3339(login.expires_at),
    };
    let answer = Created::new(&view).header(header::CACHE_CONTROL, "no-store");
    Ok(answer.header(header::SET_COOKIE, login.set_cookie))
}

const NO_LOGIN: &str = "No API key was ever made on this server, so that it asks nobody who they are: there is nothing \
                        to log in to. Its pages work as they are.";

pub(super) fn read(mut form: JsonForm<'_>) -> Result<String, Problem> {
    let key = form.take("key", KEY_RULE, |key| key.as_str().filter(|key| is_short(key)).map(str::to_owned));
    form.finish()?;
    key.ok_or_else(|| {
        let (field, allowed) = ("key".to_owned(), Some(KEY_RULE.to_owned()));
        Problem::invalid(FieldError { field, value: None, detail: "which API key?".into(), allowed })
    })
}

const KEY_RULE: &str = "an API key, 1 to 200 characters";

fn is_short(key: &str) -> bool {
    (1..=200).contains(&key.chars().count())
}

closed_list! {
    /// What a server can be started with beside what it always does.
    #[derive(JsonSchema)]
    pub enum ServerFeature {
        /// Actors can be told to panic or to stall.
        PlantedPanics = "planted_panics",
        /// Items may carry a scripted behaviour.
        Scripts = "scripts",
    }
}

/// Who asks, and what a page has to know of the server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(super) struct SessionResource {
    /// Null when a key is needed and none was shown.
    owner: Option<String>,
    /// Whether it may look at the server as a whole.
    admin: bool,
    /// What it may do.
    scopes: Vec<Scope>,
    /// False on a server that asks nobody who they are.
    key_needed: bool,
    /// Of the session, if it is not used before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    expires_at: Option<String>,
    /// The server's.
    version: &'static str,
    /// Names the log that events belong to.
    epoch: String,
    features: Vec<ServerFeature>,
    limits: PageLimits,
}

/// Settings of the server that a page has to keep to.
#[derive(Serialize, JsonSchema)]
pub(super) struct PageLimits {
    max_json_kib: u64,
    max_named_files: u64,
    max_file_mib: u64,
    max_upload_mib: u64,
    max_upload_files: u64,
    upload_piece_max_mib: u64,
    max_batch_items: u64,
    max_page_items: u64,
    max_retry_positions: u64,
    max_bulk_batches: u64,
}

impl From<&HttpConfig> for PageLimits {
    fn from(http: &HttpConfig) -> Self {
        Self {
            max_json_kib: http.max_json_kib,
            max_named_files: http.max_named_files,
            max_file_mib: http.max_file_mib,
            max_upload_mib: http.max_upload_mib,
            max_upload_files: http.max_upload_files,
            upload_piece_max_mib: http.upload_piece_max_mib,
            max_batch_items: http.max_batch_items,
            max_page_items: http.max_page_items,
            max_retry_positions: http.max_retry_positions,
            max_bulk_batches: http.max_bulk_batches,
        }
    }
}

/// Also for those who are not logged in: a page has to know that before it asks for a key.
pub(super) async fn show(
    asker: Option<Authenticated>,
    app: web::Data<AppState>,
) -> HandlerResult<Okay<SessionResource>> {
    let (keyring, config) = (&app.engine.keyring, &app.engine.config);
    let owner = asker.and_then(|asker| match asker.api_key_id {
        Some(key) => keyring.label(key).map(|label| label.owner),
        None => Some(LOCAL_OWNER.to_owned()),
    });
    let rights = asker.filter(|_| owner.is_some()).map(|asker| asker.rights).unwrap_or_default();
    let expires_at = asker.and_then(|asker| app.logins.expires_at(asker.login?));
    let answer = Okay::new(&SessionResource {
        admin: rights.include(Scope::ServerRead),
        scopes: rights.scopes().collect(),
        owner,
        key_needed: keyring.requires_key(),
        expires_at: expires_at.map(rfc3339),
        version: env!("CARGO_PKG_VERSION"),
        epoch: app.engine.live.epoch.to_string(),
        features: features(config),
        limits: PageLimits::from(&config.http),
    });
    Ok(answer.header(header::CACHE_CONTROL, "no-store"))
}

/// Whom everything belongs to while nobody needs a key.
const LOCAL_OWNER: &str = "local";

fn features(config: &Config) -> Vec<ServerFeature> {
    let testing = &config.testing;
    let all =
        [(ServerFeature::PlantedPanics, testing.allow_planted_panics), (ServerFeature::Scripts, testing.allow_scripts)];
    all.into_iter().filter(|(_, is_there)| *is_there).map(|(feature, _)| feature).collect()
}

/// Whoever is let in by something else than a session is told to forget one all the same.
pub(super) async fn end(asker: Authenticated, app: web::Data<AppState>) -> HandlerResult<NoContent> {
    let cookie = app.logins.end(asker.login);
    let answer = NoContent::new().header(header::SET_COOKIE, cookie);
    Ok(answer.header(header::HeaderName::from_static("clear-site-data"), "\"storage\""))
}

impl From<LoginError> for Problem {
    fn from(refused: LoginError) -> Self {
        match refused {
            LoginError::Key(error) => error.into(),
            LoginError::NoRandomness => error_mapping::server_fault(),
            LoginError::TooManyWrongKeys { wait_secs } => {
                let detail =
                    format!("No key from this address is looked at for {wait_secs} s (auth.max_wrong_keys_per_min).");
                Self::new(ProblemCode::TooManyWrongKeys, detail).retry_after(wait_secs)
            }
        }
    }
}
