//! Webhooks: a real server, a real receiver, and the crate of the standard's authors between them.

mod api;
mod crash;
mod deliver;
mod disable;
mod networks;
mod owners;
mod receiver;
mod retry;
mod secrets;
mod tls;

use quire::config::Config;
use receiver::Receiver;
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp};

/// A server that may reach this machine and does not wait long between attempts.
fn plan() -> Plan {
    TestApp::with("webhooks.allow_cidrs", "127.0.0.0/8").with("webhooks.retry_pauses_ms", "20,40,60,80,100")
}

/// A webhook as its owner knows it.
struct Hook {
    /// Its address.
    at: String,
    secret: String,
}

impl Hook {
    async fn to(app: &TestApp, receiver: &Receiver) -> Self {
        Self::make(app, json!({ "url": receiver.url() })).await
    }

    async fn make(app: &TestApp, body: Value) -> Self {
        let (status, made) = app.post("/api/v1/webhooks", body).await;
        assert_eq!(status, 201, "{made:#}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { at: text(&made["links"]["self"]), secret: text(&made["secret"]) }
    }

    /// The newest deliveries, newest first.
    async fn deliveries(&self, app: &TestApp) -> Vec<Value> {
        let page = app.read(&format!("{}/deliveries?limit=1000", self.at)).await;
        page["deliveries"].as_array().unwrap().clone()
    }

    /// The newest delivery, once it is as wanted.
    async fn newest(&self, app: &TestApp, wanted: impl Fn(&Value) -> bool) -> Value {
        self.when(app, "limit=1", |found| found.first().is_some_and(&wanted)).await.remove(0)
    }

    /// The first page of a list of deliveries, once it is as wanted.
    async fn when(&self, app: &TestApp, query: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let path = format!("{}/deliveries?{query}", self.at);
        let page = app.eventually(&path, |page| page["deliveries"].as_array().is_some_and(|found| wanted(found)));
        page.await["deliveries"].as_array().unwrap().clone()
    }

    /// Asks for a test; its delivery's address.
    async fn test(&self, app: &TestApp) -> String {
        let (status, delivery) = app.post(&format!("{}/test", self.at), json!({})).await;
        assert_eq!(status, 202, "{delivery:#}");
        delivery["links"]["self"].as_str().unwrap().to_owned()
    }

    /// Sends a test and waits until its delivery is in this state.
    async fn tested(&self, app: &TestApp, state: &str) -> Value {
        let delivery = self.test(app).await;
        app.eventually(&delivery, |seen| seen["state"] == state).await
    }
}

/// The whole log of the local user.
async fn all_events(app: &TestApp) -> Vec<Value> {
    let (mut events, mut after) = (Vec::new(), 0);
    loop {
        let page = app.read(&format!("/api/v1/events?after={after}&limit=1000")).await;
        let found = page["events"].as_array().unwrap().clone();
        if found.is_empty() {
            return events;
        }
        events.extend(found);
        after = page["next_after"].as_i64().unwrap();
    }
}

/// Lists have ranges that the comparison of the settings file with the server does not know.
#[test]
fn lists_of_the_settings_are_refused_with_key_value_and_range() {
    let refusal = |section: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("quire.toml");
        std::fs::write(&path, format!("[webhooks]\n{section}")).unwrap();
        Config::load(Some(&path), &[]).map(drop).map_err(|error| error.to_string())
    };
    for (section, value) in [
        ("retry_pauses_ms = [5, 0]", "0"),
        ("retry_pauses_ms = [604800001]", "604800001"),
        ("retry_pauses_ms = [-1]", "-1"),
        ("retry_pauses_ms = [\"soon\"]", "soon"),
    ] {
        let said = refusal(section).unwrap_err();
        for part in ["webhooks.retry_pauses_ms", value, "1 to 604800000"] {
            assert!(said.contains(part), "{section}: {said}");
        }
    }
    let many = format!("retry_pauses_ms = {:?}", vec![1; 51]);
    assert!(refusal(&many).unwrap_err().contains("51 numbers"));
    for network in ["10.0.0.0/33", "example.org", "10.0.0/8"] {
        let said = refusal(&format!("allow_cidrs = [\"{network}\"]")).unwrap_err();
        assert!(said.contains("webhooks.allow_cidrs") && said.contains(network), "{said}");
    }
    assert_eq!(refusal("retry_pauses_ms = []\nallow_cidrs = [\"10.0.0.0/8\", \"fd00::/8\", \"127.0.0.1\"]"), Ok(()));
}
