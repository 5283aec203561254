//! Who may name what: modules, crates, clocks.

use std::path::Path;

use super::paths::{Named, paths};
use super::source::{Source, hold, room_sources, sources};
use super::{CRATES, GRANTED, ONLY_IN, ROOMS, is_in};

/// The entry of a table that fits a file best.
fn place_of<'a, T>(table: &'a [(&str, T)], path: &str) -> Option<&'a T> {
    let fitting = table.iter().filter(|(place, _)| is_in(path, place));
    fitting.max_by_key(|(place, _)| place.len()).map(|(_, entry)| entry)
}

/// A file's place in the tree of modules: `src/http/dto.rs` is `http`, `dto`.
fn module_of(path: &str) -> Vec<&str> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| !["mod", "lib", "main"].contains(part)).collect()
}

/// The path from the server's root, or into a crate below it; none when it is of a foreign crate or of the file's own.
fn from_root<'a>(named: &'a Named, source: &'a Source) -> Option<Vec<&'a str>> {
    let words: Vec<&str> = named.words.iter().map(String::as_str).collect();
    let is_below = source.path.starts_with("crates/");
    match words.as_slice() {
        ["quire_base", rest @ ..] => Some(rest.to_vec()),
        [first, rest @ ..] if first.starts_with("quire_") => Some([&[&first["quire_".len()..]], rest].concat()),
        ["crate" | "super", ..] if is_below => None,
        ["crate" | "quire", rest @ ..] => Some(rest.to_vec()),
        ["super", ..] => {
            let module = module_of(&source.path);
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
        if source.path.starts_with("crates/") {
            return Vec::new();
        }
        return vec![format!("{}: is in no room of the table", source.path)];
    };
    let module = module_of(&source.path);
    let is_strange = |words: &[&str]| {
        let own = module.first().is_some_and(|room| words.first() == Some(room));
        !words.is_empty() && !own && !allowed.iter().any(|path| starts_with(words, path))
    };
    let named = paths(&source.code);
    let strange = named.iter().filter(|named| from_root(named, source).is_some_and(|words| is_strange(&words)));
    strange.map(|named| offence(source, named, "this room may not")).collect()
}

/// (a) A crate's manifest, against the table.
fn strange_dependencies(name: &str, manifest: &str) -> Vec<String> {
    let Some((_, own, others)) = CRATES.iter().find(|(known, ..)| *known == name) else {
        return vec![format!("quire-{name}: is not in the table of crates")];
    };
    let is_allowed = |dependency: &str| match dependency.strip_prefix("quire-") {
        Some(own_crate) => own.contains(&own_crate),
        None => others.is_none_or(|others| others.contains(&dependency)),
    };
    let strange = dependencies(manifest).into_iter().filter(|dependency| !is_allowed(dependency));
    strange.map(|dependency| format!("quire-{name} may not depend on {dependency}")).collect()
}

/// (i) Packages that are built together share their crates: a feature that one asks for is on for all. Planned deaths are
/// asked for by tests only, and by whoever names the feature.
fn planned_deaths_in_the_product(name: &str, manifest: &str) -> Vec<String> {
    let (mut section, mut found) = ("", Vec::new());
    for line in manifest.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            section = line;
        }
        let is_dependency = section.contains("dependencies") && section != "[dev-dependencies]";
        let is_another_feature = section == "[features]" && !line.starts_with("failpoints");
        if (is_dependency || is_another_feature) && line.contains("failpoints") {
            found.push(format!("{name}: {section} has `{line}`"));
        }
    }
    found
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

/// The names in `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(['.', ' ', '='])).map(|(name, _)| name.trim()).collect()
}

#[test]
fn no_room_names_one_it_may_not() {
    hold(&room_sources(), strange_rooms);
}

#[test]
fn the_rule_of_rooms_finds_an_offender() {
    let found = |path: &str, code: &str| strange_rooms(&Source::new(path, code)).len();
    assert_eq!(found("src/webhook/made_up.rs", "use quire_store::Transaction;"), 1);
    assert_eq!(found("src/webhook/made_up.rs", "use crate::{actors::db, http::dto}; use quire_base::clock::now;"), 3);
    assert_eq!(found("src/commands/made_up.rs", "fn a() { quire_worker::run_jobs() }"), 1);
    assert_eq!(found("src/commands/made_up.rs", "use super::super::http::dto;"), 1);
    assert_eq!(found("crates/quire-worker/src/pool.rs", "use quire_documents::samples;"), 1);
    assert_eq!(found("src/cli/made_up.rs", "crate::app::main();"), 1);
    assert_eq!(found("src/commands/made_up.rs", "use crate::*;"), 1);
    assert_eq!(found("src/attic/made_up.rs", ""), 1);
}

