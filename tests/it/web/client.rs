//! `clients/typescript`: its own tests, run by its own tools against the server that was built here.

use std::sync::{Mutex, PoisonError};

use super::tools::{self, Node};

/// One at a time: each brings a browser or servers of its own.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a script of the client; its output when it fails.
fn script(name: &str, arguments: &[&str], with_browser: bool) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Node::find().npm(&["run", name, "--workspace", "clients/typescript", "--"]);
    command.args(arguments).env("QUIRE_BIN", env!("CARGO_BIN_EXE_quire")).env("CI", "1");
    if with_browser {
        command.env("CHROMIUM_BIN", tools::chromium());
    }
    tools::run(&mut command, "what failed stands below");
}

#[test]
fn types_match_the_document() {
    script("types", &["--check"], false);
}

#[test]
fn everything_type_checks() {
    script("check", &[], false);
}

#[test]
fn sizes_are_within_their_budgets() {
    script("sizes", &[], false);
}

#[test]
fn client_by_itself() {
    script("test:unit", &[], false);
}

#[test]
fn client_against_a_server() {
    script("test:server", &[], false);
}

#[test]
fn client_in_chromium() {
    script("test:browser", &[], true);
}
