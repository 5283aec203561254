//! Fuzz targets of this module: arbitrary documents, and nearly good ones. Compiled for tests and fuzzers only.
//!
//! Nothing here may panic outside of [`super::guard`], and no result may be silently empty or half written.

use serde_json::Value;

use super::{DocumentRequest, DocumentSink, process, samples};
use quire_domain::failure::Failure;
use quire_domain::operation::{DocumentLimits, Operation, OperationOptions};
use quire_domain::stage::Stage;

pub use super::text::fuzz::layout;

/// Small, so that an input costs little.
const LIMITS: DocumentLimits = DocumentLimits {
    max_file_bytes: 1 << 20,
    max_pages: 50,
    max_decompressed_bytes: 1 << 20,
    max_output_bytes: 1 << 20,
};

/// Tokens that syntax is made of: edits put these in where a byte alone would break too much.
const TOKENS: [&str; 24] = [
    "<<",
    ">>",
    "[",
    "]",
    "(",
    ")",
    "/Kids",
    "/Count",
    "/Length",
    "/Filter",
    "/FlateDecode",
    "/Contents",
    "/Parent",
    " 0 R ",
    "stream\n",
    "\nendstream",
    "endobj\n",
    "4294967295",
    "-1",
    "1e38",
    " Tj ",
    " Do ",
    "BT ",
    " Tm ",
];

pub fn text(data: &[u8]) {
    check(&document(data), &[Operation::Text]);
}

pub fn info(data: &[u8]) {
    check(&document(data), &[Operation::Info]);
}

/// The bytes as they are, or edits of a good document, as the first byte says.
pub fn document(data: &[u8]) -> Vec<u8> {
    let Some((kind, rest)) = data.split_first() else { return Vec::new() };
    let bases: [fn() -> Vec<u8>; 4] = [
        samples::report_pdf,
        samples::two_column_pdf,
        || samples::pdf_with_pages(3),
        || samples::encrypted_pdf("", "owner"),
    ];
    match bases.get(usize::from(*kind) % 8) {
        Some(base) => edited(base(), rest),
        None => rest.to_vec(),
    }
}

/// Each edit takes four bytes: where (two), how, and with what.
fn edited(mut bytes: Vec<u8>, edits: &[u8]) -> Vec<u8> {
    for edit in edits.chunks_exact(4).take(200) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) * bytes.len() / (1 << 16);
        let end = bytes.len().min(at + usize::from(edit[3]));
        match edit[2] % 5 {
            0 => bytes.splice(at..at.min(end), [edit[3]]).for_each(drop),
            1 => bytes[at..end].fill(edit[2]),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.extend_from_within(at..end),
            _ => bytes.splice(at..at, TOKENS[usize::from(edit[3]) % TOKENS.len()].bytes()).for_each(drop),
        }
        if bytes.is_empty() || bytes.len() > 1 << 18 {
            break;
        }
    }
    bytes
}

fn check(bytes: &[u8], operations: &[Operation]) {
    let request = DocumentRequest { operations, password: None, options: OperationOptions::default(), limits: LIMITS };
    let mut kept = Kept::default();
    let Ok(summary) = process(bytes.to_vec(), &request, &mut kept) else {
        // Which code a broken document gets is the business of other tests; that it gets one is all that counts here.
        return;
    };
    assert!(summary.pages > 0 && summary.pages_failed <= summary.pages && kept.stages > 0);
    for (name, bytes) in &kept.artifacts {
        match name.as_str() {
            "text.txt" => check_text(bytes, summary.chars),
            _ => check_json(bytes, summary.pages),
        }
    }
    let expected = if operations.contains(&Operation::Text) { 2 } else { 1 };
    assert_eq!(kept.artifacts.len(), expected);
}

fn check_text(bytes: &[u8], chars: u64) {
    let text = str::from_utf8(bytes).unwrap_or_default();
    let counted = text.chars().filter(|c| !c.is_whitespace()).count() as u64;
    assert!(text.len() == bytes.len() && counted == chars, "{counted} characters, {chars} announced");
}

fn check_json(bytes: &[u8], pages: u32) {
    let json: Value = serde_json::from_slice(bytes).unwrap_or_default();
    assert_eq!(json["page_count"], pages);
    assert!(json["pages"].as_array().is_none_or(|list| list.len() == pages as usize));
}

#[derive(Default)]
struct Kept {
    artifacts: Vec<(String, Vec<u8>)>,
    stages: u32,
}

impl DocumentSink for Kept {
    fn progress(&mut self, _: Stage, _: u32, _: u32) {
        self.stages += 1;
    }

    fn artifact(&mut self, name: &str, _: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.artifacts.push((name.to_owned(), bytes.to_vec()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

        #[test]
        fn edited_and_arbitrary_documents_give_whole_results_or_a_failure(
            data in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            super::text(&data);
            super::info(&data);
        }
    }

    #[test]
    fn without_an_edit_the_base_is_read_whole() {
        for kind in 0..4 {
            let bytes = super::document(&[kind]);
            assert!(bytes.starts_with(b"%PDF-"), "{kind}");
            super::text(&[kind]);
            super::info(&[kind]);
        }
    }
}
