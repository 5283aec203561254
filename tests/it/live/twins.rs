//! WebSocket, event stream and poll tell the same log, and a client may change between them at any event.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::listener::{EventStream, Listener, latest, poll, whole_log};
use crate::harness::{TestApp, assert_problem};

async fn app_with_history(items: u32) -> (TestApp, i64) {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": items })).await;
    app.wait_for_end(&batch).await;
    let last = latest(&app).await;
    (app, last)
}

#[tokio::test]
async fn a_client_may_change_the_transport_at_any_event() {
    let (app, last) = app_with_history(20).await;
    let log = whole_log(&app).await;
    let (mut heard, mut after) = (Vec::new(), 0);
    for turn in 0.. {
        let wanted = (after + 3).min(last);
        match turn % 3 {
            0 => {
                let page = poll(&app, &format!("after={after}&limit=3")).await;
                heard.extend(page["events"].as_array().unwrap().clone());
                after = page["next_after"].as_i64().unwrap();
            }
            1 => {
                let mut listener = Listener::connect(&app).await;
                listener.resume(after).await;
                let frame = listener.expect("events").await;
                heard.extend(frame["events"].as_array().unwrap().iter().take((wanted - after) as usize).cloned());
                after = wanted;
            }
            _ => {
                let epoch = poll(&app, "after=0&limit=1").await["epoch"].as_str().unwrap().to_owned();
                let mut stream = EventStream::open(&app, "", Some(&format!("{epoch}:{after}"))).await;
                while after < wanted {
                    heard.push(stream.expect("message").await);
                    after += 1;
                }
            }
        }
        if after == last {
            break;
        }
    }
    assert_eq!(heard, log, "the same events, in the same shape");
}

#[tokio::test]
async fn a_poll_that_waits_is_answered_by_the_next_event() {
    let (app, last) = app_with_history(1).await;
    let waiting = poll(&app, &format!("after={last}&wait=25")).await;
    assert_eq!((&waiting["events"], &waiting["next_after"]), (&json!([]), &json!(last)));
    let (page, _) = tokio::join!(poll_path(&app, last), async {
        app.eventually("/api/v1/admin/actors", |seen| seen["sessions"]["waiting_polls"] == 1).await;
        app.submit(json!({ "operations": ["noop"], "items": 1, "sealed": false })).await
    });
    assert_eq!(page["events"][0]["type"], "batch.created");
    assert_eq!(page["events"][0]["seq"], last + 1);
    assert_eq!(page["latest"].as_i64().unwrap(), page["latest"].as_i64().unwrap().max(last + 1));
    app.eventually("/api/v1/admin/actors", |seen| seen["sessions"]["open"] == 0).await;
}

async fn poll_path(app: &TestApp, after: i64) -> Value {
    loop {
        let page = poll(app, &format!("after={after}&wait=25")).await;
        if page["events"] != json!([]) {
            return page;
        }
    }
}

#[tokio::test]
async fn a_stream_begins_with_a_snapshot_or_where_it_is_told() {
    let (app, last) = app_with_history(2).await;
    let mut fresh = EventStream::open(&app, "", None).await;
    let hello = fresh.expect("hello").await;
    assert_eq!(hello["latest"], last);
    let snapshot = fresh.expect("snapshot").await;
    assert_eq!((&snapshot["as_of_seq"], &snapshot["complete"]), (&json!(last), &json!(true)));
    assert_eq!(snapshot["batches"][0]["counts"]["succeeded"], 2);
    app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    assert_eq!(fresh.expect("message").await["seq"], last + 1);
    assert_eq!(fresh.last_id, Some(format!("{}:{}", hello["epoch"].as_str().unwrap(), last + 1)));
    let mut told = EventStream::open(&app, "after=2", None).await;
    told.follow_to(last).await;
    assert_eq!(told.seqs.first(), Some(&3));
}

