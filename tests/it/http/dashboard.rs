//! The dashboard's page and its files: where they are, with which headers, and to whom. They are no part of the
//! interface that the document describes.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use reqwest::{Method, Response};

use crate::harness::{TestApp, client, serve};

/// As a browser asks for what it will show as a page.
const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn ask(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = app.http.request(method, format!("{}{path}", app.url));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

fn said<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// The first file that the page names.
fn file_of(page: &str) -> String {
    let from = page.find("/_app/").expect("the page names a file");
    page[from..].split(['"', '\'', ' ', '>']).next().unwrap().to_owned()
}

#[tokio::test]
async fn every_address_of_a_page_is_the_page_with_its_headers() {
    let app = TestApp::start();
    let _keys_are_needed = app.first_admin().await;
    let first = ask(&app, Method::GET, "/", &[]).await;
    let etag = said(&first, "etag").to_owned();
    let page = first.text().await.unwrap();
    for path in ["/", "/batches/018f/items/7?filter=failed&q=a+b", "/login", "/admin"] {
        let answer = ask(&app, Method::GET, path, &[("accept", PAGE)]).await;
        assert_eq!(answer.status(), 200, "{path}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-cache"),
            ("cross-origin-opener-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("etag", &etag),
        ] {
            assert_eq!(said(&answer, name), value, "{path} {name}");
        }
        assert_eq!(
            said(&answer, "content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
             font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        );
        assert!(said(&answer, "set-cookie").is_empty());
        assert_eq!(answer.text().await.unwrap(), page, "{path}");
        let known = ask(&app, Method::GET, path, &[("accept", PAGE), ("if-none-match", &etag)]).await;
        assert_eq!((known.status().as_u16(), said(&known, "etag")), (304, etag.as_str()), "{path}");
        let head = ask(&app, Method::HEAD, path, &[("accept", PAGE)]).await;
        assert_eq!((head.status().as_u16(), said(&head, "etag")), (200, etag.as_str()), "{path}");
    }
}

#[tokio::test]
async fn a_file_of_the_dashboard_is_kept_for_good_and_comes_packed() {
    let app = TestApp::start();
    let page = ask(&app, Method::GET, "/", &[]).await.text().await.unwrap();
    let path = file_of(&page);
    let plain = ask(&app, Method::GET, &path, &[]).await;
    assert_eq!(plain.status(), 200, "{path}");
    assert_eq!(said(&plain, "cache-control"), "public, max-age=31536000, immutable");
    let kind = if path.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    assert!([kind, "image/svg+xml"].contains(&said(&plain, "content-type")), "{path}");
    assert_eq!(said(&plain, "x-content-type-options"), "nosniff");
    let etag = said(&plain, "etag").to_owned();
    let whole = plain.bytes().await.unwrap();
    let packed = ask(&app, Method::GET, &path, &[("accept-encoding", "br, gzip")]).await;
    assert_eq!((said(&packed, "content-encoding"), said(&packed, "vary")), ("gzip", "Accept-Encoding"));
    assert!(packed.bytes().await.unwrap().len() < whole.len());
    let known = ask(&app, Method::GET, &path, &[("if-none-match", &etag)]).await;
    assert_eq!(known.status(), 304);
}

#[tokio::test]
async fn what_is_no_page_and_no_file_is_said_to_be_nothing() {
    let app = TestApp::start();
    for (method, path, accept) in [
        (Method::GET, "/batches", "application/json"),
        (Method::GET, "/batches", "*/*"),
        (Method::GET, "/favicon.ico", "image/avif,image/webp,*/*;q=0.8"),
        (Method::GET, "/api/v1/nothing", PAGE),
        (Method::GET, "/api", PAGE),
        (Method::GET, "/metrics", PAGE),
        (Method::GET, "/docs/nothing", PAGE),
        (Method::GET, "/_app/nothing.js", PAGE),
        (Method::GET, "/_app/..%2findex.html", PAGE),
        (Method::GET, "/index.html", "*/*"),
        (Method::POST, "/", PAGE),
        (Method::DELETE, "/batches", PAGE),
    ] {
        let answer = ask(&app, method.clone(), path, &[("accept", accept)]).await;
        assert_eq!(answer.status(), 404, "{method} {path}");
        assert_eq!(said(&answer, "content-type"), "application/problem+json", "{method} {path}");
        assert!(answer.text().await.unwrap().contains("route_not_found"), "{method} {path}");
    }
    let foreign = ask(&app, Method::GET, "/", &[("origin", "https://evil.example")]).await;
    assert_eq!(foreign.status(), 403, "no page of another origin reads it");
}

#[tokio::test]
async fn where_a_key_is_needed_the_page_tells_nobodys_data_and_opens_nothing() {
    let app = TestApp::start();
    let before = ask(&app, Method::GET, "/", &[]).await.bytes().await.unwrap();
    let admin = app.first_admin().await;
    let page = app.log_in(&admin.key).await;
    let logged_in = ask(&app, Method::GET, "/", &[("cookie", &page.cookie), ("accept", PAGE)]).await;
    assert_eq!(logged_in.bytes().await.unwrap(), before, "it is the same for everybody");
    for path in ["/api/v1/batches", "/api/v1/nothing", "/nothing"] {
        assert_eq!(ask(&app, Method::GET, path, &[]).await.status(), 401, "{path}");
    }
    assert_eq!(ask(&app, Method::GET, "/api/v1/batches", &[("accept", PAGE)]).await.status(), 401);
}

#[tokio::test]
async fn while_somebody_works_on_it_the_dashboard_is_read_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("_app")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("index.html", "first");
    write("_app/main.js", "1;");
    write("secret.txt", "not of the dashboard");
    let app = TestApp::with("server.dashboard_dir", folder.path().display()).start();
    let text = async |path: &str| ask(&app, Method::GET, path, &[("accept", PAGE)]).await.text().await.unwrap();
    assert_eq!((text("/").await, text("/_app/main.js").await), ("first".into(), "1;".into()));
    write("index.html", "second");
    assert_eq!((text("/batches").await, text("/secret.txt").await), ("second".into(), "second".into()));
    let file = ask(&app, Method::GET, "/_app/main.js", &[]).await;
    assert_eq!((said(&file, "cache-control"), file.status().as_u16()), ("no-cache", 200));
    assert_eq!(ask(&app, Method::GET, "/_app/other.js", &[]).await.status(), 404);
}

#[tokio::test]
async fn the_first_line_names_the_address_that_a_browser_opens_and_a_pipe_opens_none() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "from the folder").unwrap();
    let mut command = serve(&folder.path().join("data"), "0");
    command.arg("--open").arg("--dashboard-dir").arg(folder.path()).env("PATH", "");
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.strip_prefix("quire listens on ").and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    let page = client().get(&url).send().await.unwrap().text().await.unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((page.as_str(), line.contains("dashboard")), ("from the folder", true), "{line}");
}
