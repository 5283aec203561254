//! The HTTP API. Reads through the read pool, writes by message only; knows no SQL.
//!
//! May import everything but `cli` and `app`. Read in this order: this route table, `api` (what a route is, and the
//! OpenAPI document that is made from the table), `problem` (what goes wrong),
//! `correlation`, `pace`, `origin_guard`, `auth`, `access`, `head` and `strict` (which every request passes, in this order),
//! then the handlers: `batches`, `batch_actions`, `bulk`,
//! `items`, `item_query`, `item_states`, `history`, `failures`, [`pages`], `results`, `files`, `uploads`, [`live`], `webhooks`, `admin`, `system`, `keys`, `audit`, `health`.

mod access;
mod admin;
mod api;
mod assets;
mod audit;
mod auth;
mod batch_actions;
mod batches;
mod body;
mod bulk;
mod compat;
mod conditional;
mod correlation;
mod cors;
mod cursor;
mod dashboard;
mod download;
mod download_form;
mod dto;
mod error_mapping;
mod failures;
mod field_errors;
mod files;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
mod head;
mod health;
mod history;
mod item_dto;
mod item_query;
mod item_states;
mod items;
mod keys;
mod live;
mod logins;
mod lookup;
mod metrics;
mod names;
mod order;
mod origin_guard;
mod pace;
mod pages;
mod problem;
mod results;
mod retry_form;
mod search;
mod session;
mod strict;
mod submission;
mod system;
mod upload;
mod uploads;
mod webhook_deliveries;
mod webhook_form;
mod webhooks;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web;
use actix_web::{App, HttpServer, middleware};
use tokio::sync::Semaphore;
use tracing_actix_web::TracingLogger;

use crate::actors::engine::Engine;
use crate::actors::live::LiveDelivery;
use api::{Api, Needs, about};
use correlation::{RequestSpan, correlate};
pub use live::raise_descriptor_limit;
use live::{SessionRegistry, SocketHandles};
use problem::ProblemCode;
use quire_domain::access::Scope;

