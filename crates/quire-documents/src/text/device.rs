//! The page's drawing instructions as the engine yields them → glyphs and what else is on the page.

use hayro_cmap::{BfString, WritingMode};
use hayro_interpret::font::{Glyph as EngineGlyph, GlyphRun};
use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask};
use kurbo::{Affine, BezPath, Point, Rect, Shape, Vec2};

use super::actual_text::OpenSpans;
use super::blanks::BlankGlyphs;
use super::code_map::NOTHING;
use super::duplicates::DuplicateGlyphs;
use super::fallback::{GlyphFallback, GlyphMatch};
use super::fields::FieldValues;
use super::glyph::{Glyph, GlyphText};
use super::silence::ClipSilence;

/// Units of a glyph's em square, by which the engine scales all fonts.
const EM: f64 = 1000.0;
/// Advance of a glyph whose font names none, in em units.
const DEFAULT_ADVANCE: f32 = 500.0;
/// No glyph stands for more characters; tables of codes may say otherwise.
const MAX_GLYPH_CHARS: usize = 256;
/// Coordinates beyond this many points are no place on any page.
const FARTHEST_PT: f64 = 1e6;

/// Everything seen on one page.
#[derive(Default)]
pub(super) struct PageGlyphs {
    pub glyphs: Vec<Glyph>,
    /// Glyphs dropped because they lie outside the page as it is shown.
    pub outside: usize,
    /// Glyphs whose character is no more than a guess.
    pub guessed: u64,
    /// Something on the page could not be read.
    pub incomplete: bool,
    pub images: u32,
    /// Area under images in square points; overlaps count twice.
    pub image_area: f64,
    /// Filled or stroked paths, a hint at text drawn as outlines.
    pub paths: u32,
}

/// Collects; draws nothing.
pub(super) struct GlyphCollector<'f, 'p> {
    pub seen: PageGlyphs,
    page: Rect,
    keep_outside: bool,
    duplicates: DuplicateGlyphs,
    blanks: BlankGlyphs,
    spans: OpenSpans,
    silence: ClipSilence,
    fallback: &'f mut GlyphFallback<'p>,
}

/// Text of a glyph, and its text if it is no blank after all.
struct GlyphReading(GlyphText, Option<GlyphText>);

impl<'f, 'p> GlyphCollector<'f, 'p> {
    /// `page` is the shown area; glyphs outside of it are counted but not kept unless `keep_outside`.
    pub(super) fn new(page: Rect, keep_outside: bool, fallback: &'f mut GlyphFallback<'p>) -> Self {
        Self {
            seen: PageGlyphs::default(),
            // Glyphs that straddle the edge, and rounding, stay in.
            page: page.inflate(2.0, 2.0),
            keep_outside,
            duplicates: DuplicateGlyphs::default(),
            blanks: BlankGlyphs::default(),
            spans: OpenSpans::default(),
            silence: ClipSilence::default(),
            fallback,
        }
    }

    /// Annotations come next: what the appearances of these fields draw is not read, their values are.
    pub(super) fn begin_annotations(&mut self, fields: FieldValues) {
        self.end_content();
        for glyph in fields.glyphs {
            self.add(glyph, None);
        }
        self.silence = ClipSilence::over(fields.stale);
    }

    /// A content has ended; whatever comes next begins another one.
    fn end_content(&mut self) {
        for glyph in self.spans.abandon() {
            self.add(glyph, None);
        }
    }

    pub(super) fn finish(mut self) -> PageGlyphs {
        self.end_content();
        self.seen.guessed += self.blanks.settle(&mut self.seen.glyphs);
        self.seen
    }

    fn add(&mut self, glyph: Glyph, unless_blank: Option<GlyphText>) {
        if !self.keep_outside && !self.page.contains(glyph.origin) {
            self.seen.outside += 1;
        } else if !self.duplicates.is_repeated(&glyph, &self.seen.glyphs) {
            if let Some(text) = unless_blank {
                self.blanks.note(self.seen.glyphs.len(), text);
            }
            self.seen.glyphs.push(glyph);
        }
    }

