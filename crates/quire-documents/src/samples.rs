//! Documents made up for demonstrations and tests: good ones, broken ones and hostile ones.
//!
//! All are generated; none is copied from anywhere.

pub mod hostile;
mod plain;

use lopdf::{Document, EncryptionState, EncryptionVersion, Permissions, Stream, dictionary};

pub use hostile::{decompression_bomb, endless_forms};
pub use plain::{PlacedText, pdf_from_contents, pdf_with_pages, report_pdf, text_operators, two_column_pdf};

/// Opens the demo set's encrypted document.
pub const DEMO_PASSWORD: &str = "quire-demo";
/// The owner's password of the same document.
pub const DEMO_OWNER_PASSWORD: &str = "quire-owner";

/// File names and their bytes: what a batch may meet, from a good report to a hostile file.
pub fn demo_documents() -> Vec<(String, Vec<u8>)> {
    let report = report_pdf();
    let cut = report.len() / 4;
    let set: Vec<(&str, Vec<u8>)> = vec![
        ("truncated.pdf", report[..cut.min(60)].to_vec()),
        ("cut-off-but-readable.pdf", report[..report.len() * 9 / 10].to_vec()),
        ("report.pdf", report),
        ("two-columns.pdf", two_column_pdf()),
        ("ten-pages.pdf", pdf_with_pages(10)),
        ("encrypted.pdf", encrypted_pdf(DEMO_PASSWORD, DEMO_OWNER_PASSWORD)),
        ("zero-pages.pdf", pdf_with_zero_pages()),
        ("empty.pdf", Vec::new()),
        ("not-a-pdf.pdf", b"This is a letter, saved under the wrong name.\n".repeat(40)),
        ("endless.pdf", endless_forms()),
        ("decompression-bomb.pdf", decompression_bomb()),
    ];
    set.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

/// A document of one page that opens with either of the passwords only. Empty on an engine's failure,
/// which a test rules out.
pub fn encrypted_pdf(user: &str, owner: &str) -> Vec<u8> {
    let mut document = plain::secret();
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: owner,
        user_password: user,
        key_length: 128,
        permissions: Permissions::PRINTABLE | Permissions::COPYABLE,
    };
    match EncryptionState::try_from(version) {
        Ok(state) if document.encrypt(&state).is_ok() => saved(document),
        _ => Vec::new(),
    }
}

/// A well-formed document whose page tree is empty.
pub fn pdf_with_zero_pages() -> Vec<u8> {
    pdf_from_contents(&[])
}

/// A document around one content stream, for tests that need an operator of their own; the font `F1`
/// is Helvetica.
pub fn pdf_with_content(content: &str) -> Vec<u8> {
    pdf_from_contents(&[Stream::new(dictionary! {}, content.as_bytes().to_vec())])
}

pub(crate) fn saved(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    match document.save_to(&mut bytes) {
        Ok(()) => bytes,
        // Writing into memory does not fail.
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