/// Every route, with what its type does not say.
fn api_table() -> Api {
    use ProblemCode::*;
    let mut api = Api::default();
    api.post(
        "/api/v1/files",
        files::upload,
        about("uploadFiles", Needs::Scope(Scope::FilesWrite), "Uploads documents for batches to come"),
    )
    .post(
        "/api/v1/uploads",
        uploads::create,
        about("createUpload", Needs::Scope(Scope::FilesWrite), "Announces a document that comes in pieces")
            .fails(&[TooManyUploads])
            .headers(&["Location", "Upload-Offset"]),
    )
    .get(
        "/api/v1/uploads/{id}",
        uploads::show,
        about("getUpload", Needs::Scope(Scope::FilesWrite), "Where it goes on; HEAD answers the header alone")
            .headers(&["Upload-Offset"]),
    )
    .patch(
        "/api/v1/uploads/{id}",
        uploads::append,
        about(
            "appendToUpload",
            Needs::Scope(Scope::FilesWrite),
            "The next piece; the last one is answered with the file",
        )
        .fails(&[OffsetDiffers, Conflict])
        .headers(&["Upload-Offset"]),
    )
    .delete(
        "/api/v1/uploads/{id}",
        uploads::remove,
        about("deleteUpload", Needs::Scope(Scope::FilesWrite), "Gives it up"),
    )
    .get(
        "/api/v1/batches",
        batches::list,
        about("listBatches", Needs::Scope(Scope::BatchesRead), "Batches, newest first").fails(&[BadCursor]),
    )
    .post(
        "/api/v1/batches",
        batches::submit,
        about("submitBatch", Needs::Scope(Scope::BatchesWrite), "Makes a batch").headers(&["Location"]),
    )
    .post(
        "/api/v1/batches/bulk",
        bulk::act,
        about(
            "actOnBatches",
            Needs::Scope(Scope::BatchesWrite),
            "Pauses, resumes, cancels or retries all that a filter keeps",
        )
        .fails(&[ExpectedDiffers]),
    )
    .get(
        "/api/v1/batches/{id}",
        batches::show,
        about("getBatch", Needs::Scope(Scope::BatchesRead), "One batch").headers(&["ETag"]),
    )
    .delete(
        "/api/v1/batches/{id}",
        batch_actions::cancel,
        about("cancelBatch", Needs::Scope(Scope::BatchesWrite), "Cancels it").fails(&[StateForbids]),
    )
    .put(
        "/api/v1/batches/{id}/pause",
        batch_actions::pause,
        about("pauseBatch", Needs::Scope(Scope::BatchesWrite), "Pauses it").fails(&[StateForbids]),
    )
    .put(
        "/api/v1/batches/{id}/resume",
        batch_actions::resume,
        about("resumeBatch", Needs::Scope(Scope::BatchesWrite), "Resumes it").fails(&[StateForbids]),
    )
    .put(
        "/api/v1/batches/{id}/seal",
        batch_actions::seal,
        about("sealBatch", Needs::Scope(Scope::BatchesWrite), "Takes no more items").fails(&[StateForbids]),
    )
    .post(
        "/api/v1/batches/{id}/retry",
        batch_actions::retry,
        about("retryBatch", Needs::Scope(Scope::BatchesWrite), "Tries items again")
            .fails(&[StateForbids, ExpectedDiffers]),
    )
    .get(
        "/api/v1/batches/{id}/items",
        items::list,
        about("listItems", Needs::Scope(Scope::BatchesRead), "Items, in input order").fails(&[BadCursor]),
    )
    .post(
        "/api/v1/batches/{id}/items",
        batch_actions::extend,
        about("addItems", Needs::Scope(Scope::BatchesWrite), "More items for an open batch").fails(&[StateForbids]),
    )
    .get(
        "/api/v1/batches/{id}/items/states",
        item_states::states,
        about("getItemStates", Needs::Scope(Scope::BatchesRead), "The states of all items, two bytes for each")
            .headers(&["ETag", "X-Quire-Rev", "X-Quire-States", "X-Quire-Failures"]),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}",
        items::show,
        about("getItem", Needs::Scope(Scope::BatchesRead), "One item with its attempts"),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}/document",
        items::document,
        about("getDocument", Needs::Scope(Scope::FilesRead), "The document as it was sent")
            .fails(&[DocumentNotFound, RangeNotSatisfiable])
            .headers(&["ETag"]),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}/artifacts/{name}",
        items::artifact,
        about("getArtifact", Needs::Scope(Scope::FilesRead), "One result")
            .fails(&[RangeNotSatisfiable])
            .headers(&["ETag"]),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}/pages",
        pages::show,
        about("getPages", Needs::Scope(Scope::FilesRead), "Pages of one document with their text")
            .fails(&[ArtifactNotFound]),
    )
    .get(
        "/api/v1/batches/{id}/failures",
        failures::groups,
        about("getFailures", Needs::Scope(Scope::BatchesRead), "Failed items by what they failed of, the most first"),
    )
    .get(
        "/api/v1/batches/{id}/results.jsonl",
        results::jsonl,
        about("getResults", Needs::Scope(Scope::FilesRead), "All items as JSON lines, in input order")
            .headers(&["Content-Disposition"]),
    )
    .get(
        "/api/v1/search",
        search::search,
        about("search", Needs::Scope(Scope::BatchesRead), "Batches and documents by name or id"),
    )
    .get(
        "/api/v1/events",
        live::poll::after,
        about("pollEvents", Needs::Scope(Scope::EventsRead), "Events after a place in the log"),
    )
    .get(
        "/api/v1/events/stream",
        live::stream::listen,
        about("streamEvents", Needs::Scope(Scope::EventsRead), "The log as server-sent events"),
    )
    .get(
        "/api/v1/streams/events",
        live::durable::events,
        about("readEventStream", Needs::Scope(Scope::EventsRead), "The log by the Durable Streams protocol")
            .fails(&[OffsetGone, Unavailable])
            .headers(&["Stream-Next-Offset", "Stream-Cursor", "Stream-Up-To-Date"]),
    )
    .get(
        "/api/v1/streams/batches/{id}",
        live::durable::batch_events,
        about(
            "readBatchStream",
            Needs::Scope(Scope::EventsRead),
            "The events of one batch by the Durable Streams protocol",
        )
        .fails(&[OffsetGone, Unavailable])
        .headers(&["Stream-Next-Offset", "Stream-Cursor", "Stream-Up-To-Date"]),
    )
    .get(
        "/api/v1/ws",
        live::ws::open,
        about("openSocket", Needs::OwnCheck, "Opens a WebSocket; see the AsyncAPI document"),
    )
    .post(
        "/api/v1/ws-tickets",
        live::tickets::issue,
        about("issueTicket", Needs::Scope(Scope::EventsRead), "A ticket that opens one WebSocket"),
    );
    session_routes(&mut api);
    webhook_routes(&mut api);
    admin_routes(&mut api);
    api.get(
        "/api/v1/openapi.json",
        api::served::openapi_json,
        about("getOpenApi", Needs::Nothing, "This document").headers(&["ETag"]),
    )
    .get(
        "/api/v1/asyncapi.json",
        api::served::asyncapi_json,
        about("getAsyncApi", Needs::Nothing, "The frames of a live connection").headers(&["ETag"]),
    )
    .get(
        "/docs",
        api::served::page,
        about("getDocsPage", Needs::Nothing, "This document, for people").headers(&["ETag"]),
    )
    .get(
        "/docs/rapidoc-min.js",
        api::served::reader,
        about("getDocsScript", Needs::Nothing, "The script of that page").headers(&["ETag"]),
    )
    .get("/healthz", health::alive, about("getHealth", Needs::Nothing, "Whether there is a process"))
    .get("/readyz", health::ready, about("getReadiness", Needs::Nothing, "Whether it can do its work"));
    compat::routes(&mut api);
    api
}

