//! Words broken by a hyphen at a line's end → whole words, moved up to the line where they begin.

use std::collections::HashSet;

use super::lines::TextBlock;

/// Words remembered to decide whether a hyphen belongs to the word; enough for a long book.
const MAX_WORDS: usize = 200_000;

/// Shorter halves are words by chance.
const MIN_COMPOUND_HALF: usize = 4;
const HYPHENS: [char; 3] = ['-', '\u{2010}', '\u{ad}'];

/// The words of the document read so far.
#[derive(Default)]
pub(super) struct Vocabulary {
    words: HashSet<Box<str>>,
}

impl Vocabulary {
    /// The two halves of a broken word are no words.
    pub(super) fn learn(&mut self, blocks: &[TextBlock]) {
        let mut broken = false;
        for line in blocks.iter().flat_map(|b| &b.lines) {
            let from = usize::from(broken);
            broken = line.words.last().is_some_and(|w| w.text.ends_with(HYPHENS));
            let to = line.words.len() - usize::from(broken && !line.words.is_empty());
            for word in line.words.get(from..to).unwrap_or_default() {
                self.learn_word(core(&word.text));
            }
        }
    }

    fn learn_word(&mut self, word: &str) {
        if self.words.len() < MAX_WORDS && !word.is_empty() && !self.words.contains(word) {
            self.words.insert(word.into());
        }
    }

    fn knows(&self, word: &str) -> bool {
        self.words.contains(word) || self.words.contains(word.to_lowercase().as_str())
    }

    /// Whether the hyphen between the halves belongs to the word.
    fn keeps_hyphen(&self, head: &str, tail: &str) -> bool {
        let (head, tail) = (core_start(head), core(tail));
        let joined = format!("{head}{tail}");
        let hyphenated = format!("{head}-{tail}");
        if self.knows(&joined) {
            return false;
        }
        if self.knows(&hyphenated) || head.contains('-') {
            return true;
        }
        // Neither was seen: between two words that also stand alone, the hyphen is more likely a compound's.
        let long = |half: &str| half.chars().count() >= MIN_COMPOUND_HALF;
        let words = self.knows(head) && self.knows(tail);
        (words && long(head) && long(tail) && !starts_closed_compounds(head))
            || (starts_hyphenated_compounds(head) && self.knows(tail))
    }
}

/// First halves that mostly end in a hyphen of their own.
fn starts_hyphenated_compounds(head: &str) -> bool {
    const HEADS: &[&str] = &[
        "self", "non", "well", "high", "low", "long", "short", "left", "right", "one", "two", "three", "four", "five",
        "first", "second", "third", "half", "full", "real", "large", "small", "cross", "quasi", "semi", "single",
        "double", "so", "built", "all", "free",
    ];
    HEADS.contains(&head.to_lowercase().as_str())
}

/// First halves of words that are written as one, although both halves are words, too.
fn starts_closed_compounds(head: &str) -> bool {
    const HEADS: &[&str] = &[
        "some", "every", "with", "there", "where", "here", "over", "under", "what", "when", "which", "more", "like",
        "other", "further", "after", "back", "them", "your", "never", "fore", "inter", "super",
    ];
    HEADS.contains(&head.to_lowercase().as_str())
}

fn core(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn core_start(word: &str) -> &str {
    word.trim_start_matches(|c: char| !c.is_alphanumeric())
}

/// Joins within blocks, and from one block to the next where a column or page ends in mid-word.
pub(super) fn join(blocks: &mut [TextBlock], vocabulary: &Vocabulary) {
    let places: Vec<(usize, usize)> =
        blocks.iter().enumerate().flat_map(|(b, block)| (0..block.lines.len()).map(move |l| (b, l))).collect();
    for pair in places.windows(2) {
        join_pair(blocks, pair[0], pair[1], vocabulary);
    }
    for block in blocks.iter_mut() {
        block.lines.retain(|line| !line.words.is_empty());
    }
}

fn join_pair(
    blocks: &mut [TextBlock],
    (b, l): (usize, usize),
    (next_b, next_l): (usize, usize),
    vocabulary: &Vocabulary,
) {
    let Some(tail) = blocks[next_b].lines[next_l].words.first().map(|w| w.text.clone()) else {
        return;
    };
    let Some(word) = blocks[b].lines[l].words.last_mut() else {
        return;
    };
    let Some(head) = broken_head(&word.text, &tail) else {
        return;
    };
    let keep = vocabulary.keeps_hyphen(head, &tail);
    let joined = if keep { format!("{head}-{tail}") } else { format!("{head}{tail}") };
    word.text = joined;
    blocks[next_b].lines[next_l].words.remove(0);
}

/// The part before the hyphen, when the word is one that a line's end may have broken.
fn broken_head<'a>(word: &'a str, tail: &str) -> Option<&'a str> {
    let head = word.strip_suffix(HYPHENS)?;
    let letter_before = head.chars().next_back().is_some_and(char::is_alphabetic);
    let goes_on = tail.chars().next().is_some_and(char::is_lowercase);
    (letter_before && goes_on && head.chars().count() > 1).then_some(head)
}