    /// A glyph by its place; it has no text yet.
    #[inline]
    fn place(&self, glyph: &EngineGlyph<'_>, transform: Affine, vertical: bool) -> Option<Glyph> {
        let origin = transform * Point::ZERO;
        let across = transform * Point::new(EM, 0.0) - origin;
        let up = transform * Point::new(0.0, EM) - origin;
        let advance = match glyph {
            EngineGlyph::Outline(outline) => outline.advance_width(),
            EngineGlyph::Type3(type3) => type3.advance_width(),
        };
        let advance = f64::from(advance.unwrap_or(DEFAULT_ADVANCE)) / EM;
        let size = up.hypot();
        let usable = |v: f64| v.is_finite() && v.abs() < FARTHEST_PT;
        if !usable(origin.x) || !usable(origin.y) || !usable(size) || !usable(advance) {
            return None;
        }
        let (direction, end) = if vertical {
            (unit(-up, Vec2::new(0.0, 1.0)), origin - up)
        } else {
            (unit(across, Vec2::new(1.0, 0.0)), origin + across * advance.max(0.0))
        };
        // Type 3 fonts may turn their letters as they like.
        let mirrored = !vertical && matches!(glyph, EngineGlyph::Outline(_)) && across.cross(up) > 0.0;
        Some(Glyph { text: GlyphText::Unmapped, origin, end, direction, size: size.max(1e-3), mirrored })
    }

    fn text_of<'a>(&mut self, glyph: &EngineGlyph<'a>, ink: Option<&Paint<'a>>) -> GlyphReading {
        let known = match glyph.as_unicode() {
            Some(BfString::Char(NOTHING)) => GlyphText::Several(Box::default()),
            Some(BfString::Char(c)) if usable_char(c) => GlyphText::Char(c),
            Some(BfString::String(text)) if text.chars().any(usable_char) => {
                GlyphText::Several(text.chars().filter(|c| usable_char(*c)).take(MAX_GLYPH_CHARS).collect())
            }
            _ => return self.text_without_unicode(glyph, ink),
        };
        GlyphReading(known, None)
    }

    fn text_without_unicode<'a>(&mut self, glyph: &EngineGlyph<'a>, ink: Option<&Paint<'a>>) -> GlyphReading {
        let text = match self.fallback.text_of(glyph) {
            GlyphMatch::Known(c) => return GlyphReading(GlyphText::Char(c), None),
            GlyphMatch::Guessed(c) => GlyphText::Char(c),
            GlyphMatch::Unknown => GlyphText::Unmapped,
        };
        if ink.is_some_and(|ink| !self.fallback.has_ink(glyph, ink)) {
            return GlyphReading(GlyphText::Char(' '), Some(text));
        }
        self.seen.guessed += u64::from(text != GlyphText::Unmapped);
        GlyphReading(text, None)
    }
}

/// Whether a character is text: control characters and the private "no character" values are not.
pub(super) fn usable_char(c: char) -> bool {
    c == ' ' || c == '\t' || !(c.is_control() || matches!(c, '\u{fffd}' | '\u{fffe}' | '\u{ffff}'))
}

fn unit(vector: Vec2, otherwise: Vec2) -> Vec2 {
    let length = vector.hypot();
    if length < 1e-9 { otherwise } else { vector / length }
}

impl<'a> Device<'a> for GlyphCollector<'_, '_> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        self.spans.draw(|| props.transform.transform_rect_bbox(path.bounding_box()));
        self.seen.paths = self.seen.paths.saturating_add(1);
    }

    fn draw_rect(&mut self, rect: &Rect, props: DrawProps<'a>, _: &DrawMode) {
        self.spans.draw(|| props.transform.transform_rect_bbox(*rect));
        self.seen.paths = self.seen.paths.saturating_add(1);
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.silence.push(|| clip.path.bounding_box());
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        self.silence.push(|| *rect);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        if self.silence.reigns() {
            return;
        }
        let vertical = matches!(run.writing_mode(), WritingMode::Vertical);
        // Nothing of an invisible text draws.
        let ink = (!matches!(mode, DrawMode::Invisible)).then_some(&props.paint);
        for shown in run.glyphs() {
            let Some(mut glyph) = self.place(shown, props.transform * shown.transform(), vertical) else {
                continue;
            };
            let GlyphReading(text, unless_blank) = self.text_of(shown, ink);
            glyph.text = if unless_blank.is_some() { BlankGlyphs::text_of(&glyph) } else { text };
            if self.spans.is_open() {
                self.spans.hold(glyph);
            } else {
                self.add(glyph, unless_blank);
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let area = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let shown = (props.transform * area.to_path(0.1)).bounding_box();
        self.spans.draw(|| shown);
        let shown = shown.intersect(self.page);
        self.seen.images = self.seen.images.saturating_add(1);
        if shown.width() > 0.0 && shown.height() > 0.0 {
            self.seen.image_area += shown.area();
        }
    }

    fn pop_clip(&mut self) {
        self.silence.pop();
    }

    fn pop_transparency_group(&mut self) {}

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        self.spans.begin(properties);
    }

    fn end_marked_content(&mut self) {
        if let Some(span) = self.spans.end() {
            for glyph in span.spoken() {
                self.add(glyph, None);
            }
        }
    }
}
