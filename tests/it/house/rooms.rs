//! Who may name what: modules, crates, clocks.

use super::paths::{Named, paths};
use super::source::{Source, hold, room_sources, sources};
use super::{CRATES, GRANTED, ONLY_IN, ROOMS, is_in};

/// The entry of a table that fits a file best.
fn place_of<'a, T>(table: &'a [(&str, T)], path: &str) -> Option<&'a T> {
    let fitting = table.iter().filter(|(place, _)| is_in(path, place));
    fitting.max_by_key(|(place, _)| place.len()).map(|(_, entry)| entry)
}

/// Where a file is in the tree of modules: `src/http/dto.rs` is `http`, `dto`.
fn module_of(path: &str) -> Vec<&str> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| !["mod", "lib", "main"].contains(part)).collect()
}

/// The path from the crate's root; none when it is of another crate or of the file itself.
fn from_root<'a>(named: &'a Named, module: &[&'a str]) -> Option<Vec<&'a str>> {
    let words: Vec<&str> = named.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["crate" | "quire", rest @ ..] => Some(rest.to_vec()),
        ["super", ..] => {
            let ups = words.iter().take_while(|word| **word == "super").count();
            let above = &module[..module.len().saturating_sub(ups)];
            Some([above, &words[ups..]].concat())
        }
        _ => None,
    }
}

fn starts_with(words: &[&str], path: &str) -> bool {
    let wanted: Vec<&str> = path.split("::").collect();
    words.starts_with(&wanted)
}

/// (a) Imports of other modules.
fn strange_rooms(source: &Source) -> Vec<String> {
    let Some(allowed) = place_of(ROOMS, &source.path) else {
        return vec![format!("{}: is in no room of the table", source.path)];
    };
    let module = module_of(&source.path);
    let is_strange = |words: &[&str]| {
        let own = module.first().is_some_and(|room| words.first() == Some(room));
        !words.is_empty() && !own && !allowed.iter().any(|path| starts_with(words, path))
    };
    let named = paths(&source.code);
    let strange = named.iter().filter(|named| from_root(named, &module).is_some_and(|words| is_strange(&words)));
    strange.map(|named| offence(source, named, "this room may not")).collect()
}

/// (a) Crates in places that have a list of theirs; `known` are the crates that the project depends on.
fn strange_crates(source: &Source, known: &[String]) -> Vec<String> {
    let Some(allowed) = place_of(CRATES, &source.path) else { return Vec::new() };
    let is_strange = |named: &&Named| {
        let first = named.words[0].as_str();
        named.words.len() > 1 && known.iter().any(|name| name == first) && !allowed.contains(&first)
    };
    let named = paths(&source.code);
    named.iter().filter(is_strange).map(|named| offence(source, named, "this room may not")).collect()
}

/// (a) and (e): what has its places in the table.
fn out_of_place(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for named in paths(&source.code) {
        for (things, places) in ONLY_IN {
            let guarded = things.iter().any(|thing| names(&named, thing));
            if guarded && !places.iter().any(|place| is_in(&source.path, place)) && !is_granted(source, &named) {
                found.push(offence(source, &named, &format!("only {} may", places.join(", "))));
            }
        }
    }
    found
}

/// A crate is the first word; a path is anywhere within.
fn names(named: &Named, thing: &str) -> bool {
    let wanted: Vec<&str> = thing.split("::").collect();
    match wanted.as_slice() {
        [name] => named.words[0] == *name,
        _ => named.words.windows(wanted.len()).any(|words| words == wanted),
    }
}

fn is_granted(source: &Source, named: &Named) -> bool {
    GRANTED.iter().any(|(place, path, _)| is_in(&source.path, place) && names(named, path))
}

fn offence(source: &Source, named: &Named, why: &str) -> String {
    format!("{}:{}: names `{}`; {why}", source.path, named.line, named.path())
}

/// The names in `[dependencies]`, as code spells them.
fn dependencies() -> Vec<String> {
    let manifest = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim().replace('-', "_")).collect()
}

#[test]
fn no_room_names_one_it_may_not() {
    hold(&room_sources(), strange_rooms);
}

