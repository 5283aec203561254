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

use super::device::{Collector, Seen};
use super::fallback::Fallback;
use super::frame::Frame;
use super::glyph::GlyphText;
use super::hyphens::{self, Vocabulary};
use super::lines::Block;
use super::notes::{self, Note};
use super::{fragments, lines, ocr, order};
use crate::documents::guard::shielded;
use crate::domain::operation::TextOptions;

/// Everything `pages.json` says of one page.
#[derive(Debug, Default)]
pub(in crate::documents) struct PageText {
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
    /// A part of the page's content or one of its fonts is unreadable: text may be missing.
    pub incomplete: bool,
    pub blocks: Vec<Block>,
}

/// Reads the pages of one document one after the other.
pub(super) struct Reader<'p> {
    pdf: &'p Pdf,
    options: TextOptions,
    max_stream_bytes: u64,
    settings: InterpreterSettings,
    unreadable_fonts: Arc<AtomicU32>,
    cache: InterpreterCache<'p>,
    fallback: Fallback<'p>,
    vocabulary: Vocabulary,
}

impl<'p> Reader<'p> {
    pub fn new(pdf: &'p Pdf, options: TextOptions, max_stream_bytes: u64) -> Self {
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
            fallback: Fallback::new(pdf),
            vocabulary: Vocabulary::default(),
        }
    }

    /// `index` counts from 0. A page that cannot be read says so in its `error`.
    pub fn read(&mut self, index: usize) -> PageText {
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
            Err(error) => text.error = Some(error),
        }
        text
    }

    /// Lets the engine show the page to a collector.
    fn see(&mut self, page: &Page<'p>, keep_outside: bool) -> Result<Seen, String> {
        let (width, height) = page.render_dimensions();
        let shown = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let transform = Affine::new(page.initial_transform(true).as_coeffs());
        let (content, broken) = self.content(page)?;
        self.fallback.guessed = 0;
        self.unreadable_fonts.store(0, Ordering::Relaxed);
        let mut collector = Collector::new(shown, keep_outside, &mut self.fallback);
        let context = |content| {
            // Nothing may be culled: text outside of the page is counted.
            let everywhere = Rect::new(-1e5, -1e5, 1e5, 1e5);
            let settings = InterpreterSettings { render_content: content, ..self.settings.clone() };
            Context::new(transform, everywhere, &self.cache, self.pdf.xref(), settings)
        };
        interpret(TypedIter::new(&content), page.resources(), &mut context(RenderContent::PAGE), &mut collector);
        interpret_page(page, &mut context(RenderContent::ANNOTATIONS), &mut collector);
        let mut seen = collector.seen;
        seen.guessed = self.fallback.guessed;
        seen.incomplete = broken || self.unreadable_fonts.load(Ordering::Relaxed) > 0;
        // A page with all of its text beyond its edges is odd, but not empty.
        if seen.glyphs.is_empty() && seen.outside > 0 && !keep_outside {
            return self.see(page, true);
        }
        Ok(seen)
    }

    /// The page's content, unpacked here because the engine would keep it as long as the document; and
    /// whether a part of it is missing.
    fn content(&self, page: &Page<'p>) -> Result<(Vec<u8>, bool), String> {
        let mut content = Vec::new();
        let mut broken = false;
        let mut add = |stream: Stream<'_>| {
            match unpacked(&stream) {
                Some(data) => content.extend_from_slice(&data),
                None => broken = true,
            }
            content.push(b' ');
            content.len() as u64 <= self.max_stream_bytes
        };
        let fits = if let Some(stream) = page.raw().get::<Stream<'_>>(CONTENTS) {
            add(stream)
        } else if let Some(parts) = page.raw().get::<Array<'_>>(CONTENTS) {
            parts.iter::<Stream<'_>>().all(&mut add)
        } else {
            true
        };
        if !fits {
            let limit = self.max_stream_bytes;
            return Err(format!("the page's content unpacks to more than {limit} bytes"));
        }
        if broken && content.iter().all(|byte| *byte == b' ') {
            return Err("the page's content cannot be unpacked".to_owned());
        }
        Ok((content, broken))
    }

    fn lay_out(&mut self, mut seen: Seen, notes: Vec<Note>, page: &mut PageText) {
        page.unmapped_chars = count(&seen, |text| *text == GlyphText::Unmapped);
        page.incomplete = seen.incomplete;
        page.image_count = seen.images;
        page.image_coverage = (seen.image_area / (page.width_pt * page.height_pt).max(1.0)).clamp(0.0, 1.0);
        let fragments = fragments::cut(&mut seen.glyphs, self.options.expand_ligatures);
        let frame = Frame::of(&fragments);
        let fragments = order::arrange(fragments, &frame);
        let mut blocks = lines::blocks(lines::lines(fragments, &frame));
        if self.options.join_hyphens {
            self.vocabulary.learn(&blocks);
            hyphens::join(&mut blocks, &self.vocabulary);
        }
        blocks.extend(notes.into_iter().map(Block::from));
        page.text = text_of(&blocks);
        page.char_count = page.text.chars().filter(|c| !c.is_whitespace()).count() as u64;
        page.has_text_layer = page.char_count > 0;
        page.needs_ocr_reasons = ocr::reasons(page, &seen);
        if self.options.boxes {
            page.blocks = blocks;
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

fn count(seen: &Seen, wanted: impl Fn(&GlyphText) -> bool) -> u64 {
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

/// Lines end in a line feed; an empty line separates blocks, but not the scraps of figures and formulas.
fn text_of(blocks: &[Block]) -> String {
    let mut text = String::new();
    let mut after_scrap = true;
    for block in blocks.iter().filter(|b| !b.lines.is_empty()) {
        let scrap = block.is_scrap();
        let apart = !scrap || !after_scrap;
        if apart && !text.is_empty() {
            text.push('\n');
        }
        after_scrap = scrap;
        for line in &block.lines {
            text.push_str(&line.text());
            text.push('\n');
        }
    }
    text
}
