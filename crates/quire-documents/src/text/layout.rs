//! The whole way from a page's glyphs to its blocks, and from these to its text. Nothing of the engine in here.

use super::frame::PageFrame;
use super::glyph::Glyph;
use super::hyphens::{self, Vocabulary};
use super::lines::{self, TextBlock};
use super::unicode::is_rtl;
use super::{fragments, order, stacks};
use quire_domain::operation::TextOptions;

/// `glyphs` in the order of the page's stream; blocks in the order in which they are read.
pub(super) fn blocks(glyphs: &mut [Glyph], options: TextOptions, vocabulary: &mut Vocabulary) -> Vec<TextBlock> {
    settle_mirrored(glyphs);
    stacks::turn(glyphs);
    let fragments = fragments::cut(glyphs, options.expand_ligatures);
    let frame = PageFrame::of(&fragments);
    let fragments = order::arrange(fragments, &frame);
    let mut blocks = lines::blocks(lines::lines(fragments, &frame));
    if options.join_hyphens {
        vocabulary.learn(&blocks);
        hyphens::join(&mut blocks, vocabulary);
    }
    blocks
}

/// A page without a right-to-left script that is shown mirrored is read as it runs.
fn settle_mirrored(glyphs: &mut [Glyph]) {
    let mut mirrored = glyphs.iter().filter(|glyph| glyph.mirrored).peekable();
    if mirrored.peek().is_some() && !mirrored.any(|glyph| is_rtl(glyph.text.first())) {
        glyphs.iter_mut().for_each(|glyph| glyph.mirrored = false);
    }
}

/// Lines end in a line feed; an empty line separates blocks, but not the scraps of figures and formulas.
pub(super) fn text_of(blocks: &[TextBlock]) -> String {
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