#[test]
fn the_rule_of_rooms_finds_an_offender() {
    let found = |path: &str, code: &str| strange_rooms(&Source::new(path, code)).len();
    assert_eq!(found("src/domain/made_up.rs", "use quire::store::Txn;"), 1);
    assert_eq!(found("src/domain/made_up.rs", "use crate::{domain::ids, http::dto, clock};"), 2);
    assert_eq!(found("src/store/made_up.rs", "fn a() { crate::worker::run_jobs() }"), 1);
    assert_eq!(found("src/store/made_up.rs", "use super::super::http::dto;"), 1);
    assert_eq!(found("src/worker/pool.rs", "use crate::documents::samples;"), 1);
    assert_eq!(found("src/clock.rs", "use crate::domain::batch::Batch;"), 1);
    assert_eq!(found("src/cli/made_up.rs", "crate::app::main();"), 1);
    assert_eq!(found("src/domain/made_up.rs", "use crate::*;"), 1);
    assert_eq!(found("src/attic/made_up.rs", ""), 1);
}

#[test]
fn the_rule_of_rooms_lets_the_others_pass() {
    let found = |path: &str, code: &str| strange_rooms(&Source::new(path, code)).len();
    assert_eq!(found("src/worker/child/perform.rs", "use crate::documents::Sink; use super::super::codec;"), 0);
    assert_eq!(found("src/domain/made_up.rs", "// crate::http\n#[cfg(test)]\nmod t { use crate::http::dto; }"), 0);
    assert_eq!(found("src/store/made_up.rs", "pub(crate) fn a() {} use super::error; use crate::domain::ids;"), 0);
}

#[test]
fn rooms_with_a_list_of_crates_keep_to_it() {
    let known = dependencies();
    assert!(known.iter().any(|name| name == "actix_web"), "the manifest was not understood");
    hold(&room_sources(), |source| strange_crates(source, &known));
}

#[test]
fn the_rule_of_crates_finds_an_offender() {
    let known = dependencies();
    let found = |code: &str| strange_crates(&Source::new("src/domain/made_up.rs", code), &known).len();
    assert_eq!(found("use serde::Serialize; use std::fmt; use uuid::Uuid;"), 0);
    assert_eq!(found("use chrono::Utc; fn a() { fastrand::u64(..); }"), 2);
}

#[test]
fn frameworks_parsers_processes_and_clocks_stay_in_their_places() {
    hold(&room_sources(), out_of_place);
}

/// Tests and benches may name what they like, but what they say must not depend on the day.
#[test]
fn tests_and_benches_do_not_ask_what_time_it_is() {
    let is_of_a_clock = |offence: &String| offence.contains("::now`");
    hold(&sources(&["tests", "benches"]), |source| out_of_place(source).into_iter().filter(is_of_a_clock).collect());
}

#[test]
fn the_rule_of_places_finds_an_offender() {
    let found = |path: &str, code: &str| out_of_place(&Source::new(path, code)).len();
    assert_eq!(found("src/actors/made_up.rs", "use actix::Actor;"), 1);
    assert_eq!(found("src/worker/made_up.rs", "async fn a() { actix_web::rt::spawn(b()); }"), 1);
    assert_eq!(found("src/http/made_up.rs", "use diesel::prelude::*;"), 1);
    assert_eq!(found("src/http/made_up.rs", "use diesel::sqlite::{Sqlite, SqliteConnection};"), 2);
    assert_eq!(found("src/store/made_up.rs", "lopdf::Document::load(path)"), 1);
    assert_eq!(found("src/cli/made_up.rs", "use std::process::{Command, ExitCode};"), 1);
    assert_eq!(found("src/cli/made_up.rs", "use tokio::{net, process};"), 1);
    assert_eq!(found("src/store/made_up.rs", "let at = std::time::SystemTime::now();"), 1);
    assert_eq!(found("src/store/made_up.rs", "CELL.get_or_init(Instant::now)"), 1);
    assert_eq!(found("src/actors/made_up.rs", "let die = fastrand::f64();"), 1);
    assert_eq!(found("src/http/made_up.rs", "fn a(txn: &mut dyn crate::store::Transaction) {}"), 1);
}

#[test]
fn the_rule_of_places_lets_the_others_pass() {
    let found = |path: &str, code: &str| out_of_place(&Source::new(path, code)).len();
    assert_eq!(found("src/store/made_up.rs", "use diesel::prelude::*; let x = y.rustix; \"lopdf::Document\""), 0);
    assert_eq!(found("src/worker/made_up.rs", "Instant::now()"), 0);
    assert_eq!(found("src/app.rs", "use std::process::ExitCode;"), 0);
}
