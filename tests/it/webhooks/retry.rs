//! Receivers that do not take what they get.

use chrono::DateTime;
use serde_json::{Value, json};

use super::receiver::{Answer, Receiver};
use super::{Hook, plan};

fn errors(delivery: &Value) -> Vec<&str> {
    delivery["attempts"].as_array().unwrap().iter().map(|one| one["error"].as_str().unwrap_or("none")).collect()
}

/// The pause after the first attempt, in milliseconds, as the log says.
fn first_pause_ms(delivery: &Value) -> i64 {
    let at = |value: &Value| DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap().timestamp_millis();
    at(&delivery["next_at"]) - at(&delivery["attempts"][0]["at"])
}

#[tokio::test]
async fn a_receiver_that_fails_at_first_gets_the_same_message_again() {
    let app = plan().start();
    let receiver = Receiver::scripted(|_, nth| Answer::Status([500, 404, 200][nth.min(2)]));
    let hook = Hook::to(&app, &receiver).await;
    let delivery = hook.tested(&app, "delivered").await;
    let visits = receiver.visits();
    assert_eq!(visits.len(), 3);
    assert!(visits.iter().all(|visit| visit.id() == visits[0].id() && visit.body == visits[0].body));
    assert!(visits.iter().all(|visit| visit.is_genuine(&hook.secret)));
    assert_eq!(errors(&delivery), ["status", "status", "none"]);
    assert_eq!((&delivery["tries"], &delivery["attempts"][1]["status"]), (&json!(3), &json!(404)));
}

#[tokio::test]
async fn after_the_last_attempt_a_message_is_given_up_and_can_be_resent() {
    let app = plan().with("webhooks.retry_pauses_ms", "20,40").start();
    let receiver = Receiver::scripted(|_, nth| Answer::Status(if nth < 3 { 500 } else { 200 }));
    let hook = Hook::to(&app, &receiver).await;
    let failed = hook.tested(&app, "failed").await;
    assert_eq!(errors(&failed), ["status"; 3]);
    assert!(failed["next_at"].is_null() && failed["ended_at"].is_string());
    let page = app.read(&format!("{}/deliveries?state=failed", hook.at)).await;
    assert_eq!(page["deliveries"][0]["id"], failed["id"]);
    let own = failed["links"]["self"].as_str().unwrap();
    let (status, resent) = app.post(&format!("{own}/resend"), json!({})).await;
    assert_eq!((status.as_u16(), &resent["state"], &resent["tries"]), (202, &json!("pending"), &json!(0)));
    let delivered = app.eventually(own, |seen| seen["state"] == "delivered").await;
    assert_eq!(errors(&delivered), ["status", "status", "status", "none"]);
    assert!(receiver.visits().iter().all(|visit| visit.id() == failed["id"].as_str().unwrap()));
}

#[tokio::test]
async fn a_receiver_that_hangs_is_given_up_after_the_timeout_and_holds_no_batch_back() {
    let app = plan().with("webhooks.timeout_secs", 3).with("webhooks.max_in_flight", 1).start();
    let receiver = Receiver::scripted(|_, nth| if nth == 0 { Answer::Hang } else { Answer::Status(200) });
    let hook = Hook::make(&app, json!({ "url": receiver.url(), "event_types": ["batch.created"] })).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 2 })).await;
    app.wait_for_end(&batch).await;
    let delivery = hook.newest(&app, |delivery| delivery["state"] == "delivered").await;
    assert_eq!(errors(&delivery), ["timeout", "none"]);
    assert!(delivery["attempts"][0]["status"].is_null());
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_nobody_follows_it() {
    let elsewhere = Receiver::kind();
    let target = elsewhere.url();
    let app = plan().with("webhooks.retry_pauses_ms", "20,40").start();
    let receiver =
        Receiver::scripted(move |_, nth| Answer::With([301, 302, 307][nth.min(2)], "location", target.clone()));
    let hook = Hook::to(&app, &receiver).await;
    let failed = hook.tested(&app, "failed").await;
    assert_eq!(errors(&failed), ["redirect"; 3]);
    assert_eq!(failed["attempts"][2]["status"], 307);
    assert_eq!(elsewhere.visits().len(), 0);
    // The control: it could have been reached.
    Hook::to(&app, &elsewhere).await.tested(&app, "delivered").await;
    assert_eq!(elsewhere.visits().len(), 1);
}

