//! *Field value*: what a form's text or choice field holds, where the value and not an appearance is what counts: no
//! appearance draws it, or the form says that its appearances are out of date (`NeedAppearances`, ISO 32000-1, 12.7.2).
//!
//! Passwords are not told; buttons have no text.

use hayro_syntax::Pdf;
use hayro_syntax::object::dict::keys::{ANNOTS, AP, BBOX, F, N, RECT, SUBTYPE};
use hayro_syntax::object::{Array, Dict, Name, Object, Rect as PdfRect, Stream};
use hayro_syntax::page::Page;
use kurbo::{Affine, Point, Rect, Vec2};

use super::glyph::Glyph;
use super::notes::UNSEEN;
use super::spread::{LineStretch, along};
use crate::labels::text_string;
use crate::unpacking::exceeds;

const MAX_FIELDS: usize = 10_000;
/// Fields above a field; the bound also ends cycles.
const MAX_PARENTS: usize = 32;
const MAX_CHARS: usize = 100_000;
const MAX_VALUE_BYTES: u64 = 1 << 20;
const MAX_OPTIONS: usize = 10_000;

/// Flags of fields (ISO 32000-1, tables 228 and 230).
const MULTILINE: u32 = 1 << 12;
const PASSWORD: u32 = 1 << 13;
/// The largest type in a field whose size is left to the viewer.
const AUTO_SIZE_PT: f64 = 12.0;
const LEADING_EM: f64 = 1.15;
const LETTER_EM: f64 = 0.5;
/// Of the type, below the baseline.
const DESCENT_EM: f64 = 0.22;
/// Between the field's edge and the type.
const MARGIN_PT: f64 = 2.0;

/// The fields of one page.
#[derive(Default)]
pub(super) struct FieldValues {
    pub glyphs: Vec<Glyph>,
    /// Areas, as shown, whose appearance is out of date.
    pub stale: Vec<Rect>,
}

/// Whether the form's appearances are out of date.
pub(super) fn are_stale(pdf: &Pdf) -> bool {
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let form = catalog.and_then(|catalog| catalog.get::<Dict<'_>>(b"AcroForm"));
    form.and_then(|form| form.get::<bool>(b"NeedAppearances")).unwrap_or(false)
}

/// `transform` leads to the page as it is shown.
pub(super) fn of_page(page: &Page<'_>, transform: Affine, are_stale: bool) -> FieldValues {
    let mut values = FieldValues::default();
    let Some(annotations) = page.raw().get::<Array<'_>>(ANNOTS) else {
        return values;
    };
    for widget in annotations.iter::<Dict<'_>>().take(MAX_FIELDS).filter(is_seen_widget) {
        let Some(rect) = widget.get::<PdfRect>(RECT).map(|r| Rect::new(r.x0, r.y0, r.x1, r.y1)) else {
            continue;
        };
        let is_drawn = is_drawn(&widget);
        if !has_text(&widget) || (is_drawn && !are_stale) {
            continue;
        }
        if is_drawn {
            values.stale.push(transform.transform_rect_bbox(rect));
        }
        if flags(&widget) & PASSWORD == 0 {
            values.glyphs.extend(typeset(&value(&widget), &widget, rect, transform));
        }
    }
    values
}

fn is_seen_widget(annotation: &Dict<'_>) -> bool {
    annotation.get::<Name<'_>>(SUBTYPE).is_some_and(|name| name.as_str() == "Widget")
        && annotation.get::<u32>(F).unwrap_or(0) & UNSEEN == 0
}

/// Whether the engine draws the widget's appearance.
fn is_drawn(widget: &Dict<'_>) -> bool {
    let form = widget.get::<Dict<'_>>(AP).and_then(|appearances| appearances.get::<Stream<'_>>(N));
    let area = form.and_then(|form| form.dict().get::<[f32; 4]>(BBOX));
    area.is_some_and(|[x0, y0, x1, y1]| x0 != x1 && y0 != y1)
}

fn has_text(widget: &Dict<'_>) -> bool {
    let kind = inherited(widget, b"FT").and_then(Object::into_name);
    kind.is_some_and(|kind| matches!(kind.as_str(), "Tx" | "Ch"))
}

fn flags(widget: &Dict<'_>) -> u32 {
    number(widget, b"Ff").map_or(0, |flags| flags as u32)
}

fn number(widget: &Dict<'_>, key: &[u8]) -> Option<f64> {
    inherited(widget, key).and_then(Object::into_number).map(|number| number.as_f64())
}

