//! Crates that come into the house: `cargo deny check` over every one that the lock file names, as `deny.toml` has it.
//!
//! A program of its own, so that nothing runs beside it: it builds a pinned cargo-deny into `target/tools` where there
//! is none. Advisories come from the copy in `advisories/`, which is used while its sha256 is the pinned one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const TOOL: &str = "cargo-deny";
const TOOL_VERSION: &str = "0.20.2";

/// The name that cargo-deny gives its clone of <https://github.com/RustSec/advisory-db>.
const CLONE: &str = "advisory-db-3157b0e258782691";

/// One that hits every `serde` that this project could have.
const PLANTED: &str = r#"```toml
[advisory]
id = "RUSTSEC-2020-9999"
package = "serde"
date = "2020-01-01"
[versions]
patched = []
```
# Planted by a test
"#;

/// Built once for all tests, and every crate is there that any target needs.
static READY: LazyLock<PathBuf> = LazyLock::new(|| {
    succeed(cargo().args(["fetch", "--locked"]));
    let built = target().join("tools/bin").join(TOOL);
    let known = [built.as_path(), Path::new(TOOL)].into_iter().find(|program| is_right(program));
    known.map_or_else(|| build(&built), Path::to_path_buf)
});

#[test]
fn no_crate_is_vulnerable_yanked_foreign_or_under_another_licence() {
    let said = check(&Database::unpacked(), &["check"]);
    assert!(said.status.success(), "{}", words(&said));
    assert!(words(&said).contains("advisories ok, bans ok, licenses ok, sources ok"), "{}", words(&said));
}

#[test]
fn control_a_crate_that_an_advisory_hits_fails_the_check() {
    let database = Database::unpacked();
    database.plant(PLANTED);
    let said = check(&database, &["check", "advisories"]);
    assert!(!said.status.success() && words(&said).contains("RUSTSEC-2020-9999"), "{}", words(&said));
}

#[test]
fn control_a_copy_that_is_not_the_pinned_one_is_not_used() {
    let (bundle, pinned) = (fs::read(advisories().join("advisory-db.bundle")).unwrap(), pinned());
    assert_eq!(hex(&bundle), pinned, "advisories/README.md says how the copy is renewed");
    let mut altered = bundle;
    altered[1_000] ^= 1;
    assert_ne!(hex(&altered), pinned);
}

/// The advisories as cargo-deny wants them: a git checkout under its own name.
struct Database(TempDir);

impl Database {
    fn unpacked() -> Self {
        let bundle = advisories().join("advisory-db.bundle");
        assert_eq!(hex(&fs::read(&bundle).unwrap()), pinned(), "{} was altered", bundle.display());
        let database = Self(TempDir::new().unwrap());
        let mut clone = Command::new("git");
        succeed(clone.args(["clone", "--quiet", "--branch", "main"]).arg(bundle).arg(database.0.path().join(CLONE)));
        database
    }

    fn plant(&self, advisory: &str) {
        fs::write(self.0.path().join(CLONE).join("crates/serde.md"), advisory).unwrap();
    }

    /// `deny.toml`, and where these advisories are.
    fn rules(&self) -> PathBuf {
        let rules = fs::read_to_string(root().join("deny.toml")).unwrap();
        let (head, path) = ("[advisories]\n", self.0.path());
        assert!(rules.contains(head));
        let here = rules.replace(head, &format!("{head}db-path = {path:?}\n"));
        let file = path.join("deny.toml");
        fs::write(&file, here).unwrap();
        file
    }
}

fn check(database: &Database, arguments: &[&str]) -> Output {
    let mut deny = Command::new(&*READY);
    deny.current_dir(root()).args(["--frozen", "--config"]).arg(database.rules()).args(arguments);
    deny.output().unwrap()
}

fn build(program: &Path) -> PathBuf {
    let (tools, building) = (target().join("tools"), target().join("tools/building"));
    let mut install = cargo();
    install.args(["install", TOOL, "--version", TOOL_VERSION, "--locked", "--debug", "--root"]).arg(&tools);
    // Nobody looks for a fault in it.
    install.arg("--target-dir").arg(&building).env("CARGO_PROFILE_DEV_DEBUG", "0");
    succeed(&mut install);
    fs::remove_dir_all(building).unwrap();
    program.to_path_buf()
}

fn is_right(program: &Path) -> bool {
    let said = Command::new(program).arg("--version").output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).trim() == format!("{TOOL} {TOOL_VERSION}"))
}

#[track_caller]
fn succeed(command: &mut Command) {
    let said = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(said.status.success(), "{command:?}: {}", words(&said));
}

fn words(said: &Output) -> String {
    String::from_utf8_lossy(&[said.stdout.as_slice(), &said.stderr].concat()).into_owned()
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root());
    cargo
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

fn advisories() -> PathBuf {
    root().join("tests/supply_chain/advisories")
}

fn pinned() -> String {
    let line = fs::read_to_string(advisories().join("advisory-db.bundle.sha256")).unwrap();
    line.split(' ').next().unwrap().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