#[tokio::test]
async fn who_cannot_go_on_is_told_to_start_anew_over_every_transport() {
    let (app, last) = app_with_history(2).await;
    let epoch = poll(&app, "").await["epoch"].as_str().unwrap().to_owned();
    for (theirs, after, reason) in
        [("another".to_owned(), 1, "other_epoch"), (epoch.clone(), last + 1, "ahead"), (epoch.clone(), 99_999, "ahead")]
    {
        let page = poll(&app, &format!("epoch={theirs}&after={after}")).await;
        assert_eq!((&page["reset"], &page["events"], &page["next_after"]), (&json!(reason), &json!([]), &json!(last)));
        assert_eq!(page["snapshot"][0]["as_of_seq"], last);

        let mut stream = EventStream::open(&app, "", Some(&format!("{theirs}:{after}"))).await;
        assert_eq!(stream.expect("reset").await["reason"], reason);
        assert_eq!(stream.expect("snapshot").await["as_of_seq"], last);

        let mut listener = Listener::connect(&app).await;
        listener.send(json!({ "type": "resume", "epoch": theirs, "after": after })).await;
        assert_eq!(listener.expect("reset").await["reason"], reason);
        let snapshot = listener.expect("snapshot").await;
        assert_eq!((&snapshot["as_of_seq"], &snapshot["more"]), (&json!(last), &json!(false)));
        assert_eq!(snapshot["batches"][0]["outcome"], "succeeded");
    }
    let good = poll(&app, &format!("epoch={epoch}&after={last}")).await;
    assert_eq!((&good["reset"], &good["next_after"]), (&Value::Null, &json!(last)), "the control");
}

#[tokio::test]
async fn a_client_may_ask_for_some_of_it_and_still_resume() {
    let app = TestApp::start();
    let submit = async || -> String {
        let path = app.submit(json!({ "operations": ["noop"], "items": 30 })).await;
        app.wait_for_end(&path).await;
        path.rsplit('/').next().unwrap().to_owned()
    };
    let (one, other) = (submit().await, submit().await);
    let log = whole_log(&app).await;
    let wanted = |only: &str, items: bool| -> Vec<i64> {
        let events = log.iter().filter(|event| event["batch"] == only && (items || event["item"].is_null()));
        events.map(|event| event["seq"].as_i64().unwrap()).collect()
    };
    let last = log.len() as i64;

    let page = poll(&app, &format!("batch={other}&items=false")).await;
    let seqs: Vec<i64> =
        page["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!((seqs, page["next_after"].as_i64()), (wanted(&other, false), Some(last)));

    let mut stream = EventStream::open(&app, &format!("after=0&batch={one}"), None).await;
    stream.follow_to(*wanted(&one, true).last().unwrap()).await;
    assert_eq!(stream.seqs, wanted(&one, true));

    let mut listener = Listener::connect(&app).await;
    listener.send(json!({ "type": "subscribe", "batch": other, "items": false })).await;
    listener.send(json!({ "type": "subscribe", "batch": one, "items": false })).await;
    listener.send(json!({ "type": "unsubscribe", "batch": one })).await;
    listener.resume(0).await;
    listener.follow_to(last).await;
    assert_eq!(listener.seqs, wanted(&other, false));
    let mut again = Listener::connect(&app).await;
    again.resume(listener.upto).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    app.wait_for_end(&batch).await;
    again.follow_to(latest(&app).await).await;
    assert_eq!(again.seqs.first(), Some(&(last + 1)));
}

#[tokio::test]
async fn wrong_words_in_an_address_are_named() {
    let app = TestApp::start();
    for query in ["after=-1", "after=x", "wait=26", "wait=-1", "limit=0", "batch=mine", "items=maybe"] {
        let (status, problem) = app.call(Method::GET, &format!("/api/v1/events?{query}"), None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_problem(&problem, status, "validation_failed");
    }
    let answer = app.request(Method::GET, "/api/v1/events/stream").header("last-event-id", "e:x").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}
