//! The HTTP API. Reads through the read pool, writes by message only; knows no SQL.
//!
//! May import everything but `cli` and `app`. Read in this order: `routes` (the table), `api` (what a route is, and the
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
mod routes;
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
use correlation::{RequestSpan, correlate};
pub use live::raise_descriptor_limit;
use live::{SessionRegistry, SocketHandles};

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
        .configure(|app| routes::api_table().register(app))
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
