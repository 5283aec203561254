//! Text that stands on a page without being drawn: notes for which the document brings no appearance, so that every
//! viewer draws its own.

use hayro_syntax::object::dict::keys::{ANNOTS, AP, F, RECT, SUBTYPE};
use hayro_syntax::object::{Array, Dict, Name, Rect as PdfRect, String as PdfString};
use hayro_syntax::page::Page;
use kurbo::{Affine, Rect};

use crate::labels::text_string;

const MAX_NOTES: usize = 10_000;
const MAX_CHARS: usize = 100_000;
/// Hidden, or not to be shown on screen.
pub(super) const UNSEEN: u32 = 1 << 1 | 1 << 5;

pub(super) struct PageNote {
    pub text: String,
    /// As shown, in points.
    pub bbox: Rect,
}

/// In the order of the page's annotations.
pub(super) fn undrawn(page: &Page<'_>, transform: Affine) -> Vec<PageNote> {
    let Some(annotations) = page.raw().get::<Array<'_>>(ANNOTS) else {
        return Vec::new();
    };
    let annotations = annotations.iter::<Dict<'_>>().take(MAX_NOTES);
    annotations.filter_map(|annotation| note(&annotation, transform)).collect()
}

fn note(annotation: &Dict<'_>, transform: Affine) -> Option<PageNote> {
    if annotation.contains_key(AP) || annotation.get::<u32>(F).unwrap_or(0) & UNSEEN != 0 {
        return None;
    }
    if annotation.get::<Name<'_>>(SUBTYPE)?.as_str() != "FreeText" {
        return None;
    }
    let text = annotation.get::<PdfString<'_>>(b"Contents")?;
    let text: String = text_string(text.as_bytes()).chars().take(MAX_CHARS).collect();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let rect = annotation.get::<PdfRect>(RECT)?;
    let bbox = transform.transform_rect_bbox(Rect::new(rect.x0, rect.y0, rect.x1, rect.y1));
    (!text.trim().is_empty()).then_some(PageNote { text, bbox })
}