/// Of the dashboard. That and its pages are no part of this interface: see [`dashboard`].
fn session_routes(api: &mut Api) {
    use ProblemCode::*;
    api.post(
        "/api/v1/session",
        session::begin,
        about("beginSession", Needs::OwnCheck, "Logs a page in; the other half of the session is a cookie")
            .fails(&[Unauthorized, KeyRevoked, KeyExpired, TooManyWrongKeys, Conflict])
            .headers(&["Set-Cookie"]),
    )
    .get(
        "/api/v1/session",
        session::show,
        about("getSession", Needs::OwnCheck, "Who asks, and what a page has to know of the server").fails(&[
            Unauthorized,
            KeyRevoked,
            KeyExpired,
        ]),
    )
    .delete(
        "/api/v1/session",
        session::end,
        about("endSession", Needs::OwnCheck, "Logs out").headers(&["Set-Cookie", "Clear-Site-Data"]),
    )
    .post(
        "/api/v1/downloads",
        download_form::answer,
        about("download", Needs::OwnCheck, "Another address's download, for a form of a page that is logged in")
            .fails(&[
                Unauthorized,
                KeyRevoked,
                KeyExpired,
                ScopeMissing,
                BatchNotFound,
                ItemNotFound,
                ArtifactNotFound,
                DocumentNotFound,
                RangeNotSatisfiable,
                Busy,
            ])
            .headers(&["Content-Disposition"]),
    );
}

fn webhook_routes(api: &mut Api) {
    use ProblemCode::*;
    api.get(
        "/api/v1/webhooks",
        webhooks::list,
        about("listWebhooks", Needs::Scope(Scope::WebhooksRead), "Webhooks, oldest first"),
    )
    .post(
        "/api/v1/webhooks",
        webhooks::create,
        about("createWebhook", Needs::Scope(Scope::WebhooksWrite), "Makes a webhook; its secret is shown once")
            .fails(&[TooManyWebhooks])
            .headers(&["Location"]),
    )
    .get("/api/v1/webhooks/{id}", webhooks::show, about("getWebhook", Needs::Scope(Scope::WebhooksRead), "One webhook"))
    .patch(
        "/api/v1/webhooks/{id}",
        webhooks::change,
        about("changeWebhook", Needs::Scope(Scope::WebhooksWrite), "Changes it"),
    )
    .delete(
        "/api/v1/webhooks/{id}",
        webhooks::remove,
        about("deleteWebhook", Needs::Scope(Scope::WebhooksWrite), "Deletes it with its deliveries"),
    )
    .post(
        "/api/v1/webhooks/{id}/secret/rotate",
        webhooks::rotate,
        about("rotateWebhookSecret", Needs::Scope(Scope::WebhooksWrite), "A new secret, shown once"),
    )
    .post(
        "/api/v1/webhooks/{id}/enable",
        webhooks::enable,
        about("enableWebhook", Needs::Scope(Scope::WebhooksWrite), "Goes on where it stopped"),
    )
    .post(
        "/api/v1/webhooks/{id}/disable",
        webhooks::disable,
        about("disableWebhook", Needs::Scope(Scope::WebhooksWrite), "Sends nothing until it is enabled"),
    )
    .post(
        "/api/v1/webhooks/{id}/recover",
        webhooks::recover,
        about("recoverWebhook", Needs::Scope(Scope::WebhooksWrite), "Sends everything since then once more")
            .fails(&[Conflict]),
    )
    .post(
        "/api/v1/webhooks/{id}/test",
        webhook_deliveries::test,
        about("testWebhook", Needs::Scope(Scope::WebhooksWrite), "Sends a test message")
            .fails(&[Conflict])
            .headers(&["Location"]),
    )
    .get(
        "/api/v1/webhooks/{id}/deliveries",
        webhook_deliveries::list,
        about("listDeliveries", Needs::Scope(Scope::WebhooksRead), "Deliveries, newest first").fails(&[BadCursor]),
    )
    .get(
        "/api/v1/webhooks/{id}/deliveries/{delivery}",
        webhook_deliveries::show,
        about("getDelivery", Needs::Scope(Scope::WebhooksRead), "One delivery with its attempts"),
    )
    .post(
        "/api/v1/webhooks/{id}/deliveries/{delivery}/resend",
        webhook_deliveries::resend,
        about("resendDelivery", Needs::Scope(Scope::WebhooksWrite), "Sends it once more").fails(&[Conflict]),
    );
}

