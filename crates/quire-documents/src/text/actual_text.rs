//! *Span*: marked content whose text the document itself gives (`ActualText`, ISO 32000-1, 14.9.4). That text stands
//! for everything that is drawn within, whatever the glyphs say.
//!
//! The outermost span counts. One that never ends gives no text, for it would swallow the rest of its page.

use std::mem;

use hayro_syntax::object::{Dict, String as PdfString};
use kurbo::{Point, Rect, Vec2};

use super::device::usable_char;
use super::glyph::Glyph;
use super::spread::{LineStretch, along};
use super::unicode::is_rtl;
use crate::labels::text_string;

const MAX_BYTES: usize = 1 << 20;
/// Glyphs further off the line than this, in parts of their size, are on another one.
const OFF_LINE_EM: f64 = 0.6;
/// Width of a letter of this size, more or less.
const LETTER_EM: f64 = 0.5;

/// The marked content that is open on a page.
#[derive(Default)]
pub(super) struct OpenSpans {
    depth: usize,
    open: Option<MarkedSpan>,
}

pub(super) struct MarkedSpan {
    /// Its own depth.
    depth: usize,
    text: String,
    glyphs: Vec<Glyph>,
    /// Box around shapes and images.
    drawn: Option<Rect>,
}

impl OpenSpans {
    pub(super) fn begin(&mut self, properties: Option<&Dict<'_>>) {
        self.depth += 1;
        if self.open.is_none()
            && let Some(text) = properties.and_then(given)
        {
            self.open = Some(MarkedSpan { depth: self.depth, text, glyphs: Vec::new(), drawn: None });
        }
    }

    /// The span that ends here, if one does.
    pub(super) fn end(&mut self) -> Option<MarkedSpan> {
        let ended = self.open.take_if(|span| span.depth >= self.depth);
        self.depth = self.depth.saturating_sub(1);
        ended
    }

    /// At the end of a content: the glyphs of a span that has none of its own.
    pub(super) fn abandon(&mut self) -> Vec<Glyph> {
        mem::take(self).open.map(|span| span.glyphs).unwrap_or_default()
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// A glyph of the span that is open.
    pub(super) fn hold(&mut self, glyph: Glyph) {
        if let Some(span) = &mut self.open {
            span.glyphs.push(glyph);
        }
    }

    pub(super) fn draw(&mut self, area: impl FnOnce() -> Rect) {
        if let Some(span) = &mut self.open {
            let area = area();
            span.drawn = Some(span.drawn.map_or(area, |drawn| drawn.union(area)));
        }
    }
}

impl MarkedSpan {
    /// The given text in place of what was drawn.
    pub(super) fn spoken(self) -> Vec<Glyph> {
        // Mirrored text is read from the right, wherever it comes from.
        let mirrored = self.text.chars().any(is_rtl);
        let turned: Vec<Glyph> =
            self.glyphs.iter().map(|g| if mirrored && g.mirrored { g.turned() } else { g.clone() }).collect();
        let mut lines = lines(&turned);
        if lines.is_empty() {
            lines.extend(self.drawn.and_then(|area| beneath(area, &self.text)));
        }
        parts(&self.text, &lines).flat_map(|(text, line)| along(text, *line)).collect()
    }
}

/// `None` also for text that says nothing: nobody knows better than the glyphs then.
fn given(properties: &Dict<'_>) -> Option<String> {
    let bytes = properties.get::<PdfString<'_>>(b"ActualText")?;
    let all = text_string(&bytes.as_bytes()[..bytes.as_bytes().len().min(MAX_BYTES)]);
    let text: String =
        all.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| usable_char(*c)).collect();
    (all.is_empty() || !text.is_empty()).then_some(text)
}

