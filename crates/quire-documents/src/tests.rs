//! Tests of every failure code a document can get, through the public entry point.

use super::samples::{self, DEMO_OWNER_PASSWORD, DEMO_PASSWORD};
use super::{DocumentRequest, DocumentSink, process};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::{DocumentLimits, DocumentSummary, Operation, OperationOptions};
use quire_domain::stage::Stage;

/// Keeps everything that was reported.
#[derive(Default)]
pub(super) struct Kept {
    pub artifacts: Vec<(String, Vec<u8>)>,
    pub stages: Vec<(Stage, u32, u32)>,
}

impl Kept {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes("text.txt").to_vec()).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(self.bytes(name)).unwrap()
    }

    fn bytes(&self, name: &str) -> &[u8] {
        &self.artifacts.iter().find(|(n, _)| n == name).unwrap().1
    }
}

impl DocumentSink for Kept {
    fn progress(&mut self, stage: Stage, page: u32, pages: u32) {
        self.stages.push((stage, page, pages));
    }

    fn artifact(&mut self, name: &str, _: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.artifacts.push((name.to_owned(), bytes.to_vec()));
        Ok(())
    }
}

pub(super) fn limits() -> DocumentLimits {
    DocumentLimits {
        max_file_bytes: 1 << 26,
        max_pages: 1_000,
        max_decompressed_bytes: 1 << 26,
        max_output_bytes: 1 << 26,
    }
}

pub(super) fn request(operations: &[Operation]) -> DocumentRequest<'_> {
    DocumentRequest { operations, password: None, options: OperationOptions::default(), limits: limits() }
}

const BOTH: [Operation; 2] = [Operation::Text, Operation::Info];

pub(super) fn run(bytes: &[u8], request: &DocumentRequest<'_>) -> Result<(DocumentSummary, Kept), Failure> {
    let mut kept = Kept::default();
    process(bytes.to_vec(), request, &mut kept).map(|summary| (summary, kept))
}

fn code(bytes: &[u8], request: &DocumentRequest<'_>) -> Option<FailureCode> {
    run(bytes, request).err().map(|failure| failure.code)
}

fn sample(name: &str) -> Vec<u8> {
    samples::demo_documents().into_iter().find(|(n, _)| n == name).unwrap().1
}

#[test]
fn files_that_are_no_documents_are_told_apart() {
    let request = request(&BOTH);
    assert_eq!(code(b"", &request), Some(FailureCode::EmptyFile));
    assert_eq!(code(&sample("not-a-pdf.pdf"), &request), Some(FailureCode::NotAPdf));
    assert_eq!(code(&sample("truncated.pdf"), &request), Some(FailureCode::Truncated));
    assert_eq!(code(&sample("zero-pages.pdf"), &request), Some(FailureCode::NoPages));
    let junk = [b"%PDF-1.4\n".as_slice(), &[b'x'; 500], b"\nstartxref\n7\n%%EOF\n"].concat();
    assert_eq!(code(&junk, &request), Some(FailureCode::Damaged));
}

#[test]
fn limits_on_bytes_pages_and_output_are_kept() {
    let bytes = samples::pdf_with_pages(20);
    let with = |change: fn(&mut DocumentLimits)| {
        let mut request = request(&BOTH);
        change(&mut request.limits);
        code(&bytes, &request)
    };
    assert_eq!(with(|l| l.max_file_bytes = 100), Some(FailureCode::FileTooLarge));
    assert_eq!(with(|l| l.max_pages = 19), Some(FailureCode::TooManyPages));
    assert_eq!(with(|l| l.max_pages = 20), None);
    assert_eq!(with(|l| l.max_output_bytes = 500), Some(FailureCode::OutputTooLarge));
}

#[test]
fn a_locked_document_opens_with_either_password_only() {
    let bytes = sample("encrypted.pdf");
    let with = |password| DocumentRequest { password, ..request(&BOTH) };
    assert_eq!(code(&bytes, &with(None)), Some(FailureCode::NeedsPassword));
    assert_eq!(code(&bytes, &with(Some("guess"))), Some(FailureCode::WrongPassword));
    for password in [DEMO_PASSWORD, DEMO_OWNER_PASSWORD] {
        let (summary, kept) = run(&bytes, &with(Some(password))).unwrap();
        assert!(summary.warnings.is_empty(), "{:?}", summary.warnings);
        assert!(kept.text().contains("Only readers with the password"));
        assert_eq!(kept.json("info.json")["info"]["Title"], "A locked page");
    }
}

#[test]
fn a_document_locked_with_an_empty_password_opens_without_one() {
    let bytes = samples::encrypted_pdf("", "owner");
    let (_, kept) = run(&bytes, &request(&BOTH)).unwrap();
    assert!(kept.text().contains("Only readers"));
    assert_eq!(kept.json("info.json")["encryption"]["permissions"]["modify"], false);
}

#[test]
fn an_unknown_security_handler_is_unsupported() {
    let bytes = sample("encrypted.pdf");
    let start = bytes.windows(9).position(|w| w == b"/Standard").unwrap();
    // Of the same length, so that no offset moves.
    let mut changed = bytes.clone();
    changed[start..start + 9].copy_from_slice(b"/Unheard0");
    assert_eq!(code(&changed, &request(&BOTH)), Some(FailureCode::UnsupportedEncryption));
}

#[test]
fn a_cut_off_document_with_readable_pages_succeeds_with_a_warning() {
    let (summary, kept) = run(&sample("cut-off-but-readable.pdf"), &request(&BOTH)).unwrap();
    assert!(summary.pages >= 1);
    assert!(summary.warnings[0].contains("cut off"), "{:?}", summary.warnings);
    assert!(kept.text().contains("Beginnings"));
}

#[test]
fn progress_names_every_stage_and_every_page() {
    let (summary, kept) = run(&samples::pdf_with_pages(3), &request(&BOTH)).unwrap();
    assert_eq!((summary.pages, summary.pages_failed), (3, 0));
    let text = |page| (Stage::ExtractingText, page, 3);
    let expected =
        [(Stage::Validating, 0, 0), (Stage::Opening, 0, 0), text(1), text(2), text(3), (Stage::ExtractingInfo, 0, 3)];
    assert_eq!(kept.stages, expected);
    let names: Vec<_> = kept.artifacts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["text.txt", "pages.json", "info.json"]);
}

#[test]
fn doing_nothing_reads_nothing() {
    let (summary, kept) = run(b"", &request(&[Operation::Noop])).unwrap();
    assert_eq!(summary, DocumentSummary::default());
    assert!(kept.stages.is_empty() && kept.artifacts.is_empty());
}

#[test]
fn the_sinks_failure_stops_the_work() {
    struct Full;
    impl DocumentSink for Full {
        fn progress(&mut self, _: Stage, _: u32, _: u32) {}
        fn artifact(&mut self, _: &str, _: &str, _: &[u8]) -> Result<(), Failure> {
            Err(Failure::new(FailureCode::TooManyArtifacts, "one too many"))
        }
    }
    let failure = process(samples::pdf_with_pages(1), &request(&BOTH), &mut Full).unwrap_err();
    assert_eq!(failure.code, FailureCode::TooManyArtifacts);
}
