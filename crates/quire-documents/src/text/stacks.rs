//! *Stack*: ideograms placed one below the other, each by itself, as some programs set vertical lines. A page does not
//! say that its lines run down; the places do.

use std::ops::Range;

use kurbo::Vec2;

use super::glyph::Glyph;
use super::unicode::is_ideographic;

/// Fewer ideograms in a row are no stack on a page without a longer one.
const MIN_IDEOGRAMS: usize = 3;
/// Steps down within a stack, in parts of the size; lines of horizontal text are further apart.
const MIN_STEP_EM: f64 = 0.7;
const MAX_STEP_EM: f64 = 1.5;
/// Greatest distance of a glyph from the middle of its stack, in parts of the size; punctuation stands in a corner.
const OFF_MIDDLE_EM: f64 = 0.35;
const PUNCTUATION_OFF_EM: f64 = 0.7;
/// Two glyphs with a smaller gap, in parts of the size, stand side by side.
const BESIDE_EM: f64 = 0.5;
/// Height of a glyph's box above the baseline, in parts of the size.
const ASCENT_EM: f64 = 0.88;

/// Turns the glyphs of stacks so that their lines run down.
pub(super) fn turn(glyphs: &mut [Glyph]) {
    // Most pages have no ideogram, and need not be searched for stacks.
    if !glyphs.iter().any(|g| is_ideographic(g.text.first())) {
        return;
    }
    let stacks = stacks(glyphs);
    if !stacks.iter().any(|stack| is_sure(&glyphs[stack.clone()])) {
        return;
    }
    // Next to whole stacks the rests of broken ones are vertical as well.
    let turned: Vec<_> = stacks.into_iter().filter(|stack| stands_alone(glyphs, stack)).collect();
    for stack in turned {
        turn_stack(&mut glyphs[stack]);
    }
}

fn is_sure(stack: &[Glyph]) -> bool {
    let ideograms = stack.iter().filter(|g| is_ideographic(g.text.first())).count();
    ideograms >= MIN_IDEOGRAMS && ideograms * 2 >= stack.len()
}

/// Runs of glyphs of which each stands below the one before, with at least one ideogram.
fn stacks(glyphs: &[Glyph]) -> Vec<Range<usize>> {
    let mut stacks = Vec::new();
    let mut start = 0;
    for i in 1..=glyphs.len() {
        if glyphs.get(i).is_some_and(|next| stands_below(&glyphs[i - 1], next)) {
            continue;
        }
        if glyphs[start..i].iter().any(|g| is_ideographic(g.text.first())) {
            stacks.push(start..i);
        }
        start = i;
    }
    stacks
}

fn stands_below(last: &Glyph, next: &Glyph) -> bool {
    // Only texts of ideograms pay for the rest.
    if !is_ideographic(last.text.first()) && !is_ideographic(next.text.first()) && !last.text.first().is_alphanumeric()
    {
        return false;
    }
    let size = last.size.max(next.size);
    let step = (next.origin - last.origin).dot(down(last));
    let side = (next.origin - last.origin).dot(last.direction);
    let middle = side + (next.advance() - last.advance()) / 2.0;
    let corner = [last, next].iter().any(|g| is_punctuation(g.text.first()));
    let off = if corner { PUNCTUATION_OFF_EM } else { OFF_MIDDLE_EM };
    last.direction.dot(next.direction) > 0.9
        && (MIN_STEP_EM * size..=MAX_STEP_EM * size).contains(&step)
        && side.abs().min(middle.abs()) <= off * size
}

fn is_punctuation(c: char) -> bool {
    is_ideographic(c) && !c.is_alphanumeric()
}

fn down(glyph: &Glyph) -> Vec2 {
    Vec2::new(-glyph.direction.y, glyph.direction.x)
}

/// Whether the glyphs around it in the page's stream belong to other lines than the stack's first and last one.
fn stands_alone(glyphs: &[Glyph], stack: &Range<usize>) -> bool {
    let beside = |last: &Glyph, next: &Glyph| {
        let size = last.size.max(next.size);
        let step = next.origin - last.end;
        step.cross(next.direction).abs() < 0.4 * size && step.dot(next.direction).abs() < BESIDE_EM * size
    };
    let before = stack.start.checked_sub(1).is_some_and(|i| beside(&glyphs[i], &glyphs[stack.start]));
    let after = glyphs.get(stack.end).is_some_and(|next| beside(&glyphs[stack.end - 1], next));
    !before && !after
}

/// Every glyph begins at its upper edge, in the middle of the stack, and ends where the next one may begin.
fn turn_stack(stack: &mut [Glyph]) {
    let Some(first) = stack.iter().find(|g| g.text.first().is_alphanumeric()).or(stack.first()) else {
        return;
    };
    let (direction, down) = (first.direction, down(first));
    let middle = first.origin.to_vec2().dot(direction) + first.advance() / 2.0;
    for glyph in stack {
        let aside = middle - glyph.origin.to_vec2().dot(direction);
        glyph.origin += direction * aside - down * (ASCENT_EM * glyph.size);
        glyph.end = glyph.origin + down * glyph.size;
        glyph.direction = down;
    }
}
