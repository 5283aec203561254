//! `quire demo` and `quire bench documents` do what they promise on any machine.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use quire_documents::samples;
use serde_json::Value;

use crate::cli::harness::{Desk, Ended, quire};
use crate::harness::client;

/// Ended with the test, by its own pid.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_demo_on_a_server_has_something_of_everything_to_look_at() {
    let desk = Desk::new();
    let mut command = quire();
    command.current_dir(desk.path("in")).args(["demo", "--serve", "--port", "0", "--out", "show"]);
    let mut server = Server(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut said = BufReader::new(server.0.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let url = line.strip_prefix("quire listens on ").and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    let until = Instant::now() + Duration::from_secs(120);
    let client = client();
    let ask = async |path: &str| {
        let answer = client.get(format!("{url}/api/v1/{path}")).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    loop {
        let batches = ask("batches").await["batches"].as_array().unwrap().clone();
        let status =
            |name: &str| batches.iter().find(|batch| batch["name"] == name).map(|batch| batch["status"].clone());
        let restarts = ask("admin/actors/root/janitor").await["restarts"]["total"].as_u64().unwrap();
        let all = [status("made-up documents"), status("scans-2026"), status("letters"), status("july-invoices")];
        if all == ["partial", "paused", "scheduled", "running"].map(|word| Some(word.into())) && restarts > 0 {
            break;
        }
        assert!(Instant::now() < until, "{all:?}, {restarts} restarts");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[test]
fn the_demo_ends_as_expected() {
    let desk = Desk::new();
    let mut command = quire();
    command.current_dir(desk.path("in")).args(["demo", "--out", "show"]);
    let ended = Ended::of(command);
    ended.assert_code(0);
    assert!(ended.stdout.contains("The server never noticed"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("??"), "{}", ended.stdout);
    assert!(desk.path("in/show/results/ten-pages.txt").exists());
}

#[test]
fn the_bench_compares_the_engine_with_the_bare_loop() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(5)).with("b.pdf", b"");
    let mut command = quire();
    command.args(["bench", "documents"]).arg(desk.path("in")).arg("--data-dir").arg(desk.path("scratch"));
    let ended = Ended::of(command);
    ended.assert_code(0);
    assert!(ended.stdout.contains("engine / (slots"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 files failed"), "{}", ended.stdout);
    assert!(!desk.path("scratch").exists());
}
