//! The dashboard: one page, which is answered wherever a browser wants a page, and its files below `/_app/`. Open to all:
//! it tells nobody's data. Beside it, what is answered where there is nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::Embed;

use super::AppState;
use super::assets::{ASKED_AGAIN, Asset, NEVER_ASKED_AGAIN, takes_html};
use super::error_mapping;
use super::problem::Problem;

/// Built by `web/build.mjs`, and committed.
#[derive(Embed)]
#[folder = "web/dist"]
struct BuiltFiles;

/// By their path in the folder; made when the first of them is asked for.
static BUILT: LazyLock<HashMap<Cow<'static, str>, Asset>> = LazyLock::new(|| {
    let file = |path: Cow<'static, str>| {
        let bytes = BuiltFiles::get(&path)?.data.into_owned();
        let asset = Asset::packed(bytes, media_type(&path));
        Some((path, asset))
    };
    BuiltFiles::iter().filter_map(file).collect()
});

/// Where the dashboard's files are.
#[derive(Debug)]
pub(super) enum DashboardFiles {
    Embedded,
    /// Read anew for each request, while somebody works on them (`server.dashboard_dir`).
    Directory(PathBuf),
}

impl DashboardFiles {
    /// An empty name is none.
    pub(super) fn at(directory: &str) -> Self {
        if directory.is_empty() { Self::Embedded } else { Self::Directory(directory.into()) }
    }
}

const PAGE: &str = "index.html";
const ICON: &str = "icon.svg";
const FILES: &str = "/_app/";

/// Whoever wants a page at one of these is told that there is none: they are the interface's, or other programs'.
const NO_PAGES: [&str; 7] = ["_app", "api", "docs", "healthz", "livez", "metrics", "readyz"];

/// Whether the dashboard answers this, and not one of the routes.
pub(super) fn is_asked(request: &HttpRequest) -> bool {
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    is_read && file_asked(request.path(), takes_html(request.headers())).is_some()
}

/// The file that stands for an address: an address of a page for the one page that there is.
fn file_asked(path: &str, wants_page: bool) -> Option<&str> {
    if let Some(file) = path.strip_prefix(FILES) {
        return is_plain_name(file).then(|| &path[1..]);
    }
    if path.trim_start_matches('/') == ICON {
        return Some(ICON);
    }
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    (path == "/" || wants_page && !NO_PAGES.contains(&first)).then_some(PAGE)
}

/// In `_app` there are no folders, and nothing leads out of it.
fn is_plain_name(file: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    file.bytes().all(is_plain) && file.starts_with(|first: char| first != '.')
}

/// Whatever no route is for.
///
/// # Errors
/// `route_not_found`.
pub(super) async fn answer(request: HttpRequest, app: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let nothing = || error_mapping::of_status(StatusCode::NOT_FOUND, request.path());
    if !is_asked(&request) {
        return Err(nothing());
    }
    let file = file_asked(request.path(), true).unwrap_or(PAGE);
    let caching = if [PAGE, ICON].contains(&file) { ASKED_AGAIN } else { NEVER_ASKED_AGAIN };
    let answer = match &app.dashboard {
        DashboardFiles::Embedded => BUILT.get(file).map(|asset| asset.answer(&request, caching)),
        DashboardFiles::Directory(folder) => {
            read(folder.join(file), media_type(file)).await.map(|asset| asset.answer(&request, ASKED_AGAIN))
        }
    };
    let mut answer = answer.ok_or_else(nothing)?;
    if file == PAGE {
        for (name, value) in PAGE_HEADERS {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(answer)
}

/// Nothing from elsewhere, nothing inline, and no text becomes markup or code. No other page holds a reference to this one,
/// or learns its address.
const PAGE_HEADERS: [(HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
];

async fn read(path: PathBuf, media_type: &'static str) -> Option<Asset> {
    let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
    read.ok()?.ok().map(|bytes| Asset::plain(bytes, media_type))
}

fn media_type(file: &str) -> &'static str {
    match Path::new(file).extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_page_is_the_page_and_all_else_is_what_it_says() {
        for (path, wants_page, file) in [
            ("/", false, Some(PAGE)),
            ("/", true, Some(PAGE)),
            ("/batches/018f/items/7", true, Some(PAGE)),
            ("/batches", false, None),
            ("/api/v1/nothing", true, None),
            ("/api", true, None),
            ("/apis", true, Some(PAGE)),
            ("/docs/more", true, None),
            ("/metrics", true, None),
            ("/_app/main-1a2b.js", false, Some("_app/main-1a2b.js")),
            ("/_app/", true, None),
            ("/_app/a/b.js", true, None),
            ("/_app/../index.html", true, None),
            ("/_app/..", true, None),
            ("/_app/.hidden", true, None),
            ("/_app", true, None),
            ("//api/v1", true, None),
            ("/icon.svg", false, Some(ICON)),
            ("/sizes.json", false, None),
        ] {
            assert_eq!(file_asked(path, wants_page), file, "{path} {wants_page}");
        }
    }

    #[test]
    fn what_is_embedded_has_a_page_and_every_file_has_a_kind_of_its_own() {
        assert!(BUILT.contains_key(PAGE));
        for path in BUILT.keys().filter(|path| path.starts_with("_app/")) {
            assert!(is_plain_name(&path["_app/".len()..]), "{path}");
            assert_ne!(media_type(path), "application/octet-stream", "{path}");
        }
    }
}
