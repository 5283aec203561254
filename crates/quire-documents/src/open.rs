//! From bytes to an opened document: validation, passwords, repair, and the one place that decides
//! which [`FailureCode`] an unusable file gets.

use std::sync::Arc;

use hayro_syntax::object::{Dict, dict::keys};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use super::guard::shielded;
use super::info::engine;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentLimits;

/// Greatest distance of a `%PDF-` header from the start (ISO 32000-1, annex H.3.4.1).
pub(super) const HEADER_WINDOW_BYTES: usize = 1024;
/// Greatest distance of `%%EOF` from the end; wider than the standard's 1,024 for files with a tail of junk.
const TRAILER_WINDOW_BYTES: usize = 4096;

/// A document that at least one engine could open.
pub(crate) struct OpenDocument {
    /// The file as it was sent.
    pub original: Arc<Vec<u8>>,
    /// The engine for pages; `None` when only the one for structure copes.
    pub pdf: Option<Pdf>,
    /// Why `pdf` is `None`.
    pub pdf_error: Option<Failure>,
    pub page_count: u32,
    /// One line each, for a person.
    pub warnings: Vec<String>,
}

/// Checks that need no parser.
pub(crate) fn validate(bytes: &[u8], limits: &DocumentLimits) -> Result<(), Failure> {
    if bytes.is_empty() {
        return Err(Failure::new(FailureCode::EmptyFile, "the file has 0 bytes"));
    }
    if bytes.len() as u64 > limits.max_file_bytes {
        let detail = format!("the file has {} bytes; the limit is {}", bytes.len(), limits.max_file_bytes);
        return Err(Failure::new(FailureCode::FileTooLarge, detail));
    }
    Ok(())
}

/// Opens with the first engine that copes; what it took is in the warnings.
pub(crate) fn open(
    bytes: Arc<Vec<u8>>,
    password: Option<&str>,
    limits: &DocumentLimits,
) -> Result<OpenDocument, Failure> {
    let mut warnings = Vec::new();
    let (pdf, pdf_error, page_count) = match open_pages(&bytes, password) {
        Ok(pdf) if !pdf.pages().is_empty() => {
            let count = pdf.pages().len();
            (Some(pdf), None, count)
        }
        first => {
            let empty = first.as_ref().ok().and_then(announced_pages) == Some(0);
            reopen_rewritten(&bytes, password, limits, first.err(), empty, &mut warnings)?
        }
    };
    let page_count = checked_count(page_count, limits)?;
    if !has_header(&bytes) {
        warnings.push("the file has no %PDF- header in its first 1,024 bytes".to_owned());
    }
    if looks_cut_off(&bytes) {
        warnings
            .push("the file has no end mark and may be cut off; what could be found in it was processed".to_owned());
    }
    if let Some(announced) = pdf.as_ref().and_then(announced_pages)
        && announced > u64::from(page_count)
    {
        warnings.push(format!("the document announces {announced} pages, of which {page_count} were found"));
    }
    Ok(OpenDocument { original: bytes, pdf, pdf_error, page_count, warnings })
}

fn checked_count(count: usize, limits: &DocumentLimits) -> Result<u32, Failure> {
    match u32::try_from(count) {
        Ok(count) if count <= limits.max_pages => Ok(count),
        _ => Err(Failure::new(
            FailureCode::TooManyPages,
            format!("the document has {count} pages; the limit is {}", limits.max_pages),
        )),
    }
}

/// Why the engine for pages did not open a file.
#[derive(Debug, Clone)]
enum PagesError {
    Locked,
    UnusableEncryption(&'static str),
    Invalid,
    Panicked(String),
}

fn open_pages(bytes: &Arc<Vec<u8>>, password: Option<&str>) -> Result<Pdf, PagesError> {
    let attempt = |password: &str| match shielded(|| Pdf::new_with_password(bytes.clone(), password)) {
        Ok(Ok(pdf)) => Ok(pdf),
        Ok(Err(error)) => Err(PagesError::from(error)),
        Err(panic) => Err(PagesError::Panicked(panic)),
    };
    match (attempt(password.unwrap_or_default()), password) {
        // Many documents are encrypted with an empty user password: a superfluous one does no harm.
        (Err(PagesError::Locked), Some(_)) => attempt(""),
        (result, _) => result,
    }
}

impl From<LoadPdfError> for PagesError {
    fn from(error: LoadPdfError) -> Self {
        match error {
            LoadPdfError::Invalid => Self::Invalid,
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Self::Locked,
            LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
                Self::UnusableEncryption("the encryption scheme is not a supported one")
            }
            LoadPdfError::Decryption(DecryptionError::InvalidEncryption | DecryptionError::MissingIDEntry) => {
                Self::UnusableEncryption("the encryption dictionary is incomplete or wrong")
            }
        }
    }
}

