//! *Silence*: what is drawn within an appearance that is out of date, and is not read.

use kurbo::Rect;

/// An appearance is known by its area, which the engine clips to: rounding makes it this much another one.
const TOLERANCE_PT: f64 = 0.5;

/// Depth of the clips, and since when nothing is read.
#[derive(Default)]
pub(super) struct ClipSilence {
    stale: Vec<Rect>,
    depth: usize,
    since: Option<usize>,
}

impl ClipSilence {
    /// `stale`: the areas of appearances that are out of date, as shown.
    pub(super) fn over(stale: Vec<Rect>) -> Self {
        Self { stale, depth: 0, since: None }
    }

    pub(super) fn reigns(&self) -> bool {
        self.since.is_some()
    }

    /// The outermost clip of an annotation is that of its appearance.
    pub(super) fn push(&mut self, area: impl FnOnce() -> Rect) {
        if self.depth == 0 && !self.stale.is_empty() {
            let area = area();
            let is_same = |stale: &Rect| {
                let sides = [stale.x0 - area.x0, stale.y0 - area.y0, stale.x1 - area.x1, stale.y1 - area.y1];
                sides.iter().all(|apart| apart.abs() < TOLERANCE_PT)
            };
            self.since = self.stale.iter().any(is_same).then_some(0);
        }
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.since = self.since.filter(|since| self.depth > *since);
    }
}
