//! Form of a file: its length, its head, its words, and that it does not unwrap.

use super::source::{Source, hold, room_sources, sources};
use super::{LONGER, MAX_LINES, UNFINISHED};

fn everything() -> Vec<Source> {
    sources(&["src", "crates", "tests", "benches"])
}

/// (b)
fn too_long(source: &Source) -> Vec<String> {
    let (lines, path) = (source.text.lines().count(), &source.path);
    let limit = LONGER.iter().find(|(longer, ..)| longer == path).map_or(MAX_LINES, |(_, limit, _)| *limit);
    if lines > limit { vec![format!("{path}: {lines} lines, at most {limit}")] } else { Vec::new() }
}

/// (c) In comments and strings, too.
fn unfinished(source: &Source) -> Vec<String> {
    let lines = source.text.lines().enumerate();
    let found =
        lines.flat_map(|(index, line)| UNFINISHED.iter().filter(|word| line.contains(**word)).map(move |w| (index, w)));
    found.map(|(index, word)| format!("{}:{}: `{word}`", source.path, index + 1)).collect()
}

/// (d) `self.expect(…)` is a method of the type's own.
fn unwraps(source: &Source) -> Vec<String> {
    const CALLS: [&str; 4] = [".unwrap()", ".expect(", ".unwrap_err()", ".expect_err("];
    let lines = source.code.lines().enumerate();
    let is_one = |line: &str| CALLS.iter().any(|call| line.replace("self.expect(", "").contains(call));
    let found = lines.filter(|(_, line)| is_one(line));
    found.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim())).collect()
}

/// (d) A module called `tests` that is compiled into the server would hide from every rule.
fn unguarded_tests(source: &Source) -> Vec<String> {
    let hidden = source.code.lines().enumerate().filter(|(_, line)| line.trim().ends_with("mod tests;"));
    hidden.map(|(index, _)| format!("{}:{}: `tests` without #[cfg(test)]", source.path, index + 1)).collect()
}

/// (f)
fn headless(source: &Source) -> Vec<String> {
    let head = source.text.lines().next().and_then(|line| line.strip_prefix("//! "));
    let has_head = head.is_some_and(|words| !words.trim().is_empty());
    if has_head { Vec::new() } else { vec![format!("{}: does not begin with a `//!` head", source.path)] }
}

#[test]
fn files_are_short() {
    hold(&everything(), too_long);
}

#[test]
fn files_with_leave_to_be_longer_need_it() {
    let sources = everything();
    for (path, _, why) in LONGER {
        let source = sources.iter().find(|source| source.path == *path).expect("an exception for no file");
        assert!(source.text.lines().count() > MAX_LINES, "{path} is short again");
        assert!(!why.is_empty());
    }
}

#[test]
fn the_rule_of_length_finds_an_offender() {
    assert_eq!(too_long(&Source::new("src/made_up.rs", &"\n".repeat(MAX_LINES))).len(), 0);
    assert_eq!(too_long(&Source::new("src/made_up.rs", &"\n".repeat(MAX_LINES + 1))).len(), 1);
}

#[test]
fn nothing_is_left_for_later() {
    hold(&everything(), unfinished);
}

#[test]
fn the_rule_of_words_finds_an_offender() {
    for word in UNFINISHED {
        assert_eq!(unfinished(&Source::new("src/made_up.rs", &format!("// {word} later\nfn a() {{}}"))).len(), 1);
    }
    assert_eq!(unfinished(&Source::new("src/made_up.rs", "fn todos() {}")).len(), 0);
}

#[test]
fn nothing_unwraps_outside_of_tests() {
    hold(&room_sources(), unwraps);
    hold(&room_sources(), unguarded_tests);
}

#[test]
fn the_rule_of_unwraps_finds_an_offender() {
    let found = |code: &str| unwraps(&Source::new("src/made_up.rs", code)).len();
    assert_eq!(found("fn a() { b().unwrap(); }"), 1);
    assert_eq!(found("fn a() { b()\n.expect(\"it holds\"); }"), 1);
    assert_eq!(found("fn a() { self.expect(1)?; b.unwrap_or(0); \".unwrap()\" } // .unwrap()"), 0);
    assert_eq!(found("#[cfg(test)]\nmod tests { fn a() { b().unwrap(); } }"), 0);
    assert_eq!(unguarded_tests(&Source::new("src/made_up.rs", "mod tests;")).len(), 1);
}

#[test]
fn every_file_says_what_it_is() {
    hold(&everything(), headless);
}

#[test]
fn the_rule_of_heads_finds_an_offender() {
    assert_eq!(headless(&Source::new("src/made_up.rs", "use std::fmt;\n//! Late.")).len(), 1);
    assert_eq!(headless(&Source::new("src/made_up.rs", "//! \nfn a() {}")).len(), 1);
    assert_eq!(headless(&Source::new("src/made_up.rs", "//! What it is.")).len(), 0);
}
