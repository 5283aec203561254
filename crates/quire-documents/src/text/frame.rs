//! Page coordinates turned so that the page's text runs along `u` and its lines follow each other along
//! `v`, whatever way the page is written.

use kurbo::{Rect, Vec2};

use super::fragments::TextFragment;

/// Extent of something in the frame of the page's text, in points.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameExtent {
    pub u0: f64,
    pub u1: f64,
    /// Of the baseline.
    pub v: f64,
    pub size: f64,
}

impl FrameExtent {
    /// Both, on the first one's base line.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self { u0: self.u0.min(other.u0), u1: self.u1.max(other.u1), ..*self }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.u0 < other.u1 && other.u0 < self.u1
    }

    /// Whether both stand on one baseline, give or take a superscript.
    pub(super) fn same_line(&self, other: &Self) -> bool {
        (self.v - other.v).abs() < 0.4 * self.size.max(other.size)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageFrame {
    along: Vec2,
    down: Vec2,
}

impl PageFrame {
    /// The direction, of the four, in which most of the page's text runs.
    pub(super) fn of(fragments: &[TextFragment]) -> Self {
        let mut votes = [0usize; 4];
        let axes = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)].map(|(x, y)| Vec2::new(x, y));
        for fragment in fragments {
            if let Some(i) = axes.iter().position(|a| a.dot(fragment.direction) > 0.9) {
                votes[i] += fragment.chars();
            }
        }
        let best = (0..4).rev().max_by_key(|i| votes[*i]).unwrap_or(0);
        Self::along(axes[best])
    }

    fn along(along: Vec2) -> Self {
        Self { along, down: Vec2::new(-along.y, along.x) }
    }

    pub(super) fn holds(&self, fragment: &TextFragment) -> bool {
        self.along.dot(fragment.direction) > 0.9
    }

    pub(super) fn extent(&self, fragment: &TextFragment) -> FrameExtent {
        let (u0, u1) = self.span(fragment.bbox);
        FrameExtent { u0, u1, v: fragment.base.to_vec2().dot(self.down), size: fragment.size }
    }

    /// The extent of a fragment written in a direction of its own, in that direction's frame.
    pub(super) fn own_extent(fragment: &TextFragment) -> FrameExtent {
        Self::along(fragment.direction).extent(fragment)
    }

    fn span(&self, bbox: Rect) -> (f64, f64) {
        let corners = [(bbox.x0, bbox.y0), (bbox.x1, bbox.y0), (bbox.x0, bbox.y1), (bbox.x1, bbox.y1)];
        let positions = corners.map(|(x, y)| Vec2::new(x, y).dot(self.along));
        positions.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(*p), high.max(*p)))
    }
}
