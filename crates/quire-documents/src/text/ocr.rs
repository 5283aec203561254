//! Decides whether a page's text layer will do, or its picture has to be read by OCR.

use super::device::PageGlyphs;
use super::page::PageText;

/// Images over more than this part of a page without text are most likely its text.
const SCAN_COVERAGE: f64 = 0.05;
/// Above this part of unknown characters a text is of no use.
const UNMAPPED_SHARE: f64 = 0.3;
/// A page with this many shapes and no text may have its letters drawn as outlines.
const OUTLINE_PATHS: u32 = 200;
/// A text layer this small on a page covered with images is a stamp or a page number.
const STAMP_CHARS: u64 = 50;
const FULL_COVERAGE: f64 = 0.8;

/// Why the page needs OCR; empty when it does not.
pub(super) fn reasons(page: &PageText, seen: &PageGlyphs) -> Vec<&'static str> {
    let mut reasons = Vec::new();
    if !page.has_text_layer {
        if page.incomplete {
            reasons.push("text_unreadable");
        }
        if page.image_coverage > SCAN_COVERAGE {
            reasons.push("no_text_but_images");
        }
        if seen.paths > OUTLINE_PATHS {
            reasons.push("no_text_but_many_shapes");
        }
    } else if page.unmapped_chars as f64 > UNMAPPED_SHARE * page.char_count as f64 {
        reasons.push("characters_unknown");
    } else if seen.guessed as f64 > UNMAPPED_SHARE * page.char_count as f64 {
        reasons.push("characters_guessed");
    } else if page.image_coverage > FULL_COVERAGE && page.char_count < STAMP_CHARS {
        reasons.push("little_text_over_images");
    }
    reasons
}
