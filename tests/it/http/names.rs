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

#[tokio::test]
async fn a_folder_is_kept_beside_the_name_and_found_with_it() {
    let app = TestApp::start();
    let mut files = Vec::new();
    for folder in ["july/in voices", "/../august\\x\u{202e}y/.", ""] {
        let file = app.upload("a.pdf", samples::pdf_with_pages(1)).await["id"].clone();
        files.push(if folder.is_empty() { json!({ "id": file }) } else { json!({ "id": file, "folder": folder }) });
    }
    let batch = app.submit(json!({ "operations": ["info"], "files": files })).await;
    app.wait_for_end(&batch).await;
    let shown = async |query: &str| {
        let page = app.read(&format!("{batch}/items{query}")).await;
        page["items"].as_array().unwrap().iter().map(|item| item["folder"].clone()).collect::<Vec<_>>()
    };
    let (july, august) = (json!("july/in voices"), json!("august/xy"));
    assert_eq!(shown("").await, [july.clone(), august.clone(), Value::Null]);
    assert_eq!(shown("?name=voices/a.p").await, [july]);
    assert_eq!(shown("?name=AUGUST/").await, [august]);
    assert_eq!(shown("?name=a.pdf").await.len(), 3, "control: the name alone finds all");
    let long = json!({ "operations": ["info"], "files": [{ "id": files[0]["id"], "folder": "x".repeat(1001) }] });
    let (status, problem) = app.post("/api/v1/batches", long).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("files[0].folder")));
}