/// An entry of the widget or of the nearest field above it that has one.
fn inherited<'a>(widget: &Dict<'a>, key: &[u8]) -> Option<Object<'a>> {
    let mut field = widget.clone();
    for _ in 0..MAX_PARENTS {
        match field.get::<Object<'_>>(key) {
            Some(Object::Null(_)) | None => field = field.get::<Dict<'_>>(b"Parent")?,
            found => return found,
        }
    }
    None
}

/// One line for each that is chosen, as it is shown and not as it is sent.
fn value(widget: &Dict<'_>) -> String {
    let Some(value) = inherited(widget, b"V") else {
        return String::new();
    };
    let chosen: Vec<String> = match value {
        Object::Array(values) => values.iter::<Object<'_>>().take(MAX_OPTIONS).filter_map(text).collect(),
        single => text(single).into_iter().collect(),
    };
    let options = inherited(widget, b"Opt").and_then(Object::into_array);
    let shown: Vec<String> = chosen.into_iter().map(|text| displayed(options.as_ref(), text)).collect();
    shown.join("\n").replace("\r\n", "\n").replace('\r', "\n").chars().take(MAX_CHARS).collect()
}

/// The text that stands for this one in the list of a choice field.
fn displayed(options: Option<&Array<'_>>, sent: String) -> String {
    let mut pairs = options.into_iter().flat_map(|options| options.iter::<Array<'_>>().take(MAX_OPTIONS));
    let shown = pairs.find_map(|pair| {
        let mut texts = pair.iter::<Object<'_>>();
        let is_this = texts.next().and_then(text).is_some_and(|first| first == sent);
        is_this.then(|| texts.next().and_then(text)).flatten()
    });
    shown.unwrap_or(sent)
}

fn text(value: Object<'_>) -> Option<String> {
    match value {
        Object::String(text) => Some(text_string(text.as_bytes())),
        Object::Name(name) => Some(name.as_str().to_owned()),
        Object::Number(number) => Some(number.as_f64().to_string()),
        Object::Stream(stream) if !exceeds(&stream.filters(), &stream.raw_data(), MAX_VALUE_BYTES) => {
            Some(text_string(&stream.decoded_data().ok()?))
        }
        _ => None,
    }
}

/// The size in the field's default appearance; none when it is left to the viewer.
fn size_of_type(widget: &Dict<'_>) -> Option<f64> {
    let appearance = inherited(widget, b"DA").and_then(Object::into_string)?;
    let words = String::from_utf8_lossy(appearance.as_bytes()).into_owned();
    let words: Vec<&str> = words.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "Tf")?;
    let size: f64 = words.get(at.checked_sub(1)?)?.parse().ok()?;
    (size > 0.0 && size.is_finite()).then_some(size)
}

/// Lines within the rectangle, about where a viewer would set them.
fn typeset(text: &str, widget: &Dict<'_>, rect: Rect, transform: Affine) -> Vec<Glyph> {
    let is_multiline = flags(widget) & MULTILINE != 0;
    let room = if is_multiline { AUTO_SIZE_PT } else { (rect.height() * 0.7).clamp(2.0, AUTO_SIZE_PT) };
    let size = size_of_type(widget).unwrap_or(room);
    let width = (rect.width() - 2.0 * MARGIN_PT).max(1.0);
    let lines = wrapped(text, ((width / (size * LETTER_EM)) as usize).max(1), is_multiline);
    // However many there are, all stand within the field.
    let leading = (LEADING_EM * size).min(rect.height() / lines.len().max(1) as f64);
    let first = if is_multiline || lines.len() > 1 {
        rect.y1 - leading.min(rect.height() - DESCENT_EM * size).max(0.0)
    } else {
        rect.center().y - (0.5 - DESCENT_EM) * size
    };
    let scale = transform.determinant().abs().sqrt();
    let across = transform * Point::new(1.0, 0.0) - transform * Point::ZERO;
    let direction = if across.hypot() > 0.0 { across / across.hypot() } else { Vec2::new(1.0, 0.0) };
    let line = |(index, line): (usize, &String)| {
        let from = transform * Point::new(rect.x0 + MARGIN_PT, first - leading * index as f64);
        let length = (line.chars().count() as f64 * size * LETTER_EM).min(width) * scale;
        along(line, LineStretch { from, direction, length, size: size * scale })
    };
    lines.iter().enumerate().flat_map(line).collect()
}

/// Cut between words into lines of so many characters, where the field has several.
fn wrapped(text: &str, chars: usize, is_multiline: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let is_full = line.chars().count() + 1 + word.chars().count() > chars;
            if is_multiline && !line.is_empty() && is_full {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.extend((!line.is_empty()).then_some(line));
    }
    lines
}
