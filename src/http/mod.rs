//! The HTTP API. Reads through the read pool, writes by message only; knows no SQL.
//!
//! May import everything but `cli` and `app`. Read in this order: this route table, `problem` (what goes wrong),
//! `correlation`, `pace`, `origin_guard`, `auth`, `access`, `head` and `strict` (which every request passes, in this order),
//! then the handlers: `batches`, `batch_actions`,
//! `items`, `results`, `files`, [`live`], `webhooks`, `admin`, `keys`, `health`.

mod access;
mod admin;
mod auth;
mod batch_actions;
mod batches;
mod body;
mod compat;
mod conditional;
mod correlation;
mod cors;
mod cursor;
mod download;
mod dto;
mod error_mapping;
mod field_errors;
mod files;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
mod head;
mod health;
mod item_dto;
mod items;
mod keys;
mod live;
mod lookup;
mod metrics;
mod names;
mod order;
mod origin_guard;
mod pace;
mod problem;
mod results;
mod strict;
mod submission;
mod upload;
mod webhook_deliveries;
mod webhook_form;
mod webhooks;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::{self, ServiceConfig, delete, patch, post, put};
use actix_web::{App, FromRequest, Handler, HttpServer, Resource, Responder, middleware};
use tracing_actix_web::TracingLogger;

use crate::actors::engine::Engine;
use crate::actors::live::LiveDelivery;
use correlation::{RequestSpan, correlate};
pub use live::raise_descriptor_limit;
use live::{SessionRegistry, SocketHandles};

fn routes(app: &mut ServiceConfig) {
    app.service(at("/api/v1/files").route(post().to(files::upload)))
        .service(get_and_head("/api/v1/batches", batches::list).route(post().to(batches::submit)))
        .service(get_and_head("/api/v1/batches/{id}", batches::show).route(delete().to(batch_actions::cancel)))
        .service(at("/api/v1/batches/{id}/pause").route(put().to(batch_actions::pause)))
        .service(at("/api/v1/batches/{id}/resume").route(put().to(batch_actions::resume)))
        .service(at("/api/v1/batches/{id}/seal").route(put().to(batch_actions::seal)))
        .service(at("/api/v1/batches/{id}/retry").route(post().to(batch_actions::retry)))
        .service(get_and_head("/api/v1/batches/{id}/items", items::list).route(post().to(batch_actions::extend)))
        .service(get_and_head("/api/v1/batches/{id}/items/{position}", items::show))
        .service(get_and_head("/api/v1/batches/{id}/items/{position}/document", items::document))
        .service(get_and_head("/api/v1/batches/{id}/items/{position}/artifacts/{name}", items::artifact))
        .service(get_and_head("/api/v1/batches/{id}/results.jsonl", results::jsonl))
        .service(get_and_head("/api/v1/events", live::poll::after))
        .service(get_and_head("/api/v1/events/stream", live::stream::listen))
        .service(at("/api/v1/ws").route(web::get().to(live::ws::open)))
        .service(at("/api/v1/ws-tickets").route(post().to(live::tickets::issue)))
        .configure(webhook_routes)
        // An actor's id is a path, such as root/db.
        .service(get_and_head("/api/v1/admin/actors", admin::actors))
        .service(at("/api/v1/admin/actors/{id:.+}/ping").route(post().to(admin::ping)))
        .service(at("/api/v1/admin/actors/{id:.+}/restart").route(post().to(admin::restart)))
        .service(at("/api/v1/admin/actors/{id:.+}/stop").route(post().to(admin::stop)))
        .service(at("/api/v1/admin/actors/{id:.+}/panic").route(post().to(admin::panic)))
        .service(
            at("/api/v1/admin/actors/{id:.+}/stall")
                .route(post().to(admin::stall))
                .route(delete().to(admin::end_stall)),
        )
        .service(get_and_head("/api/v1/admin/actors/{id:.+}", admin::actor))
        .service(get_and_head("/api/v1/admin/keys", keys::list).route(post().to(keys::add)))
        .service(at("/api/v1/admin/keys/{id}").route(delete().to(keys::revoke)))
        .service(get_and_head("/healthz", health::alive))
        .service(get_and_head("/readyz", health::ready))
        .configure(compat::routes);
}

fn webhook_routes(app: &mut ServiceConfig) {
    app.service(get_and_head("/api/v1/webhooks", webhooks::list).route(post().to(webhooks::create)))
        .service(
            get_and_head("/api/v1/webhooks/{id}", webhooks::show)
                .route(patch().to(webhooks::change))
                .route(delete().to(webhooks::remove)),
        )
        .service(at("/api/v1/webhooks/{id}/secret/rotate").route(post().to(webhooks::rotate)))
        .service(at("/api/v1/webhooks/{id}/enable").route(post().to(webhooks::enable)))
        .service(at("/api/v1/webhooks/{id}/disable").route(post().to(webhooks::disable)))
        .service(at("/api/v1/webhooks/{id}/recover").route(post().to(webhooks::recover)))
        .service(at("/api/v1/webhooks/{id}/test").route(post().to(webhook_deliveries::test)))
        .service(get_and_head("/api/v1/webhooks/{id}/deliveries", webhook_deliveries::list))
        .service(get_and_head("/api/v1/webhooks/{id}/deliveries/{delivery}", webhook_deliveries::show))
        .service(at("/api/v1/webhooks/{id}/deliveries/{delivery}/resend").route(post().to(webhook_deliveries::resend)));
}

/// Shared state of all handlers.
struct AppState {
    engine: Engine,
    started: Instant,
    readers: body::BodyReaders,
}

/// A server that listens.
pub struct RunningServer {
    pub addr: SocketAddr,
    pub handle: HttpServerHandle,
    server: Server,
}

impl RunningServer {
    /// Has to be awaited, or spawned, for anything to be served; done when the server was stopped.
    pub fn served(self) -> impl Future<Output = std::io::Result<()>> {
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
pub async fn start(engine: Engine) -> std::io::Result<RunningServer> {
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
    let app = web::Data::new(AppState { engine, started: Instant::now(), readers: body::BodyReaders::new() });
    let http = HttpServer::new(move || {
        App::new()
            .app_data(app.clone())
            .app_data(peers)
            .app_data(SessionRegistry::new(Arc::clone(&listened), keyring.clone()))
            .app_data(lookup::query_config())
            .configure(routes)
            .wrap(middleware::from_fn(strict::strict))
            .wrap(middleware::from_fn(head::bare))
            .wrap(middleware::from_fn(auth::authenticate))
            .wrap(middleware::from_fn(origin_guard::guard))
            .wrap(middleware::from_fn(pace::paced))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(middleware::from_fn(correlate))
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
    Ok(RunningServer { addr, handle, server })
}

/// A key that is revoked closes what it has opened.
fn watch_rights(engine: &Engine) {
    let (mut changes, live) = (engine.keyring.watch_changes(), Arc::clone(&engine.live));
    actix_web::rt::spawn(async move {
        while changes.changed().await.is_ok() {
            live.recheck_access();
        }
    });
}

fn at(path: &str) -> Resource {
    web::resource(path)
}

/// A place that can be looked at: GET, and HEAD for the same without the body.
fn get_and_head<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    at(path).route(web::get().to(handler.clone())).route(web::head().to(handler))
}
