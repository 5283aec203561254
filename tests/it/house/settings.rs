//! `config/default.toml` tells the truth: what its comments say is what [`Config::load`] does.

use std::process::Command;

use quire::config::{Config, DEFAULTS};

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    /// `section.key`
    name: String,
    value: String,
    comment: String,
}

impl Key {
    fn is_number(&self) -> bool {
        self.value.parse::<i64>().is_ok()
    }

    /// A comment of a number begins with `a to b`.
    fn range(&self) -> Option<(i64, i64)> {
        let (low, rest) = self.comment.split_once(" to ")?;
        let high = rest.split(|char: char| !char.is_ascii_digit()).next()?;
        Some((low.parse().ok()?, high.parse().ok()?))
    }

    /// The comment of a closed choice has each word in quotes.
    fn words(&self) -> Vec<&str> {
        if self.value.starts_with('"') { self.comment.split('"').skip(1).step_by(2).collect() } else { Vec::new() }
    }

    fn set(&self, value: impl ToString) -> Result<Config, String> {
        load(&[(&self.name, value.to_string())])
    }
}

fn load(flags: &[(&str, String)]) -> Result<Config, String> {
    Config::load(None, flags).map_err(|error| error.to_string())
}

fn load_file(text: &str, flags: &[(&str, String)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quire.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(Some(&path), flags).map_err(|error| error.to_string())
}

fn keys(text: &str) -> Vec<Key> {
    let (mut keys, mut section) = (Vec::new(), "");
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((name, rest)) = line.split_once(" = ") {
            let (value, comment) = rest.split_once('#').unwrap_or((rest, ""));
            let [name, value, comment] = [format!("{section}.{name}"), value.trim().into(), comment.trim().into()];
            keys.push(Key { name, value, comment });
        }
    }
    keys
}

fn numbers() -> Vec<(Key, i64, i64)> {
    let numbers = keys(DEFAULTS).into_iter().filter(Key::is_number);
    numbers.filter_map(|key| key.range().map(|(low, high)| (key, low, high))).collect()
}

/// A key without a comment, and a number without its range.
fn unexplained(text: &str) -> Vec<String> {
    let silent = |key: &Key| key.comment.is_empty() || key.is_number() && key.range().is_none();
    keys(text).into_iter().filter(silent).map(|key| key.name).collect()
}

/// Whether a refusal tells a person what to change.
fn says(refusal: &str, key: &str, value: &str, allowed: &str) -> bool {
    [key, value, allowed].iter().all(|part| refusal.contains(part))
}

#[test]
fn every_key_has_a_comment_and_every_number_a_range() {
    assert!(keys(DEFAULTS).len() > 40, "the file was not understood");
    assert_eq!(unexplained(DEFAULTS), Vec::<String>::new());
}

#[test]
fn the_rule_of_comments_finds_an_offender() {
    let text = "[a]\nb = 1 # 0 to 2; fine\nc = 1\nd = 1 # as you like\ne = \"f\" # a word\ng = true";
    assert_eq!(unexplained(text), ["a.c", "a.d", "a.g"]);
    assert!(!says("a.b = 3 is wrong", "a.b", "3", "0 to 2"));
}

#[test]
fn the_defaults_are_accepted() {
    load(&[]).unwrap();
}

#[test]
fn a_number_just_outside_its_range_is_refused_with_key_value_and_range() {
    for (key, low, high) in numbers() {
        for value in [low - 1, high + 1] {
            let refusal = key.set(value).expect_err(&format!("{} = {value} was taken", key.name));
            let allowed = format!("{low} to {high}");
            assert!(says(&refusal, &key.name, &value.to_string(), &allowed), "{} = {value}: {refusal}", key.name);
        }
    }
}

#[test]
fn a_number_at_the_edge_of_its_range_is_within() {
    for (key, low, high) in numbers() {
        for value in [low, high] {
            // Two keys may be at odds with each other, which is another refusal.
            let refusal = key.set(value).err().unwrap_or_default();
            assert!(!refusal.contains(&format!("{low} to {high}")), "{} = {value}: {refusal}", key.name);
        }
    }
}

#[test]
fn a_pause_that_is_longer_than_the_longest_is_refused() {
    let refusal = load(&[("retry.backoff_base_ms", "400000".into())]).unwrap_err();
    assert!(says(&refusal, "retry.backoff_cap_ms", "300000", "400000"), "{refusal}");
}

#[test]
fn what_is_no_number_is_refused_with_key_and_value() {
    for (key, ..) in numbers() {
        let refusal = key.set("many").unwrap_err();
        assert!(says(&refusal, &key.name, "many", ""), "{refusal}");
    }
}

#[test]
fn a_closed_choice_takes_its_words_and_refuses_others_with_key_and_value() {
    let choices: Vec<Key> = keys(DEFAULTS).into_iter().filter(|key| !key.words().is_empty()).collect();
    assert_eq!(choices.len(), 4);
    for key in choices {
        for word in key.words() {
            key.set(word).unwrap_or_else(|refusal| panic!("{} = {word}: {refusal}", key.name));
            let refusal = key.set("nonsense").unwrap_err();
            assert!(says(&refusal, &key.name, "nonsense", word), "{refusal}");
        }
    }
}