/// The stretches that glyphs take up, one for each line.
fn lines(glyphs: &[Glyph]) -> Vec<LineStretch> {
    let mut lines: Vec<LineStretch> = Vec::new();
    for glyph in glyphs {
        let along = |p: Point, line: &LineStretch| (p - line.from).dot(line.direction);
        match lines.last_mut().filter(|line| is_on(line, glyph)) {
            Some(line) => {
                let near = along(glyph.origin, line).min(along(glyph.end, line)).min(0.0);
                let far = along(glyph.origin, line).max(along(glyph.end, line)).max(line.length);
                line.from += line.direction * near;
                line.length = far - near;
                line.size = line.size.max(glyph.size);
            }
            None => lines.push(LineStretch {
                from: glyph.origin,
                direction: glyph.direction,
                length: glyph.advance().max(0.0),
                size: glyph.size,
            }),
        }
    }
    lines
}

fn is_on(line: &LineStretch, glyph: &Glyph) -> bool {
    let off_line = (glyph.origin - line.from).cross(line.direction).abs();
    line.direction.dot(glyph.direction) > 0.9 && off_line <= OFF_LINE_EM * glyph.size.max(line.size)
}

/// Place of the text that shows as this picture.
fn beneath(area: Rect, text: &str) -> Option<LineStretch> {
    let letter = area.width() / text.chars().count().max(1) as f64;
    let size = (letter / LETTER_EM).min(area.height());
    let is_place = size > 0.0 && area.is_finite();
    is_place.then_some(LineStretch {
        from: Point::new(area.x0, area.y1),
        direction: Vec2::new(1.0, 0.0),
        length: area.width(),
        size,
    })
}

/// The text cut between words into as many parts as there are lines, in proportion to their lengths. A word stands
/// where it begins.
fn parts<'a>(text: &'a str, lines: &'a [LineStretch]) -> impl Iterator<Item = (&'a str, &'a LineStretch)> {
    let whole: f64 = lines.iter().map(|line| line.length).sum();
    let mut rest = text;
    let (mut before, mut cut) = (0.0, 0);
    lines.iter().enumerate().map(move |(index, line)| {
        before += line.length;
        let end = if index + 1 == lines.len() { text.len() } else { word_start(text, before / whole.max(1e-9)) };
        let end = end.max(cut);
        let (part, left) = rest.split_at(end - cut);
        (rest, cut) = (left, end);
        (part, line)
    })
}

