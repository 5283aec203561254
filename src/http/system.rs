//! Admin endpoints for the server as a whole: its doctor, its settings, its log.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::{HandlerResult, Okay, Query};
use super::lookup;
use super::problem::{Problem, ProblemCode};
use super::{AppState, error_mapping, head};
use crate::config::Setting;
use crate::doctor::{self, DoctorReport};
use crate::telemetry::{self, LogLevel, LogLineFilter, LoggedLine};
use quire_domain::ids::CorrelationId;

/// As `quire doctor`: also starts a worker process, and measures the disk, so one at a time.
pub(super) async fn doctor(request: HttpRequest, app: web::Data<AppState>) -> HandlerResult<Okay<DoctorReport>> {
    if head::is_asked(&request) {
        return Ok(Okay::head_alone());
    }
    let Ok(turn) = Arc::clone(&app.doctor).try_acquire_owned() else {
        let detail = "The server is being examined just now; ask again when that has ended.";
        return Err(Problem::new(ProblemCode::Busy, detail).retry_after(5));
    };
    let (engine, runtime) = (app.engine.clone(), tokio::runtime::Handle::current());
    let examined = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        runtime.block_on(doctor::examine(&engine.config, engine.opened.inspect()))
    });
    Ok(Okay::new(&examined.await.map_err(|error| broken_off(&error))?))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SettingList {
    settings: Vec<Setting>,
}

pub(super) async fn settings(app: web::Data<AppState>) -> HandlerResult<Okay<SettingList>> {
    Ok(Okay::new(&SettingList { settings: app.engine.config.listing() }))
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct LogsQuery {
    /// Keeps the lines of this request and of all that it caused.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[!-~]+$"))]
    correlation_id: Option<String>,
    /// Keeps those of this level and of worse ones.
    #[schemars(with = "Option<LogLevel>")]
    level: Option<String>,
    /// At most so many; 100 when left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000))]
    limit: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LogLines {
    /// Newest first, each as it was logged.
    lines: Vec<LoggedLine>,
}

pub(super) async fn logs(Query(query): Query<LogsQuery>, app: web::Data<AppState>) -> HandlerResult<Okay<LogLines>> {
    let wanted = LogLineFilter {
        correlation_id: correlation_id(query.correlation_id)?,
        level: lookup::one_of("level", query.level.as_deref(), LogLevel::NAMES)?,
        limit: lookup::limit(&app, query.limit.as_deref())? as usize,
    };
    let found = tokio::task::spawn_blocking(move || telemetry::newest(&wanted)).await;
    let lines = found.map_err(|error| broken_off(&error))?.map_err(|error| {
        tracing::error!(%error, "the log cannot be read");
        error_mapping::server_fault()
    })?;
    Ok(Okay::new(&LogLines { lines }))
}

fn correlation_id(given: Option<String>) -> Result<Option<String>, Problem> {
    let is_one = |id: &String| CorrelationId::parse(id).is_some();
    let wrong = |id: String| lookup::wrong("correlation_id", &id, "1 to 128 visible ASCII characters");
    match given {
        Some(id) if !is_one(&id) => Err(wrong(id)),
        given => Ok(given),
    }
}

fn broken_off(error: &tokio::task::JoinError) -> Problem {
    tracing::error!(%error, "looking at the server was broken off");
    error_mapping::server_fault()
}
