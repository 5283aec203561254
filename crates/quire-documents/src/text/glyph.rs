//! One shown glyph, as the layout sees it.

use kurbo::{Point, Vec2};

/// Text of a glyph.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum GlyphText {
    Char(char),
    /// A ligature, or anything else that stands for several characters.
    Several(Box<str>),
    /// The document does not tell.
    Unmapped,
}

impl GlyphText {
    #[inline]
    pub(super) fn is_space(&self) -> bool {
        match self {
            Self::Char(c) => c.is_whitespace(),
            // An accent that was joined to its letter is empty, but no gap.
            Self::Several(text) => !text.is_empty() && text.chars().all(char::is_whitespace),
            Self::Unmapped => false,
        }
    }

    #[inline]
    pub(super) fn first(&self) -> char {
        match self {
            Self::Char(c) => *c,
            Self::Several(text) => text.chars().next().unwrap_or(' '),
            Self::Unmapped => char::REPLACEMENT_CHARACTER,
        }
    }

    pub(super) fn last(&self) -> char {
        match self {
            Self::Several(text) => text.chars().next_back().unwrap_or(' '),
            _ => self.first(),
        }
    }

    pub(super) fn push_to(&self, out: &mut String) {
        match self {
            Self::Char(c) => out.push(*c),
            Self::Several(text) => out.push_str(text),
            Self::Unmapped => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// Coordinates are points of the page as it is shown, origin top left, y down.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub text: GlyphText,
    /// On the baseline.
    pub origin: Point,
    /// Place at which the next glyph of the same word would start.
    pub end: Point,
    /// Unit vector from `origin` to `end`.
    pub direction: Vec2,
    /// Height of the font's em square.
    pub size: f64,
    /// Shown as its mirror image, running to the left: so are right-to-left scripts in some layers of OCR, in the
    /// order in which they are read.
    pub mirrored: bool,
}

impl Glyph {
    /// The same glyph as one that does not run backwards.
    pub(super) fn turned(&self) -> Self {
        Self { origin: self.end, end: self.origin, direction: -self.direction, mirrored: false, ..self.clone() }
    }

    pub(super) fn advance(&self) -> f64 {
        (self.end - self.origin).dot(self.direction)
    }
}