/// The first byte, at or after this share of the text, at which a word begins.
fn word_start(text: &str, share: f64) -> usize {
    let least = share * text.len() as f64;
    let mut after_space = false;
    for (at, c) in text.char_indices() {
        if after_space && !c.is_whitespace() && at as f64 >= least {
            return at;
        }
        after_space = c.is_whitespace();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use crate::samples::with_content;
    use crate::text::tests::read;

    /// A line of text that begins at the left edge.
    fn line(shown: &str) -> String {
        read(&with_content(&format!("BT /F1 12 Tf 72 700 Td {shown} ET")))
    }

    #[test]
    fn the_given_text_stands_for_what_is_drawn_in_each_encoding() {
        for given in
            ["(flower)", "<FEFF0066006C006F007700650072>", "<EFBBBF666C6F776572>", "<FFFE66006C006F00770065007200>"]
        {
            let shown = format!("(The ) Tj /Span <</ActualText {given}>> BDC (#####) Tj EMC ( grows) Tj");
            assert_eq!(line(&shown), "The flower grows\n", "{given}");
        }
        let accents = "/Span <</ActualText (caf\\351 \\204)>> BDC (####) Tj EMC";
        assert_eq!(line(accents), "café —\n");
    }

    #[test]
    fn a_part_of_a_word_is_replaced_within_it() {
        let shown = "(a) Tj /Span <</ActualText (ffl)>> BDC (#) Tj EMC (uent) Tj";
        assert_eq!(line(shown), "affluent\n");
    }

    #[test]
    fn a_given_text_may_stand_over_several_strings_and_hold_several_words() {
        let shown = "(It is ) Tj /P <</ActualText (a rather long name)>> BDC [(#)-900(#)] TJ (#) Tj EMC (.) Tj";
        assert_eq!(line(shown), "It is a rather long name.\n");
    }

    #[test]
    fn a_given_text_over_several_lines_is_shared_among_them() {
        let shown = "14 TL /Span <</ActualText (one two three four five six)>> BDC (### ### #####) Tj T* (#### ####) Tj T* \
                     (###) Tj EMC T* (seven) Tj";
        assert_eq!(line(shown), "one two three\nfour five\nsix\nseven\n");
    }

    #[test]
    fn the_outermost_given_text_counts_and_marks_without_one_do_not() {
        let shown = "/Span <</ActualText (outer)>> BDC (a) Tj /Span <</ActualText (inner)>> BDC (b) Tj EMC /P BMC (c) Tj \
                     EMC (d) Tj EMC /P <</MCID 0>> BDC ( plain) Tj EMC";
        assert_eq!(line(shown), "outer plain\n");
    }

    #[test]
    fn an_empty_given_text_says_nothing_and_one_without_characters_is_none() {
        assert_eq!(line("(a) Tj /Span <</ActualText ()>> BDC (xyz) Tj EMC 30 0 Td (b) Tj"), "a b\n");
        assert_eq!(line("/Span <</ActualText <FEFF>>> BDC (xyz) Tj EMC 0 -20 Td (b) Tj"), "b\n");
        assert_eq!(line("/Span <</ActualText <FEFFFFFD>>> BDC (xyz) Tj EMC"), "xyz\n");
        assert_eq!(line("/Span <</ActualText <FEFF0000>>> BDC (xyz) Tj EMC"), "xyz\n");
    }

    #[test]
    fn a_blank_given_for_a_glyph_parts_two_words() {
        assert_eq!(line("(one) Tj /Span <</ActualText ( )>> BDC (#) Tj EMC (two) Tj"), "one two\n");
    }

    #[test]
    fn a_soft_hyphen_given_at_the_end_of_a_line_joins_the_word() {
        let shown = "14 TL (a syl) Tj /Span <</ActualText <FEFF00AD>>> BDC (-) Tj EMC T* (lable and more) Tj";
        assert_eq!(line(shown), "a syllable\nand more\n");
    }

    #[test]
    fn hebrew_given_for_a_picture_of_it_is_read_in_its_order() {
        let shown = "/Span <</ActualText <FEFF05E905DC05D505DD0020>>> BDC (#####) Tj EMC";
        assert_eq!(line(shown), "שלום\n");
    }

    #[test]
    fn a_span_that_does_not_end_gives_no_text() {
        let shown = "/Span <</ActualText (swallowed)>> BDC (all of this) Tj 0 -20 Td (stays as it is) Tj";
        assert_eq!(line(shown), "all of this\nstays as it is\n");
        // Ends without a beginning do no harm either.
        assert_eq!(line("EMC EMC /Span <</ActualText (yes)>> BDC (no) Tj EMC EMC"), "yes\n");
    }

    #[test]
    fn text_given_for_shapes_stands_where_they_are() {
        let content = "BT /F1 12 Tf 72 700 Td (by) Tj ET /Span <</ActualText (Acme)>> BDC 90 698 30 10 re f EMC";
        assert_eq!(read(&with_content(content)), "by Acme\n");
    }

    #[test]
    fn a_given_text_may_stand_in_the_resources() {
        use lopdf::{Document, Object, dictionary};
        let bytes = with_content("BT /F1 12 Tf 72 700 Td /Span /MC0 BDC (###) Tj EMC ( ends) Tj ET");
        let mut document = Document::load_mem(&bytes).unwrap_or_default();
        let list = document.add_object(dictionary! { "ActualText" => Object::string_literal("It") });
        for object in document.objects.values_mut() {
            if let Ok(dict) = object.as_dict_mut()
                && let Ok(resources) = dict.get_mut(b"Resources").and_then(Object::as_dict_mut)
            {
                resources.set("Properties", dictionary! { "MC0" => list });
            }
        }
        assert_eq!(read(&crate::samples::saved(document)), "It ends\n");
    }
}
