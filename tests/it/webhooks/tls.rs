//! Over https, to a receiver that shows a certificate.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::receiver::Receiver;
use super::{Hook, plan};
use crate::harness::{Plan, TestApp};

/// A receiver called `localhost`, and a folder with the certificates of those who vouch for it.
fn receiver() -> (Receiver, TempDir) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("roots.pem"), cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = builder.with_single_cert(vec![cert.der().clone()], key).unwrap();
    (Receiver::secure(Arc::new(config)), folder)
}

fn trusting(roots: &TempDir) -> Plan {
    plan().env("SSL_CERT_FILE", roots.path().join("roots.pem").display())
}

async fn hook(app: &TestApp, receiver: &Receiver, name: &str) -> Hook {
    Hook::make(app, json!({ "url": format!("https://{name}:{}/hook", receiver.port()) })).await
}

/// The end of the first attempt at a test, which did not arrive.
async fn refused(app: &TestApp, hook: &Hook) -> Value {
    let delivery = hook.test(app).await;
    let seen = app.eventually(&delivery, |seen| seen["attempts"][0]["error"].is_string()).await;
    seen["attempts"][0].clone()
}

#[tokio::test]
async fn a_receiver_with_a_certificate_that_is_vouched_for_is_told() {
    let (receiver, roots) = receiver();
    let app = trusting(&roots).start();
    let hook = hook(&app, &receiver, "localhost").await;
    hook.tested(&app, "delivered").await;
    let visits = receiver.visits();
    assert!(visits.len() == 1 && visits[0].is_genuine(&hook.secret), "{visits:#?}");
}

#[tokio::test]
async fn one_that_nobody_vouches_for_or_that_is_called_otherwise_is_told_nothing() {
    let (one, its_roots) = receiver();
    let (stranger, _) = receiver();
    let app = trusting(&its_roots).start();
    for hook in [hook(&app, &stranger, "localhost").await, hook(&app, &one, "127.0.0.1").await] {
        let attempt = refused(&app, &hook).await;
        assert_eq!(attempt["error"], "no_connection", "{attempt:#}");
        assert!(attempt["detail"].as_str().unwrap().contains("certificate"), "{attempt:#}");
    }
    assert!(one.visits().is_empty() && stranger.visits().is_empty());
}