#[test]
fn the_rule_of_rooms_lets_the_others_pass() {
    let found = |path: &str, code: &str| strange_rooms(&Source::new(path, code)).len();
    assert_eq!(found("crates/quire-worker/src/child/perform.rs", "use quire_documents::Sink; use crate::codec;"), 0);
    assert_eq!(found("src/config.rs", "// crate::http\n#[cfg(test)]\nmod t { use crate::http::dto; }"), 0);
    assert_eq!(found("src/commands/made_up.rs", "pub(crate) fn a() {} use super::tick; use quire_domain::ids;"), 0);
}

#[test]
fn crates_depend_on_what_the_table_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let mut found = Vec::new();
    for (name, ..) in CRATES {
        let manifest = std::fs::read_to_string(folder.join(format!("quire-{name}/Cargo.toml"))).unwrap();
        assert!(!dependencies(&manifest).is_empty(), "the manifest was not understood");
        found.extend(strange_dependencies(name, &manifest));
    }
    assert_eq!(found, [] as [String; 0]);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), CRATES.len(), "each crate is in the table");
}

#[test]
fn the_rule_of_crates_finds_an_offender() {
    let found =
        |name: &str, lines: &str| strange_dependencies(name, &format!("[dependencies]\n{lines}\n[lints]")).len();
    assert_eq!(found("domain", "serde.workspace = true\nuuid = \"1\""), 0);
    assert_eq!(found("domain", "chrono.workspace = true\nquire-base = { path = \"\" }"), 2);
    assert_eq!(found("store", "chrono.workspace = true\nquire-worker.workspace = true"), 1);
    assert_eq!(found("attic", ""), 1);
}

#[test]
fn no_build_of_the_product_can_die_on_a_plan() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = CRATES.iter().map(|(name, ..)| format!("crates/quire-{name}/Cargo.toml"));
    let manifests = crates.chain(["Cargo.toml".to_owned()]);
    let look = |path: String| planned_deaths_in_the_product(&path, &std::fs::read_to_string(root.join(&path)).unwrap());
    assert_eq!(manifests.flat_map(look).collect::<Vec<_>>(), [] as [String; 0]);
}

#[test]
fn the_rule_of_planned_deaths_finds_an_offender() {
    let found = |manifest: &str| planned_deaths_in_the_product("made_up", manifest).len();
    assert_eq!(found("[dependencies]\nquire-base = { workspace = true, features = [\"failpoints\"] }"), 1);
    assert_eq!(
        found("[features]\ndefault = [\"failpoints\"]\n[workspace.dependencies.fail]\nfeatures = [\"failpoints\"]"),
        2
    );
    assert_eq!(
        found(
            "[features]\nfailpoints = [\"fail/failpoints\"]\n[dev-dependencies]\nfail = { features = [\"failpoints\"] }"
        ),
        0
    );
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
    assert_eq!(found("crates/quire-worker/src/made_up.rs", "async fn a() { actix_web::rt::spawn(b()); }"), 1);
    assert_eq!(found("src/http/made_up.rs", "use diesel::prelude::*;"), 1);
    assert_eq!(found("src/http/made_up.rs", "use diesel::sqlite::{Sqlite, SqliteConnection};"), 2);
    assert_eq!(found("crates/quire-store/src/made_up.rs", "lopdf::Document::load(path)"), 1);
    assert_eq!(found("src/cli/made_up.rs", "use std::process::{Command, ExitCode};"), 1);
    assert_eq!(found("src/cli/made_up.rs", "use tokio::{net, process};"), 1);
    assert_eq!(found("crates/quire-store/src/made_up.rs", "let at = std::time::SystemTime::now();"), 1);
    assert_eq!(found("crates/quire-store/src/made_up.rs", "CELL.get_or_init(Instant::now)"), 1);
    assert_eq!(found("src/actors/made_up.rs", "let die = fastrand::f64();"), 1);
    assert_eq!(found("src/http/made_up.rs", "fn a(txn: &mut dyn quire_store::Transaction) {}"), 1);
}

#[test]
fn the_rule_of_places_lets_the_others_pass() {
    let found = |path: &str, code: &str| out_of_place(&Source::new(path, code)).len();
    assert_eq!(
        found("crates/quire-store/src/made_up.rs", "use diesel::prelude::*; let x = y.rustix; \"lopdf::Document\""),
        0
    );
    assert_eq!(found("crates/quire-worker/src/made_up.rs", "Instant::now()"), 0);
    assert_eq!(found("src/app.rs", "use std::process::ExitCode;"), 0);
}
