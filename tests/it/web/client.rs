//! `clients/typescript`: its own tests.

use super::script::Script;

const CLIENT: &str = "clients/typescript";

#[test]
fn types_match_the_document() {
    Script(CLIENT, "types").run(&["--check"]);
}

#[test]
fn everything_type_checks() {
    Script(CLIENT, "check").run(&[]);
}

#[test]
fn sizes_are_within_their_budgets() {
    Script(CLIENT, "sizes").run(&[]);
}

#[test]
fn client_by_itself() {
    Script(CLIENT, "test:unit").run(&[]);
}

#[test]
fn client_against_a_server() {
    Script(CLIENT, "test:server").run(&[]);
}
