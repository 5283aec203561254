//! One page from the engine to its finished text.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, InterpreterWarning, RenderContent, interpret, interpret_page,
};
use hayro_syntax::Pdf;
use hayro_syntax::content::TypedIter;
use hayro_syntax::object::dict::keys::CONTENTS;
use hayro_syntax::object::{Array, Stream};
use hayro_syntax::page::{Page, Rotation};
use kurbo::{Affine, Rect};

use super::device::{GlyphCollector, PageGlyphs};
use super::fallback::GlyphFallback;
use super::glyph::GlyphText;
use super::hyphens::Vocabulary;
use super::lines::TextBlock;
use super::notes::{self, PageNote};
use super::{fields, layout, ocr};
use crate::guard::shielded;
use crate::unpacking::exceeds;
use quire_domain::operation::TextOptions;

/// Everything `pages.json` says of one page.
#[derive(Debug, Default)]
pub(crate) struct PageText {
    pub label: Option<String>,
    pub width_pt: f64,
    pub height_pt: f64,
    /// Degrees clockwise, already applied to all coordinates.
    pub rotation: u16,
    pub text: String,
    /// Characters other than white space.
    pub char_count: u64,
    /// Glyphs of which nobody knows the character; each stands as U+FFFD in the text.
    pub unmapped_chars: u64,
    pub image_count: u32,
    /// Part of the page under images, 0 to 1.
    pub image_coverage: f64,
    pub has_text_layer: bool,
    /// Empty when the page needs no OCR.
    pub needs_ocr_reasons: Vec<&'static str>,
    pub duration_ms: f64,
    pub error: Option<String>,
    /// The error is that the content unpacks to more than is allowed.
    pub over_limit: bool,
    /// A part of the page's content or one of its fonts is unreadable: text may be missing.
    pub incomplete: bool,
    pub blocks: Vec<TextBlock>,
}

#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("the page's content unpacks to more than {0} bytes")]
    OverLimit(u64),
    #[error("the page's content cannot be unpacked")]
    Packing,
}

/// Reads the pages of one document one after the other.
pub(super) struct PageReader<'p> {
    pdf: &'p Pdf,
    options: TextOptions,
    max_stream_bytes: u64,
    settings: InterpreterSettings,
    unreadable_fonts: Arc<AtomicU32>,
    cache: InterpreterCache<'p>,
    fallback: GlyphFallback<'p>,
    vocabulary: Vocabulary,
    /// Whether the appearances of the form's fields are out of date.
    stale_fields: bool,
}