/// An actor's id is a path, such as root/db.
fn admin_routes(api: &mut Api) {
    use ProblemCode::*;
    api.get(
        "/api/v1/admin/actors",
        admin::actors,
        about("listActors", Needs::Scope(Scope::ServerRead), "The tree of actors, parents first"),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/ping",
        admin::ping,
        about("pingActor", Needs::Scope(Scope::ActorsWrite), "How long its mailbox takes")
            .fails(&[ActorDown, ActorSilent]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/restart",
        admin::restart,
        about("restartActor", Needs::Scope(Scope::ActorsWrite), "Restarts it").fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/stop",
        admin::stop,
        about("stopActor", Needs::Scope(Scope::ActorsWrite), "Stops it until it is restarted").fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/panic",
        admin::panic,
        about("panicActor", Needs::Scope(Scope::ActorsWrite), "Plants a panic; with testing.allow_planted_panics")
            .fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/stall",
        admin::stall,
        about("stallActor", Needs::Scope(Scope::ActorsWrite), "Plants a stall; with testing.allow_planted_panics"),
    )
    .delete(
        "/api/v1/admin/actors/{id:.+}/stall",
        admin::end_stall,
        about("endStall", Needs::Scope(Scope::ActorsWrite), "Ends a planted stall"),
    )
    .get("/api/v1/admin/actors/{id:.+}", admin::actor, about("getActor", Needs::Scope(Scope::ServerRead), "One actor"))
    .get(
        "/api/v1/admin/doctor",
        system::doctor,
        about("examine", Needs::Scope(Scope::ServerRead), "Checks machine, disk, database and a worker process"),
    )
    .get(
        "/api/v1/admin/settings",
        system::settings,
        about("listSettings", Needs::Scope(Scope::ServerRead), "Settings in force, and who said so"),
    )
    .get(
        "/api/v1/admin/logs",
        system::logs,
        about("listLogLines", Needs::Scope(Scope::ServerRead), "The newest lines of the log"),
    )
    .get(
        "/api/v1/admin/audit",
        audit::list,
        about("listAuditLines", Needs::Scope(Scope::AuditRead), "Who changed what of the server, oldest first"),
    )
    .get(
        "/api/v1/admin/keys",
        keys::list,
        about("listKeys", Needs::Scope(Scope::KeysRead), "API keys, revoked ones too"),
    )
    .post(
        "/api/v1/admin/keys",
        keys::add,
        about("createKey", Needs::Scope(Scope::KeysWrite), "Makes a key; its text is shown once").fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/keys/{id}/rotate",
        keys::rotate,
        about("rotateKey", Needs::Scope(Scope::KeysWrite), "A key in its place; both open for a while")
            .fails(&[Conflict]),
    )
    .delete(
        "/api/v1/admin/keys/{id}",
        keys::revoke,
        about("revokeKey", Needs::Scope(Scope::KeysWrite), "Revokes it, at once and for good"),
    );
}

/// Shared state of all handlers.
struct AppState {
    engine: Engine,
    started: Instant,
    readers: body::BodyReaders,
    walks: item_states::StateWalks,
    folds: Arc<history::FoldCache>,
    dashboard: dashboard::DashboardFiles,
    logins: logins::Logins,
    /// The one turn to examine the server.
    doctor: Arc<Semaphore>,
}

/// A server that listens.
pub struct BoundServer {
    pub addr: SocketAddr,
    pub handle: HttpServerHandle,
    server: Server,
}

impl BoundServer {
    /// Has to be awaited, or spawned, for anything to be served; done when the server was stopped.
    pub fn serve(self) -> impl Future<Output = std::io::Result<()>> {
        self.server
    }
}

/// Ends a server from elsewhere.
#[derive(Clone)]
pub struct HttpServerHandle {
    live: Arc<LiveDelivery>,
    server: ServerHandle,
}

impl HttpServerHandle {
    /// Listeners are told to go, then requests under way may finish; or all is broken off.
    pub async fn stop(&self, graceful: bool) {
        if graceful {
            // Before the server stops: it would wait for them, and they would not know.
            self.live.drain(DRAIN_PATIENCE).await;
        }
        self.server.stop(graceful).await;
    }
}

/// Time listeners may take to close after they were told to.
const DRAIN_PATIENCE: Duration = Duration::from_secs(4);

/// Of each HTTP thread: they wait for the disk and for the read connections, of which there are few.
const BLOCKING_THREADS: usize = 6;

/// Time requests under way may go on after a stop; a download that takes longer is broken off.
const STOP_PATIENCE_SECS: u64 = 5;

/// Listens on `server.host` and `server.port`; port 0 takes a free one. Must be called within an actix `System`.
///
/// # Errors
/// When the address cannot be taken, or must not be: see [`auth::may_listen`].
pub async fn bind(engine: Engine) -> std::io::Result<BoundServer> {
    let folds = Arc::new(history::FoldCache::new((engine.config.http.history_cache_mib << 20) as usize));
    raise_descriptor_limit(engine.config.live.max_connections);
    let server = &engine.config.server;
    let host: IpAddr = server.host.parse().map_err(std::io::Error::other)?;
    auth::may_listen(host, &engine.keyring, &engine.config).map_err(std::io::Error::other)?;
    let (address, threads) = (SocketAddr::new(host, server.port), server.http_threads as usize);
    let head_timeout = Duration::from_millis(engine.config.http.head_timeout_ms);
    let (peers, listened) = (SocketHandles::new(engine.config.live.stall_ms), Arc::clone(&engine.live));
    let keyring = engine.keyring.clone();
    watch_rights(&engine);
    let live = Arc::clone(&engine.live);
    let app = web::Data::new(AppState {
        dashboard: dashboard::DashboardFiles::at(&engine.config.server.dashboard_dir),
        logins: logins::Logins::new(&engine.config.auth, &engine.live.epoch),
        engine,
        started: Instant::now(),
        readers: body::BodyReaders::new(),
        walks: item_states::StateWalks::new(),
        folds,
        doctor: Arc::new(Semaphore::new(1)),
    });
    let http = HttpServer::new(move || {
        application()
            .app_data(app.clone())
            .app_data(peers)
            .app_data(SessionRegistry::new(Arc::clone(&listened), keyring.clone()))
    });
    let http = http
        .on_connect(move |socket, kept| peers.connected(socket, kept))
        .client_request_timeout(head_timeout)
        .workers(threads)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .shutdown_timeout(STOP_PATIENCE_SECS)
        .disable_signals()
        .bind(address)?;
    let addr = http.addrs().first().copied().unwrap_or(address);
    let server = http.run();
    let handle = HttpServerHandle { live, server: server.handle() };
    Ok(BoundServer { addr, handle, server })
}

/// The routes, and what each request passes on its way to one; the last one here is the outermost.
fn application() -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(lookup::query_config())
        .configure(|app| api_table().register(app))
        .default_service(web::to(dashboard::answer))
        .wrap(middleware::from_fn(strict::strict))
        .wrap(middleware::from_fn(head::bare))
        .wrap(middleware::from_fn(auth::authenticate))
        .wrap(middleware::from_fn(origin_guard::guard))
        .wrap(middleware::from_fn(pace::paced))
        .wrap(TracingLogger::<RequestSpan>::new())
        .wrap(middleware::from_fn(correlate))
}

/// A key that is revoked closes what it has opened.
fn watch_rights(engine: &Engine) {
    let keyring = engine.keyring.clone();
    actix_web::rt::spawn(async move { keyring.count_expiries().await });
    let (mut changes, live) = (engine.keyring.watch_changes(), Arc::clone(&engine.live));
    actix_web::rt::spawn(async move {
        while changes.changed().await.is_ok() {
            live.recheck_access();
        }
    });
}
