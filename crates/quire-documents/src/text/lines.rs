//! Fragments in reading order → lines → blocks (paragraphs, headings, cells).

use kurbo::Rect;

use super::fragments::{TextFragment, TextWord};
use super::frame::{FrameExtent, PageFrame};
use super::notes::PageNote;

/// A step down of this much more than the block's own starts another block.
const LEADING_SLACK: f64 = 1.35;
/// The largest step down within a block, in parts of the size.
const MAX_LEADING_EM: f64 = 2.2;
/// Sizes further apart than this factor do not share a block.
const SIZE_STEP: f64 = 1.18;

#[derive(Debug, Clone)]
pub(crate) struct TextLine {
    pub words: Vec<TextWord>,
    pub bbox: Rect,
    extent: FrameExtent,
}

impl From<PageNote> for TextBlock {
    /// All lines and words share the note's box: nobody has laid them out.
    fn from(note: PageNote) -> Self {
        let word = |text: &str| TextWord { text: text.to_owned(), bbox: note.bbox };
        let line = |text: &str| TextLine {
            words: text.split_whitespace().map(word).collect(),
            bbox: note.bbox,
            extent: FrameExtent { u0: note.bbox.x0, u1: note.bbox.x1, v: note.bbox.y1, size: note.bbox.height() },
        };
        let lines = note.text.lines().map(line).filter(|line| !line.words.is_empty()).collect();
        Self { lines, bbox: note.bbox }
    }
}

impl TextLine {
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.words {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        text
    }
}

#[derive(Debug, Clone)]
pub(crate) struct TextBlock {
    pub lines: Vec<TextLine>,
    pub bbox: Rect,
}

impl TextBlock {
    /// A label, a tick of a scale, a part of a formula: one short line.
    pub(crate) fn is_scrap(&self) -> bool {
        self.lines.len() == 1 && self.lines.iter().all(|line| line.words.len() < 3)
    }
}

/// Joins the fragments of one line that follow each other.
pub(super) fn lines(fragments: Vec<TextFragment>, frame: &PageFrame) -> Vec<TextLine> {
    let mut lines: Vec<(TextLine, TextFragment)> = Vec::with_capacity(fragments.len());
    for mut fragment in fragments {
        let extent = extent(&fragment, frame);
        match lines.last_mut() {
            Some((line, last)) if continues(last, &line.extent, &fragment, &extent) => {
                extend(line, last, fragment, &extent);
            }
            _ => lines.push((line(&mut fragment, extent), fragment)),
        }
    }
    lines.into_iter().map(|(line, _)| line).collect()
}

fn extent(fragment: &TextFragment, frame: &PageFrame) -> FrameExtent {
    if frame.holds(fragment) { frame.extent(fragment) } else { PageFrame::own_extent(fragment) }
}

fn line(fragment: &mut TextFragment, extent: FrameExtent) -> TextLine {
    TextLine { words: std::mem::take(&mut fragment.words), bbox: fragment.bbox, extent }
}

fn continues(last: &TextFragment, line: &FrameExtent, next: &TextFragment, extent: &FrameExtent) -> bool {
    if last.direction.dot(next.direction) < 0.9 || !line.same_line(extent) {
        return false;
    }
    let slack = 0.3 * line.size;
    if last.rtl || next.rtl {
        extent.u1 <= line.u0 + slack || extent.u0 >= line.u1 - slack
    } else {
        extent.u0 >= line.u1 - slack
    }
}

fn extend(line: &mut TextLine, last: &mut TextFragment, mut next: TextFragment, extent: &FrameExtent) {
    let gap = (extent.u0 - line.extent.u1).max(line.extent.u0 - extent.u1);
    let mut words = std::mem::take(&mut next.words);
    if gap < 0.15 * line.extent.size && !next.spaced && !words.is_empty() && !next.rtl {
        let first = words.remove(0);
        if let Some(word) = line.words.last_mut() {
            word.text.push_str(&first.text);
            word.bbox = word.bbox.union(first.bbox);
        }
    }
    line.words.append(&mut words);
    line.bbox = line.bbox.union(next.bbox);
    line.extent = line.extent.with(extent);
    *last = next;
}

/// Groups lines that follow each other downwards at an even distance.
pub(super) fn blocks(lines: Vec<TextLine>) -> Vec<TextBlock> {
    let mut blocks: Vec<TextBlock> = Vec::new();
    let mut leading: Option<f64> = None;
    for line in lines {
        let step = blocks
            .last()
            .and_then(|block| block.lines.last())
            .and_then(|last| step_within_block(&last.extent, &line.extent, leading));
        match (step, blocks.last_mut()) {
            (Some(step), Some(block)) => {
                leading = Some(leading.map_or(step, |l| l.min(step)));
                block.bbox = block.bbox.union(line.bbox);
                block.lines.push(line);
            }
            _ => {
                leading = None;
                blocks.push(TextBlock { bbox: line.bbox, lines: vec![line] });
            }
        }
    }
    blocks
}

/// The step down from one line to the next of the same block; `None` when another block starts.
fn step_within_block(last: &FrameExtent, next: &FrameExtent, leading: Option<f64>) -> Option<f64> {
    let step = next.v - last.v;
    let size = last.size.max(next.size);
    let smaller = last.size.min(next.size);
    let limit = leading.map_or(MAX_LEADING_EM * size, |l| (LEADING_SLACK * l).max(0.9 * size));
    let fits = step > 0.0 && step <= limit && last.overlaps(next) && size <= SIZE_STEP * smaller;
    fits.then_some(step)
}
