//! The crate of the standard's authors is the oracle.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use standardwebhooks::Webhook;

use crate::webhook::signature::{ID, SIGNATURE, TIMESTAMP, new_secret, secret_text, signature_header};
use quire_base::clock;
use quire_domain::webhook::SecretBytes;

fn verified(secret: &SecretBytes, body: &str, headers: &HeaderMap) -> bool {
    Webhook::new(&secret_text(secret)).unwrap().verify(body.as_bytes(), headers).is_ok()
}

fn headers(id: &str, timestamp: i64, signatures: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ID, id.parse().unwrap());
    headers.insert(TIMESTAMP, timestamp.into());
    headers.insert(SIGNATURE, signatures.parse().unwrap());
    headers
}

#[test]
fn the_example_of_the_standard_is_signed_as_the_standard_says() {
    let secret = SecretBytes(STANDARD.decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap());
    let body = r#"{"email":"test@example.com","username":"test_user"}"#;
    let signed =
        signature_header(std::slice::from_ref(&secret), "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body);
    assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    assert_eq!(secret_text(&secret), "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
}

#[test]
fn the_oracle_verifies_a_message_and_refuses_one_that_was_touched_in_any_of_its_parts() {
    let (secret, other, now) = (new_secret().unwrap(), new_secret().unwrap(), clock::now() / 1_000_000);
    let signed = signature_header(std::slice::from_ref(&secret), "msg_1", now, "{}");
    assert!(verified(&secret, "{}", &headers("msg_1", now, &signed)));
    assert!(!verified(&secret, "{ }", &headers("msg_1", now, &signed)), "another body");
    assert!(!verified(&secret, "{}", &headers("msg_2", now, &signed)), "another id");
    assert!(!verified(&secret, "{}", &headers("msg_1", now + 1, &signed)), "another time");
    assert!(!verified(&other, "{}", &headers("msg_1", now, &signed)), "another secret");
}

#[test]
fn while_secrets_overlap_each_of_them_verifies() {
    let (new, old, stranger) = (new_secret().unwrap(), new_secret().unwrap(), new_secret().unwrap());
    let now = clock::now() / 1_000_000;
    let both = headers("msg_1", now, &signature_header(&[new.clone(), old.clone()], "msg_1", now, "{}"));
    assert!(verified(&new, "{}", &both) && verified(&old, "{}", &both) && !verified(&stranger, "{}", &both));
}

#[test]
fn secrets_of_every_length_that_the_standard_takes_are_signed_as_the_oracle_does() {
    for length in 24..=64 {
        let secret = SecretBytes((1..=length).collect());
        let oracle = Webhook::new(&secret_text(&secret)).unwrap().sign("msg_1", 7, b"{}").unwrap();
        assert_eq!(signature_header(std::slice::from_ref(&secret), "msg_1", 7, "{}"), oracle, "{length} bytes");
    }
}

#[test]
fn no_two_secrets_are_the_same_and_none_is_shown_by_accident() {
    let (one, two) = (new_secret().unwrap(), new_secret().unwrap());
    assert_ne!(one, two);
    assert!((24..=64).contains(&one.0.len()));
    assert_eq!(format!("{one:?}"), "SecretBytes(…)");
}
