//! A client that writes down what it is told, and where the tape was when it heard it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quire_domain::batch::BatchControl;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::facts::{Fact, Witnessed};
use crate::faultdisk::{FaultDisk, position};
use crate::harness::TestApp;

#[derive(Clone)]
pub(super) struct Clerk {
    tape: PathBuf,
    facts: Arc<Mutex<Vec<Witnessed>>>,
}

impl Clerk {
    pub(super) fn new(disk: &FaultDisk) -> Self {
        Self { tape: disk.tape_path(), facts: Arc::default() }
    }

    pub(super) fn facts(&self) -> Vec<Witnessed> {
        self.facts.lock().unwrap().clone()
    }

    /// Notes every event as it can be read, until it is stopped.
    pub(super) fn listen(&self, app: &TestApp) -> JoinHandle<()> {
        let (clerk, http, url) = (self.clone(), app.http.clone(), app.url.clone());
        tokio::spawn(async move {
            let mut after = clerk.last_seq();
            while let Ok(answer) = http.get(format!("{url}/api/v1/events?after={after}&limit=1000")).send().await {
                let page: Value = answer.json().await.unwrap_or_default();
                let from = position(&clerk.tape);
                page["events"].as_array().into_iter().flatten().for_each(|event| clerk.note(seen(event), from));
                after = page["next_after"].as_i64().unwrap_or(after);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    }

    /// Documents and their batch as one form; each document comes back as an artifact.
    pub(super) async fn submit_form(&self, app: &TestApp, documents: &[Vec<u8>], more: Value) -> String {
        let files: Vec<_> = documents.iter().map(|bytes| ("a.pdf", bytes.clone())).collect();
        let batch = app.submit_form(&files, with(echoes(documents.len()), more)).await;
        self.accepted(&batch, documents.len(), documents.iter().map(|bytes| sha256(bytes)).collect());
        batch
    }

    pub(super) async fn submit(&self, app: &TestApp, items: usize, more: Value) -> String {
        let batch = app.submit(with(json!({ "operations": ["noop"], "items": items }), more)).await;
        self.accepted(&batch, items, Vec::new());
        batch
    }

    /// Documents first, then a batch that names them.
    pub(super) async fn upload_and_submit(&self, app: &TestApp, documents: &[Vec<u8>]) -> String {
        let mut ids = Vec::new();
        for bytes in documents {
            let file = app.upload("b.pdf", bytes.clone()).await;
            let from = position(&self.tape);
            let id = serde_json::from_value(file["id"].clone()).unwrap();
            self.note(Fact::File { id, sha256: sha256(bytes) }, from);
            ids.push(json!({ "id": file["id"] }));
        }
        let batch = app.submit(with(echoes(documents.len()), json!({ "files": ids }))).await;
        self.accepted(&batch, documents.len(), documents.iter().map(|bytes| sha256(bytes)).collect());
        batch
    }

    pub(super) async fn extend(&self, app: &TestApp, batch: &str, items: usize, then: usize) {
        let (status, answer) = app.post(&format!("{batch}/items"), json!({ "items": items })).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer:#}");
        self.accepted(batch, then, Vec::new());
    }

    pub(super) async fn seal(&self, app: &TestApp, batch: &str) {
        assert!(app.put(&format!("{batch}/seal")).await.0.is_success());
        self.note(Fact::Sealed { batch: id_of(batch) }, position(&self.tape));
    }

    pub(super) async fn pause(&self, app: &TestApp, batch: &str) {
        self.control(app, Method::PUT, batch, "/pause", BatchControl::Paused).await;
    }

    pub(super) async fn resume(&self, app: &TestApp, batch: &str) {
        self.control(app, Method::PUT, batch, "/resume", BatchControl::Run).await;
    }

    pub(super) async fn cancel(&self, app: &TestApp, batch: &str) {
        self.control(app, Method::DELETE, batch, "", BatchControl::Cancelled).await;
    }

    async fn control(&self, app: &TestApp, method: Method, batch: &str, verb: &str, is: BatchControl) {
        self.contradict(id_of(batch));
        let (status, answer) = app.call(method, &format!("{batch}{verb}"), None).await;
        assert!(status.is_success(), "{answer:#}");
        self.note(Fact::Control { batch: id_of(batch), is }, position(&self.tape));
    }

    /// Earlier facts about a batch's control need not hold from here on.
    fn contradict(&self, id: Uuid) {
        let now = position(&self.tape);
        for witnessed in self.facts.lock().unwrap().iter_mut() {
            if matches!(witnessed.fact, Fact::Control { batch, .. } if batch == id) {
                witnessed.until.get_or_insert(now);
            }
        }
    }

    fn accepted(&self, batch: &str, items: usize, documents: Vec<String>) {
        let from = position(&self.tape);
        self.note(Fact::Batch { id: id_of(batch), items: items as u64, documents }, from);
    }

    fn note(&self, fact: Fact, from: u64) {
        self.facts.lock().unwrap().push(Witnessed { fact, from, until: None });
    }

    fn last_seq(&self) -> i64 {
        let facts = self.facts.lock().unwrap();
        let seqs = facts.iter().filter_map(|witnessed| match witnessed.fact {
            Fact::Event { seq, .. } => Some(seq),
            _ => None,
        });
        seqs.max().unwrap_or(0)
    }
}

fn seen(event: &Value) -> Fact {
    Fact::Event {
        seq: event["seq"].as_i64().unwrap(),
        kind: event["type"].as_str().unwrap().into(),
        batch: serde_json::from_value(event["batch"].clone()).unwrap(),
        item: event["item"].as_u64().map(|position| position as u32),
    }
}

fn echoes(items: usize) -> Value {
    let scripts: serde_json::Map<_, _> = (1..=items).map(|nth| (nth.to_string(), json!("echo"))).collect();
    json!({ "operations": ["noop"], "scripts": scripts })
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    body
}

fn id_of(batch: &str) -> Uuid {
    Uuid::try_parse(batch.rsplit('/').next().unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    quire_store::blobs::hex(&Sha256::digest(bytes))
}
