//! Version, Info dictionary, XMP, PDF/A, encryption.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Dict, Name};
use lopdf::{Document, Object};
use memchr::memmem;

use super::report::{DocumentPermissions, EncryptionInfo, InfoReport, PdfA};
use super::walk;
use crate::labels::text_string;
use crate::open::HEADER_WINDOW_BYTES;

const MAX_INFO_ENTRIES: usize = 200;
const MAX_XMP_BYTES: usize = 1024 * 1024;
const HEADER: &[u8] = b"%PDF-";

pub(super) fn fill(doc: &Document, stream_limit: usize, info: &mut InfoReport) {
    let catalog = doc.catalog().ok();
    info.pdf_version = later_version(
        info.pdf_version.take(),
        catalog.and_then(|catalog| walk::name(doc, catalog, b"Version")).as_deref(),
    );
    info.language = catalog.and_then(|catalog| walk::text(doc, catalog, b"Lang"));
    info.is_linearized = doc.linearization.is_some();
    if let Some(entries) = walk::dict(doc, &doc.trailer, b"Info") {
        for (key, _) in entries.iter().take(MAX_INFO_ENTRIES) {
            if let Some(text) = walk::text(doc, entries, key) {
                info.info.insert(String::from_utf8_lossy(key).into_owned(), text);
            }
        }
    }
    info.producer = info.info.get("Producer").cloned();
    info.xmp = catalog.and_then(|catalog| match walk::get(doc, catalog, b"Metadata")? {
        Object::Stream(stream) => {
            let limit = stream_limit.min(MAX_XMP_BYTES);
            let packet = stream.decompressed_content_with_limit(limit).ok();
            let packet = packet.unwrap_or_else(|| stream.content.clone());
            let packet = &packet[..packet.len().min(MAX_XMP_BYTES)];
            Some(xml_text(packet))
        }
        _ => None,
    });
    info.pdfa = info.xmp.as_deref().and_then(pdfa);
    info.encryption = encryption(doc);
}

/// Metadata that the engine for pages knows, for documents that the other one cannot load.
pub(super) fn from_pages_engine(pdf: &Pdf, info: &mut InfoReport) {
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let version = catalog.and_then(|catalog| catalog.get::<Name<'_>>(b"Version"));
    info.pdf_version = later_version(info.pdf_version.take(), version.as_ref().map(|name| name.as_str()));
    let known = pdf.metadata();
    let entries = [
        ("Title", &known.title),
        ("Author", &known.author),
        ("Subject", &known.subject),
        ("Keywords", &known.keywords),
        ("Creator", &known.creator),
        ("Producer", &known.producer),
    ];
    for (key, value) in entries {
        if let Some(value) = value {
            let value = &value[..value.len().min(walk::MAX_TEXT_BYTES)];
            info.info.insert(key.to_owned(), text_string(value));
        }
    }
    info.producer = info.info.get("Producer").cloned();
}

/// As the header says, e.g. `1.7`.
pub(super) fn header_version(file: &[u8]) -> Option<String> {
    let window = &file[..file.len().min(HEADER_WINDOW_BYTES)];
    let at = memmem::find(window, HEADER)? + HEADER.len();
    let number = std::str::from_utf8(window.get(at..at + 3)?).ok()?;
    is_version(number).then(|| number.to_owned())
}

/// The catalog's counts when it is later than the header's (ISO 32000-1, 7.7.2), and when it is one at all.
fn later_version(header: Option<String>, catalog: Option<&str>) -> Option<String> {
    let catalog = catalog.filter(|version| is_version(version)).map(str::to_owned);
    // Of one digit, a point and one digit each, the later one sorts behind.
    header.max(catalog)
}

fn is_version(text: &str) -> bool {
    matches!(text.as_bytes(), [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
}

fn xml_text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => text_string(bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// `pdfaid:part`, as an attribute or an element of the packet.
fn pdfa(xmp: &str) -> Option<PdfA> {
    Some(PdfA { part: xmp_value(xmp, "pdfaid:part")?.parse().ok()?, conformance: xmp_value(xmp, "pdfaid:conformance") })
}

fn xmp_value(xmp: &str, name: &str) -> Option<String> {
    let rest = &xmp[xmp.find(name)? + name.len()..];
    let value = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'' | '>'));
    let end = value.find(|c: char| !c.is_alphanumeric()).unwrap_or(value.len());
    (end > 0).then(|| value[..end].to_uppercase())
}

/// The engine removes the encryption dictionary when it decrypts, and keeps its values.
fn encryption(doc: &Document) -> Option<EncryptionInfo> {
    let state = doc.encryption_state.as_ref()?;
    let bits = state.permissions();
    let allows = |permission| bits.contains(permission);
    use lopdf::Permissions as P;
    Some(EncryptionInfo {
        version: state.version(),
        revision: state.revision(),
        key_bits: state.key_length().and_then(|bits| i64::try_from(bits).ok()),
        permissions: DocumentPermissions {
            print: allows(P::PRINTABLE),
            print_high_quality: allows(P::PRINTABLE_IN_HIGH_QUALITY),
            modify: allows(P::MODIFIABLE),
            copy: allows(P::COPYABLE),
            annotate: allows(P::ANNOTABLE),
            fill_forms: allows(P::FILLABLE),
            accessibility: allows(P::COPYABLE_FOR_ACCESSIBILITY),
            assemble: allows(P::ASSEMBLABLE),
        },
    })
}