#[test]
fn an_unknown_key_is_refused_by_name_in_every_section() {
    let mut sections: Vec<String> =
        keys(DEFAULTS).iter().map(|key| key.name.split('.').next().unwrap().into()).collect();
    sections.dedup();
    for section in sections {
        let refusal = load_file(&format!("[{section}]\nunheard_of = 1"), &[]).expect_err(&section);
        assert!(refusal.contains("unheard_of"), "{refusal}");
    }
    let refusal = load_file("[unheard_of]\nkey = 1", &[]).unwrap_err();
    assert!(refusal.contains("unheard_of"), "{refusal}");
}

#[test]
fn a_file_that_is_missing_or_broken_is_refused() {
    assert!(Config::load(Some("no-such-folder/quire.toml".as_ref()), &[]).is_err());
    let refusal = load_file("[engine]\nslots = = 3", &[]).unwrap_err();
    assert!(refusal.contains("line 2"), "{refusal}");
}

#[test]
fn a_file_overrides_the_defaults_and_a_flag_overrides_the_file() {
    let file = "[engine]\nslots = 5\nclaim_items = 7";
    let config = load_file(file, &[("engine.slots", "6".into())]).unwrap();
    assert_eq!((config.engine.slots, config.engine.claim_items), (6, 7));
    assert_eq!(config.engine.heartbeat_secs, load(&[]).unwrap().engine.heartbeat_secs);
}

/// Only a child of its own may have another environment: this test starts itself again.
#[test]
fn the_environment_overrides_a_file_and_a_flag_overrides_the_environment() {
    const KEY: &str = "QUIRE__ENGINE__SLOTS";
    if std::env::var_os(KEY).is_none() {
        let (_, room) = module_path!().split_once("::").unwrap();
        let name = format!("{room}::the_environment_overrides_a_file_and_a_flag_overrides_the_environment");
        let mut again = Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", &name]).env(KEY, "9").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let file = "[engine]\nslots = 5\nclaim_items = 7";
    let config = load_file(file, &[]).unwrap();
    assert_eq!((config.engine.slots, config.engine.claim_items), (9, 7));
    assert_eq!(load_file(file, &[("engine.slots", "6".into())]).unwrap().engine.slots, 6);
}

const LISTS: [(&str, &str, &str); 4] = [
    ("server.allowed_hosts", "quire.example, 10.0.0.5", "Quire.Example"),
    ("http.allowed_origins", "https://app.example,http://localhost:5173", "app.example"),
    ("webhooks.allow_cidrs", "10.0.0.0/8,fd00::/8", "[\"10.0.0.0/8\"]"),
    ("webhooks.retry_pauses_ms", "5000", "5000;300000"),
];

fn variable(key: &str) -> String {
    format!("QUIRE__{}", key.to_uppercase().replace('.', "__"))
}

/// Only a child of its own may have another environment: this test starts itself again.
#[test]
fn a_list_in_the_environment_has_commas_and_one_part_or_none_is_a_list() {
    if std::env::var_os("QUIRE__WEBHOOKS__ALLOW_CIDRS").is_none() {
        let (_, room) = module_path!().split_once("::").unwrap();
        let name = format!("{room}::a_list_in_the_environment_has_commas_and_one_part_or_none_is_a_list");
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", &name]).envs(LISTS.map(|(key, value, _)| (variable(key), value)));
        let output = again.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let config = load_file("[webhooks]\nallow_cidrs = [\"172.16.0.0/12\"]", &[]).unwrap();
    assert_eq!(config.server.allowed_hosts, ["quire.example", "10.0.0.5"]);
    assert_eq!(config.http.allowed_origins, ["https://app.example", "http://localhost:5173"]);
    let networks: Vec<String> = config.webhooks.allow_cidrs.into();
    assert_eq!(networks, ["10.0.0.0/8", "fd00::/8"], "it goes before the file");
    assert_eq!(config.webhooks.retry_pauses_ms, [5000]);
}

#[test]
fn a_wrong_list_in_the_environment_is_refused_with_how_it_is_written() {
    let every = keys(DEFAULTS).into_iter().filter(|key| key.value.starts_with('[')).map(|key| key.name);
    assert_eq!(every.collect::<Vec<_>>(), LISTS.map(|(key, ..)| key));
    for (key, _, wrong) in LISTS {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_quire"));
        serve.arg("serve").current_dir(&folder).env(variable(key), wrong);
        let output = serve.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let written = format!("with commas between them: {}=", variable(key));
        assert!(!output.status.success() && says(&said, key, wrong, &written), "{said}");
    }
}

#[test]
fn a_bad_value_in_the_environment_stops_the_server_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_quire"));
    serve.arg("serve").current_dir(&folder).env("QUIRE__ENGINE__SLOTS", "5000");
    let output = serve.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && says(&said, "engine.slots", "5000", "0 to 1024"), "{said}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "something was made");
}
