//! Names are for people: whatever they hold, they never become paths.

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, raw_request};

#[tokio::test]
async fn hostile_names_are_kept_for_display_only() {
    let app = TestApp::start();
    for (given, shown) in [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\a.pdf", "a.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ("line\r\nbreak.pdf", "linebreak.pdf"),
        ("", "document"),
        ("..", "document"),
        ("größe ✓.pdf", "größe ✓.pdf"),
    ] {
        assert_eq!(app.upload(given, b"x".to_vec()).await["name"], shown, "{given:?}");
    }
    let raw = |target: &str, header: &[u8]| {
        let head = [
            b"POST ",
            target.as_bytes(),
            b" HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n",
            header,
            b"\r\n\r\nx",
        ]
        .concat();
        let (status, body) = raw_request(&app, &head);
        assert_eq!(status, 201, "{body}");
        body["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(raw("/api/v1/files", b"x-file-name: caf\xe9.pdf"), "caf\u{fffd}.pdf");
    assert_eq!(raw("/api/v1/files", b"content-disposition: attachment; filename=\"../up.pdf\""), "up.pdf");
    for path in ["C:\\Users\\x\\doc.pdf", "C:\\\\Users\\\\doc.pdf", "\\\\server\\share\\doc.pdf", "a\\b/doc.pdf"] {
        let header = format!("content-disposition: attachment; filename=\"{path}\"");
        assert_eq!(raw("/api/v1/files", header.as_bytes()), "doc.pdf", "{path}");
        assert_eq!(raw("/api/v1/files", format!("x-file-name: {path}").as_bytes()), "doc.pdf", "{path}");
    }
    assert_eq!(raw("/api/v1/files", b"content-disposition: attachment; filename*=UTF-8''%C3%BC.pdf"), "ü.pdf");
    assert_eq!(raw("/api/v1/files", b"x-other: 1"), "document");
}

#[tokio::test]
async fn a_form_may_carry_names_that_are_no_text() {
    let app = TestApp::start();
    let part = |name: &[u8]| {
        let head = b"--b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"";
        [&head[..], name, b"\"\r\n\r\nx\r\n"].concat()
    };
    let parts = [
        part(b"bad-\xff\xfe.pdf"),
        part(b"../../up.pdf"),
        part(b"C:\\Users\\x\\doc.pdf"),
        part(b"C:\\\\temp\\\\a \\\"b\\\".pdf"),
        part(b""),
    ];
    let body = [parts.concat(), b"--b--\r\n".to_vec()].concat();
    let head = format!(
        "POST /api/v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let (status, answer) = raw_request(&app, &[head.as_bytes(), &body].concat());
    assert_eq!(status, 201, "{answer}");
    let names: Vec<_> = answer["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bad-\u{fffd}\u{fffd}.pdf", "up.pdf", "doc.pdf", "a \"b\".pdf", "document"]);
}

#[tokio::test]
async fn a_download_is_named_safely() {
    let app = TestApp::start();
    let batch =
        app.submit_form(&[("../\"x\"; é.pdf", samples::pdf_with_pages(1))], json!({ "operations": ["info"] })).await;
    app.wait_for(&batch, "succeeded").await;
    let answer = app.request(Method::HEAD, &format!("{batch}/items/1/artifacts/info.json")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let named = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(named.starts_with("attachment; filename=\"") && named.ends_with(".pdf.info.json"), "{named}");
    assert!(!named.contains("../") && named.matches('"').count() == 2, "{named}");
    let item: Value = app.read(&format!("{batch}/items/1")).await;
    assert!(item["name"].as_str().unwrap().ends_with("é.pdf"));
}
