//! `web`: what is committed is what its sources make, and its own tests.

use std::collections::BTreeMap;
use std::path::Path;

use super::script::Script;
use super::tools::{self, Node};

const DIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist");

/// Files below a folder, by their path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else if name != "sizes.json" {
            // How small gzip makes them is a matter of the Node that built them.
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn assets_match_their_sources() {
    let out = tools::scratch().join("dashboard");
    let mut build = Node::find().npm(&["run", "build", "--workspace", "web", "--", "--out"]);
    tools::run(build.arg(&out), "it is over its budget, or does not build");
    let (built, committed) = (files(&out), files(Path::new(DIST)));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&built), "build it anew: npm run build -w web");
    for (name, bytes) in built {
        assert!(committed[&name] == bytes, "{name} is not what its sources make: npm run build -w web");
    }
}

#[test]
fn dashboard_type_checks() {
    Script("web", "check").run(&[]);
}

#[test]
fn dashboard_by_itself() {
    Script("web", "test:unit").run(&[]);
}
