//! The shape of `info.json`, and the order in which it is filled.

use std::collections::BTreeMap;

use lopdf::Document;
use serde::Serialize;

use super::attachments::Attachment;
use super::fonts::FontInfo;
use super::outline::OutlineItem;
use super::{attachments, features, fonts, metadata, outline};
use crate::labels::LabelRange;

pub(super) const MAX_LABEL_RANGES: usize = 10_000;

/// A list that was cut at its bound says so in `truncated`, by its name.
#[derive(Debug, Default, Serialize)]
pub(super) struct InfoReport {
    /// As the header says or, when that is later, the catalog, e.g. `1.7`.
    pub pdf_version: Option<String>,
    pub page_count: u32,
    pub size_bytes: u64,
    /// Of the file as it was sent, lowercase hex.
    pub sha256: String,
    pub producer: Option<String>,
    /// The Info dictionary, dates as they stand there (`D:20260131…`).
    pub info: BTreeMap<String, String>,
    /// The XMP packet, unparsed.
    pub xmp: Option<String>,
    pub pdfa: Option<PdfA>,
    pub encryption: Option<EncryptionInfo>,
    pub is_tagged: bool,
    pub is_linearized: bool,
    pub language: Option<String>,
    pub has_forms: bool,
    pub form_fields: u32,
    pub has_xfa: bool,
    pub has_signatures: bool,
    pub has_javascript: bool,
    pub has_attachments: bool,
    pub attachments: Vec<Attachment>,
    pub outline: Vec<OutlineItem>,
    pub page_labels: Vec<LabelRange>,
    pub fonts: Vec<FontInfo>,
    pub truncated: Vec<&'static str>,
    /// Why the engine for structure could not read the document; most fields are then unknown.
    pub degraded: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct PdfA {
    pub part: u32,
    /// `A`, `B` or `U`, where the part has such levels.
    pub conformance: Option<String>,
}

/// Facts from the security handler; `null` in the report for a document that is not encrypted.
#[derive(Debug, Serialize)]
pub(super) struct EncryptionInfo {
    /// `V` and `R` of the encryption dictionary.
    pub version: i64,
    pub revision: i64,
    pub key_bits: Option<i64>,
    pub permissions: DocumentPermissions,
}

#[derive(Debug, Serialize)]
pub(super) struct DocumentPermissions {
    pub print: bool,
    pub print_high_quality: bool,
    pub modify: bool,
    pub copy: bool,
    pub annotate: bool,
    pub fill_forms: bool,
    pub accessibility: bool,
    pub assemble: bool,
}

/// `stream_limit` bounds what one stream may unpack to, in bytes.
pub(super) fn fill(doc: &Document, stream_limit: usize, info: &mut InfoReport) {
    metadata::fill(doc, stream_limit, info);
    features::fill(doc, info);
    let list = attachments::list(doc);
    info.has_attachments = !list.items.is_empty();
    info.attachments = list.take(info, "attachments");
    info.outline = outline::read(doc).take(info, "outline");
    info.fonts = fonts::list(doc).take(info, "fonts");
}

/// A list that knows whether it is complete.
#[derive(Debug)]
pub(super) struct BoundedList<T> {
    pub items: Vec<T>,
    pub cut: bool,
}

impl<T> Default for BoundedList<T> {
    fn default() -> Self {
        Self { items: Vec::new(), cut: false }
    }
}

impl<T> BoundedList<T> {
    fn take(self, info: &mut InfoReport, name: &'static str) -> Vec<T> {
        if self.cut {
            info.truncated.push(name);
        }
        self.items
    }
}