impl<'p> PageReader<'p> {
    pub(super) fn new(pdf: &'p Pdf, options: TextOptions, max_stream_bytes: u64) -> Self {
        let unreadable_fonts = Arc::new(AtomicU32::new(0));
        let counter = unreadable_fonts.clone();
        let settings = InterpreterSettings {
            warning_sink: Arc::new(move |warning| {
                if matches!(warning, InterpreterWarning::UnsupportedFont) {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            }),
            ..InterpreterSettings::default()
        };
        Self {
            settings,
            unreadable_fonts,
            pdf,
            options,
            max_stream_bytes,
            cache: InterpreterCache::new(),
            fallback: GlyphFallback::new(pdf),
            vocabulary: Vocabulary::default(),
            stale_fields: shielded(|| fields::are_stale(pdf)).unwrap_or(false),
        }
    }

    /// `index` counts from 0. A page that cannot be read says so in its `error`.
    pub(super) fn read(&mut self, index: usize) -> PageText {
        let started = Instant::now();
        let mut page = match shielded(|| self.attempt(index)) {
            Ok(page) => page,
            Err(panic) => {
                // A panic poisons the engine's caches: later pages start with fresh ones.
                self.cache = InterpreterCache::new();
                PageText { error: Some(panic), ..PageText::default() }
            }
        };
        page.duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        page
    }

    fn attempt(&mut self, index: usize) -> PageText {
        let Some(page) = self.pdf.pages().get(index) else {
            return PageText { error: Some("the page is missing".to_owned()), ..PageText::default() };
        };
        let (width, height) = page.render_dimensions();
        let mut text = PageText {
            width_pt: f64::from(width),
            height_pt: f64::from(height),
            rotation: degrees(page.rotation()),
            ..PageText::default()
        };
        match self.see(page, false) {
            Ok(seen) => {
                let transform = Affine::new(page.initial_transform(true).as_coeffs());
                self.lay_out(seen, notes::undrawn(page, transform), &mut text);
            }
            Err(unreadable) => {
                text.over_limit = matches!(unreadable, Unreadable::OverLimit(_));
                text.error = Some(unreadable.to_string());
            }
        }
        text
    }

    /// Lets the engine show the page to a collector.
    fn see(&mut self, page: &Page<'p>, keep_outside: bool) -> Result<PageGlyphs, Unreadable> {
        let (width, height) = page.render_dimensions();
        let shown = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let transform = Affine::new(page.initial_transform(true).as_coeffs());
        let (content, broken) = self.content(page)?;
        self.unreadable_fonts.store(0, Ordering::Relaxed);
        let mut collector = GlyphCollector::new(shown, keep_outside, &mut self.fallback);
        let context = |content| {
            // Nothing may be culled: text outside of the page is counted.
            let everywhere = Rect::new(-1e5, -1e5, 1e5, 1e5);
            let settings = InterpreterSettings { render_content: content, ..self.settings.clone() };
            Context::new(transform, everywhere, &self.cache, self.pdf.xref(), settings)
        };
        interpret(TypedIter::new(&content), page.resources(), &mut context(RenderContent::PAGE), &mut collector);
        collector.begin_annotations(fields::of_page(page, transform, self.stale_fields));
        interpret_page(page, &mut context(RenderContent::ANNOTATIONS), &mut collector);
        let mut seen = collector.finish();
        seen.incomplete = broken || self.unreadable_fonts.load(Ordering::Relaxed) > 0;
        // A page with all of its text beyond its edges is odd, but not empty.
        if seen.glyphs.is_empty() && seen.outside > 0 && !keep_outside {
            return self.see(page, true);
        }
        Ok(seen)
    }

    /// The page's content, unpacked here because the engine would keep it as long as the document; and
    /// whether a part of it is missing.
    fn content(&self, page: &Page<'p>) -> Result<(Vec<u8>, bool), Unreadable> {
        let mut parts = Parts { left: self.max_stream_bytes, unpacked: Vec::new(), broken: false };
        let fits = if let Some(stream) = page.raw().get::<Stream<'_>>(CONTENTS) {
            parts.add(&stream)
        } else if let Some(streams) = page.raw().get::<Array<'_>>(CONTENTS) {
            streams.iter::<Stream<'_>>().all(|stream| parts.add(&stream))
        } else {
            true
        };
        if !fits {
            return Err(Unreadable::OverLimit(self.max_stream_bytes));
        }
        let broken = parts.broken;
        let content = parts.join();
        if broken && content.iter().all(|byte| *byte == b' ') {
            return Err(Unreadable::Packing);
        }
        Ok((content, broken))
    }

    fn lay_out(&mut self, mut seen: PageGlyphs, notes: Vec<PageNote>, page: &mut PageText) {
        page.unmapped_chars = count(&seen, |text| *text == GlyphText::Unmapped);
        page.incomplete = seen.incomplete;
        page.image_count = seen.images;
        page.image_coverage = (seen.image_area / (page.width_pt * page.height_pt).max(1.0)).clamp(0.0, 1.0);
        let mut blocks = layout::blocks(&mut seen.glyphs, self.options, &mut self.vocabulary);
        blocks.extend(notes.into_iter().map(TextBlock::from));
        page.text = layout::text_of(&blocks);
        page.char_count = page.text.chars().filter(|c| !c.is_whitespace()).count() as u64;
        page.has_text_layer = page.char_count > 0;
        page.needs_ocr_reasons = ocr::reasons(page, &seen);
        if self.options.boxes {
            page.blocks = blocks;
        }
    }
}

/// The streams of one page's content.
struct Parts<'a> {
    /// Bytes that may still come.
    left: u64,
    unpacked: Vec<Cow<'a, [u8]>>,
    broken: bool,
}

impl<'a> Parts<'a> {
    /// `false` when that was too much.
    fn add(&mut self, stream: &Stream<'a>) -> bool {
        if exceeds(&stream.filters(), &stream.raw_data(), self.left) {
            return false;
        }
        match unpacked(stream) {
            Some(data) => {
                let left = self.left.checked_sub(data.len() as u64 + 1);
                self.unpacked.push(data);
                self.left = left.unwrap_or(0);
                left.is_some()
            }
            None => {
                self.broken = true;
                true
            }
        }
    }

    /// One after the other, a space between two. A single part is not copied.
    fn join(mut self) -> Vec<u8> {
        match self.unpacked.len() {
            1 => self.unpacked.remove(0).into_owned(),
            _ => self.unpacked.join(&b' '),
        }
    }
}

/// `None` also when there is something to unpack, but nothing comes out: the engine takes that lightly.
fn unpacked<'a>(stream: &Stream<'a>) -> Option<Cow<'a, [u8]>> {
    /// Size of an empty stream in zlib's format.
    const EMPTY_ZLIB_BYTES: usize = 8;
    let data = stream.decoded_data().ok()?;
    let lost = data.is_empty() && stream.raw_data().len() > EMPTY_ZLIB_BYTES;
    (!lost).then_some(data)
}

fn count(seen: &PageGlyphs, wanted: impl Fn(&GlyphText) -> bool) -> u64 {
    seen.glyphs.iter().filter(|g| wanted(&g.text)).count() as u64
}

fn degrees(rotation: Rotation) -> u16 {
    match rotation {
        Rotation::None => 0,
        Rotation::Horizontal => 90,
        Rotation::Flipped => 180,
        Rotation::FlippedHorizontal => 270,
    }
}