#[tokio::test]
async fn a_receiver_may_ask_for_patience_within_limits() {
    for (status, asked, at_least_ms) in [(429, "40", 40_000), (503, "40", 40_000), (429, "999999", 60_000)] {
        let app = plan().with("webhooks.retry_after_max_secs", 60).start();
        let receiver = Receiver::scripted(move |_, _| Answer::With(status, "retry-after", asked.into()));
        let hook = Hook::to(&app, &receiver).await;
        hook.test(&app).await;
        let delivery = hook.newest(&app, |delivery| delivery["tries"] == 1).await;
        assert_eq!((&delivery["state"], &delivery["attempts"][0]["status"]), (&json!("pending"), &json!(status)));
        let pause = first_pause_ms(&delivery);
        assert!(pause >= at_least_ms, "{status} {asked}: {pause} ms");
        assert_eq!(receiver.visits().len(), 1);
    }
    // The control: whoever does not ask is not waited for.
    let app = plan().start();
    let receiver = Receiver::scripted(|_, _| Answer::With(500, "retry-after", "40".into()));
    let hook = Hook::to(&app, &receiver).await;
    hook.tested(&app, "failed").await;
    assert_eq!(receiver.visits().len(), 6);
}

#[tokio::test]
async fn bodies_that_never_end_or_never_come_decide_nothing_and_are_not_kept() {
    let app = plan().start();
    let receiver = Receiver::scripted(|_, nth| match nth {
        0 => Answer::SlowBody(200),
        1 => Answer::Body(200, 50_000_000),
        _ => Answer::Body(500, 50_000_000),
    });
    let hook = Hook::to(&app, &receiver).await;
    let slow = hook.tested(&app, "delivered").await;
    assert_eq!((errors(&slow), &slow["attempts"][0]["excerpt"]), (vec!["none"], &json!("slow")));
    let huge = hook.tested(&app, "delivered").await;
    assert_eq!(huge["attempts"][0]["excerpt"], "x".repeat(512));
    let failed = hook.tested(&app, "failed").await;
    let attempts = failed["attempts"].as_array().unwrap();
    assert!(attempts.iter().all(|attempt| attempt["excerpt"].as_str().unwrap().len() == 512), "{failed:#}");
}

#[tokio::test]
async fn a_connection_that_breaks_off_or_is_refused_is_tried_again() {
    let app = plan().start();
    let receiver = Receiver::scripted(|_, nth| if nth == 0 { Answer::Close } else { Answer::Status(204) });
    let hook = Hook::to(&app, &receiver).await;
    let delivery = hook.tested(&app, "delivered").await;
    assert_eq!(errors(&delivery), ["broken_off", "none"]);
    // A port that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = Hook::make(&app, json!({ "url": format!("http://{free}/") })).await;
    assert_eq!(errors(&nobody.tested(&app, "failed").await), ["no_connection"; 6]);
}

#[tokio::test]
async fn a_message_that_fails_for_ever_does_not_hold_up_the_others() {
    let app =
        plan().with("webhooks.retry_pauses_ms", "20,600000").with("webhooks.max_in_flight_per_endpoint", 1).start();
    let receiver = Receiver::scripted(|visit, _| Answer::Status(if visit.seq() == 1 { 500 } else { 200 }));
    let hook = Hook::to(&app, &receiver).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 5 })).await;
    app.wait_for_end(&batch).await;
    let last = super::all_events(&app).await.len() as i64;
    receiver.wait(|visits| visits.iter().any(|visit| visit.seq() == last)).await;
    let left = hook.when(&app, "state=pending", |left| left.len() == 1 && left[0]["tries"] == 2).await;
    assert_eq!(left[0]["seq"], 1);
    let told: Vec<i64> = receiver.visits().iter().map(super::receiver::Visit::seq).filter(|seq| *seq != 1).collect();
    assert_eq!(told, (2..=last).collect::<Vec<_>>(), "one after the other, in the order of the log");
}