type Reopened = (Option<Pdf>, Option<Failure>, usize);

/// The other engine knows owner passwords and other repairs: let it write the document anew, in the
/// clear, and open that.
fn reopen_rewritten(
    bytes: &Arc<Vec<u8>>,
    password: Option<&str>,
    limits: &DocumentLimits,
    first: Option<PagesError>,
    empty: bool,
    warnings: &mut Vec<String>,
) -> Result<Reopened, Failure> {
    let loaded = match engine::load(bytes, password, limits) {
        Ok(loaded) => loaded,
        Err(error) => return Err(unusable(bytes, password, first, Some(error), empty)),
    };
    let count = shielded(|| loaded.get_pages().len()).unwrap_or(0);
    if count == 0 {
        let empty = empty || engine::has_empty_page_tree(&loaded);
        return Err(unusable(bytes, password, first, None, empty));
    }
    checked_count(count, limits)?;
    let rewritten = engine::rewrite(loaded)
        .and_then(|bytes| open_pages(&Arc::new(bytes), None).ok())
        .filter(|pdf| !pdf.pages().is_empty());
    match rewritten {
        Some(pdf) => {
            if !matches!(first, Some(PagesError::Locked)) {
                warnings.push("the document is damaged; it was repaired before reading".to_owned());
            }
            let count = pdf.pages().len();
            Ok((Some(pdf), None, count))
        }
        None => {
            let failure = unusable(bytes, password, first, None, false);
            Ok((None, Some(failure), count))
        }
    }
}

/// The failure of a file whose pages no engine can reach.
fn unusable(
    bytes: &[u8],
    password: Option<&str>,
    first: Option<PagesError>,
    second: Option<engine::LoadError>,
    empty_tree: bool,
) -> Failure {
    use FailureCode as Code;
    let (code, detail) = match (first, second) {
        (Some(PagesError::UnusableEncryption(why)), _) => (Code::UnsupportedEncryption, why.to_owned()),
        (Some(PagesError::Locked), _) | (_, Some(engine::LoadError::Locked)) => match password {
            Some(_) => (Code::WrongPassword, "the given password does not open it".into()),
            None => (Code::NeedsPassword, "the document is encrypted".into()),
        },
        (_, Some(engine::LoadError::TooLarge(detail))) => (Code::DecompressionLimit, detail),
        _ if !has_header(bytes) => {
            (Code::NotAPdf, "no %PDF- header in the first 1,024 bytes, and no page in the rest".into())
        }
        _ if empty_tree => (Code::NoPages, "the document's page tree is empty".into()),
        _ if looks_cut_off(bytes) => {
            (Code::Truncated, "the file ends before its end mark, and no page can be found in it".into())
        }
        (Some(PagesError::Panicked(panic)), _) => (Code::Damaged, panic),
        _ => (Code::Damaged, "no page can be found in the file".into()),
    };
    Failure::new(code, detail)
}

fn has_header(bytes: &[u8]) -> bool {
    let window = &bytes[..bytes.len().min(HEADER_WINDOW_BYTES)];
    contains(window, b"%PDF-")
}

fn looks_cut_off(bytes: &[u8]) -> bool {
    let window = &bytes[bytes.len().saturating_sub(TRAILER_WINDOW_BYTES)..];
    !contains(window, b"%%EOF") && !contains(window, b"startxref")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// `/Count` of the page tree's root.
fn announced_pages(pdf: &Pdf) -> Option<u64> {
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id())?;
    let pages = catalog.get::<Dict<'_>>(keys::PAGES)?;
    u64::try_from(pages.get::<i32>(keys::COUNT)?).ok()
}
