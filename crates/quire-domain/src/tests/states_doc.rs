//! `docs/STATES.md` is what the machines answer, written down. It is compared here and never edited by hand.

use super::blessed::assert_committed;
use super::{doc_batches, doc_items, doc_words};

const HOW_TO_WRITE_IT_ANEW: &str = "QUIRE_BLESS=1 cargo test states_doc";

fn rendered() -> String {
    let parts = [
        preface(),
        doc_items::states(),
        doc_items::transitions(),
        doc_items::attempts(),
        doc_batches::controls_and_phases(),
        doc_batches::circumstances(),
        doc_batches::outcomes(),
        doc_words::retry_policy(),
        doc_words::failure_codes(),
        doc_words::stages(),
        doc_words::events(),
    ];
    parts.join("\n")
}

fn preface() -> String {
    format!(
        "# States\n\n\
         Generated from the machines in `crates/quire-domain/src`; a test compares it. To write it anew: `{HOW_TO_WRITE_IT_ANEW}`.\n\n\
         In the tables, — is a refusal, = is accepted and changes nothing.\n"
    )
}

/// A Markdown table; the first row is its head.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let Some((head, body)) = rows.split_first() else { return String::new() };
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    line(head) + &rule + &body.iter().map(|row| line(row)).collect::<String>()
}

pub(super) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

pub(super) fn code(word: impl std::fmt::Display) -> String {
    format!("`{word}`")
}

#[test]
fn docs_states_md_is_what_the_machines_say() {
    assert_committed("docs/STATES.md", &rendered(), HOW_TO_WRITE_IT_ANEW);
}
