//! Opening with lopdf, shielded and bounded.

use lopdf::{DecompressError, Document, Error, LoadOptions};

use super::super::guard::shielded;
use super::locks;
use quire_domain::operation::DocumentLimits;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("the password does not open it in this engine")]
    /// Encrypted, and neither the given password nor the empty one opens it.
    Locked,
    /// A stream unpacks to more than the limit.
    #[error("{0}")]
    TooLarge(String),
    #[error("{0}")]
    Other(String),
}

/// Loads the document's objects, decrypted.
pub(crate) fn load(bytes: &[u8], password: Option<&str>, limits: &DocumentLimits) -> Result<Document, LoadError> {
    match attempts(bytes, password, limits) {
        Err(LoadError::Locked) => match reformed(bytes, limits) {
            Some(bytes) => attempts(&bytes, password, limits),
            None => Err(LoadError::Locked),
        },
        result => result,
    }
}

/// Many documents are encrypted with an empty user password: a superfluous one does no harm.
fn attempts(bytes: &[u8], password: Option<&str>, limits: &DocumentLimits) -> Result<Document, LoadError> {
    match attempt(bytes, password, limits) {
        Err(LoadError::Locked) if password.is_some() => attempt(bytes, None, limits),
        result => result,
    }
}

fn attempt(bytes: &[u8], password: Option<&str>, limits: &DocumentLimits) -> Result<Document, LoadError> {
    let document = load_as_it_is(bytes, password, limits)?;
    // Without a password an encrypted document loads, but its strings and streams are noise.
    if document.trailer.has(b"Encrypt") {
        return Err(LoadError::Locked);
    }
    Ok(document)
}

/// The file with its lock in a form that this engine knows, if that is another one.
fn reformed(bytes: &[u8], limits: &DocumentLimits) -> Option<Vec<u8>> {
    let locked = load_as_it_is(bytes, None, limits).ok()?;
    locks::reformed(bytes, &locked)
}

fn load_as_it_is(bytes: &[u8], password: Option<&str>, limits: &DocumentLimits) -> Result<Document, LoadError> {
    let options = LoadOptions {
        password: password.map(str::to_owned),
        max_decompressed_size: Some(stream_limit(limits)),
        ..LoadOptions::default()
    };
    match shielded(|| Document::load_mem_with_options(bytes, options)) {
        Ok(Ok(document)) => Ok(document),
        Ok(Err(error)) => Err(LoadError::from(error)),
        Err(panic) => Err(LoadError::Other(panic)),
    }
}

/// Bytes that one stream may unpack to.
pub(crate) fn stream_limit(limits: &DocumentLimits) -> usize {
    usize::try_from(limits.max_decompressed_bytes).unwrap_or(usize::MAX)
}

/// Whether the page tree is there and empty, not merely unreadable.
pub(crate) fn has_empty_page_tree(document: &Document) -> bool {
    let kids = |document: &Document| {
        let pages = document.catalog().ok()?.get_deref(b"Pages", document).ok()?.as_dict().ok()?;
        pages.get_deref(b"Kids", document).ok()?.as_array().ok().map(Vec::is_empty)
    };
    kids(document).unwrap_or(false)
}

/// The document as a plain file: not encrypted, with a fresh cross-reference table.
pub(crate) fn rewrite(mut document: Document) -> Option<Vec<u8>> {
    shielded(move || {
        document.trailer.remove(b"Encrypt");
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).ok().map(|()| bytes)
    })
    .ok()
    .flatten()
}

impl From<Error> for LoadError {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidPassword => Self::Locked,
            Error::Decryption(lopdf::encryption::DecryptionError::IncorrectPassword) => Self::Locked,
            Error::Decompress(DecompressError::MemoryLimitExceeded { limit }) => {
                Self::TooLarge(format!("a stream unpacks to more than {limit} bytes"))
            }
            other => Self::Other(other.to_string()),
        }
    }
}
