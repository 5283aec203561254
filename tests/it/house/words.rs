//! Words: names that were given up do not come back, and a public type's name means one thing.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, hold, room_sources, sources};

const GLOSSARY: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/GLOSSARY.md"));

/// Names that every module may use for its own.
const COMMON: [&str; 1] = ["Error"];

/// The first column of the glossary's last table.
fn retired() -> BTreeSet<&'static str> {
    let (_, table) = GLOSSARY.split_once("## Names that were given up").expect("the glossary lists retired names");
    let first = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    first.map(|(name, _)| name).collect()
}

/// Identifiers of a line of code.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}

/// The types that a file defines: line, name, and whether others may name it.
fn types(source: &Source) -> Vec<(usize, &str, bool)> {
    const KINDS: [&str; 5] = ["struct", "enum", "trait", "type", "union"];
    let lines = source.code.lines().enumerate();
    let found = lines.filter_map(|(index, line)| {
        let rest = line.trim_start();
        let is_public = rest.starts_with("pub");
        let rest = if is_public { rest.split_once(' ')?.1 } else { rest };
        let (kind, rest) = rest.split_once(' ')?;
        let name = words(rest).next()?;
        KINDS.contains(&kind).then_some((index + 1, name, is_public))
    });
    found.collect()
}

/// (g) Anywhere in the code: types, functions, modules, variables.
fn given_up(source: &Source, retired: &BTreeSet<&str>) -> Vec<String> {
    let lines = source.code.lines().enumerate();
    let found = lines.flat_map(|(index, line)| words(line).map(move |word| (index, word)));
    let found = found.filter(|(_, word)| retired.contains(word));
    found.map(|(index, word)| format!("{}:{}: `{word}` was given up", source.path, index + 1)).collect()
}

/// (h) Associated types belong to their trait and stand further in.
fn defined_twice(sources: &[Source]) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for source in sources {
        for (line, name, is_public) in types(source) {
            if is_public && !COMMON.contains(&name) {
                places.entry(name).or_default().push(format!("{}:{line}", source.path));
            }
        }
    }
    let twice = places.into_iter().filter(|(_, places)| places.len() > 1);
    twice.map(|(name, places)| format!("`{name}` is defined in {}", places.join(" and "))).collect()
}

#[test]
fn names_that_were_given_up_do_not_come_back() {
    let retired = retired();
    assert!(retired.len() > 100, "the glossary was not understood");
    hold(&sources(&["src", "crates", "tests", "benches", "fuzz"]), |source| given_up(source, &retired));
}

#[test]
fn the_rule_of_given_up_names_finds_an_offender() {
    let retired = BTreeSet::from(["Desk", "errands"]);
    let found = |code: &str| given_up(&Source::new("src/made_up.rs", code), &retired).len();
    assert_eq!(found("struct Desk; fn errands() {}"), 2);
    assert_eq!(found("use a::b::{Desk, c};"), 1);
    assert_eq!(found("struct DeskTop; // a Desk\nlet errand = \"errands\";"), 0);
}

#[test]
fn a_public_type_has_a_name_of_its_own() {
    let found = defined_twice(&room_sources());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_rule_of_own_names_finds_an_offender() {
    let found = |first: &str, second: &str| {
        defined_twice(&[Source::new("src/a.rs", first), Source::new("src/b.rs", second)]).len()
    };
    assert_eq!(found("pub struct Page;", "pub(super) enum Page {}"), 1);
    assert_eq!(found("pub struct Page;", "struct Page;"), 0);
    assert_eq!(found("pub type Error = u8;", "pub enum Error {}"), 0);
    assert_eq!(found("#[cfg(test)]\nmod t { pub struct Page; }", "pub struct Page;"), 0);
}
