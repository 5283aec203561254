//! Names of results: none overwrites another, whatever the inputs are called.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use quire_documents::samples;

use crate::cli::harness::Desk;

fn stems(desk: &Desk) -> BTreeSet<String> {
    let texts = desk.outputs().into_iter().filter(|path| path.extension() == Some(OsStr::new("txt")));
    texts.map(|path| path.with_extension("").to_string_lossy().into_owned()).collect()
}

#[test]
fn with_several_folders_the_folders_name_comes_first() {
    let desk = Desk::new();
    let page = samples::pages(1);
    for file in ["x/docs/a.pdf", "y/docs/a.pdf", "z/a.pdf"] {
        desk.put(file, &page);
    }
    desk.run_on(&["x/docs", "y/docs", "z"], &[]).assert_code(0);
    assert_eq!(stems(&desk), ["docs-2/a", "docs/a", "z/a"].map(String::from).into());
    assert_eq!(desk.input("/y/docs/a.pdf")["outputs"][0], "docs-2/a.txt");
}

#[test]
fn names_that_differ_only_in_their_extension_are_kept_apart_and_reported() {
    let desk = Desk::new().with("a.PDF", &samples::pages(2)).with("a.pdf", &samples::pages(1));
    let desk = desk.with("report.pdf", &samples::pages(1)).with("a.txt/b.pdf", &samples::pages(1));
    let ended = desk.run(&[]);
    ended.assert_code(0);
    assert_eq!(stems(&desk), ["a", "a.pdf", "a.txt.d/b", "report.pdf"].map(String::from).into());
    assert_eq!(desk.json("a")["page_count"], 2);
    assert_eq!(desk.json("a.pdf")["page_count"], 1);
    assert_eq!(desk.report()["counts"]["renamed"], 2);
    assert_eq!(desk.input("/a.pdf")["renamed"], true);
    assert!(ended.stderr.contains("another name"), "{}", ended.stderr);
}

#[test]
fn a_file_that_was_there_before_is_never_overwritten() {
    let desk = Desk::new().with("a.pdf", &samples::pages(1));
    desk.put("out/a.txt", b"my own notes");
    desk.run(&[]).assert_code(0);
    assert_eq!(desk.text("a"), "my own notes");
    assert_eq!(desk.json("a.pdf")["status"], "succeeded");
}

#[test]
fn the_same_file_is_one_input_by_whatever_way_it_is_found() {
    let desk = Desk::new().with("sub/a.pdf", &samples::pages(1));
    std::os::unix::fs::symlink(".", desk.path("in/sub/loop")).unwrap();
    desk.run_on(&["in", "in/sub/a.pdf", "./in/"], &[]).assert_code(0);
    assert_eq!(desk.report()["counts"]["inputs"], 1);
}

#[test]
fn the_output_folder_is_no_input() {
    let desk = Desk::new().with("a.pdf", &samples::pages(1));
    desk.put("in/results/old.pdf", &samples::pages(1));
    let mut command = crate::cli::harness::quire();
    command.current_dir(desk.path("in")).args(["run", ".", "--out", "results"]);
    crate::cli::harness::Ended::of(command).assert_code(0);
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(desk.path("in/results/report.json")).unwrap()).unwrap();
    assert_eq!(report["counts"]["inputs"], 1);
}

#[test]
fn a_name_that_is_not_utf8_keeps_its_bytes() {
    let name = OsStr::from_bytes(b"caf\xe9.pdf");
    let desk = Desk::new().with(name, &samples::pages(1)).with(OsStr::from_bytes(b"caf\xe8.pdf"), b"");
    desk.run(&[]).assert_code(3);
    let out = |name: &[u8]| desk.path("out").join(OsStr::from_bytes(name));
    assert!(out(b"caf\xe9.txt").exists() && out(b"caf\xe9.json").exists() && out(b"caf\xe8.json").exists());
    let report = desk.report();
    let hex = report["inputs"][1]["outputs_hex"][0].as_str().unwrap();
    assert_eq!(hex, "636166e92e747874");
    desk.run(&["--resume"]).assert_code(3);
    assert_eq!(desk.report()["counts"]["inputs"], 2, "it is recognised by its bytes");
}

#[test]
fn names_of_full_length_and_odd_characters_work() {
    let long = format!("{}.pdf", "x".repeat(251));
    let desk = Desk::new().with(&long, &samples::pages(1)).with("a\n\x1b[31mb.pdf", b"");
    let ended = desk.run(&[]);
    ended.assert_code(3);
    assert_eq!(desk.report()["counts"]["succeeded"], 1);
    assert!(!ended.stderr.contains('\x1b'), "{:?}", ended.stderr);
}

#[test]
fn a_folder_that_cannot_be_read_is_named_and_the_rest_goes_on() {
    let desk = Desk::new().with("a.pdf", &samples::pages(1));
    let deepest = too_deep(&desk.path("in"));
    let ended = desk.run(&[]);
    ended.assert_code(3);
    let report = desk.report();
    assert_eq!((&report["counts"]["succeeded"], &report["counts"]["folders_failed"]), (&1.into(), &1.into()));
    assert_eq!(report["folders"][0]["failure"]["code"], "folder_unreadable");
    assert!(report["folders"][0]["source"].as_str().unwrap().len() > 4_000, "{deepest:?}");
    assert!(ended.stderr.contains("1 folder could not be read"), "{}", ended.stderr);
}

/// Folders within folders until the path is longer than the system takes: unreadable, for root too.
fn too_deep(below: &Path) -> PathBuf {
    use rustix::fs::{Mode, OFlags, mkdirat, open, openat};
    let mut folder = open(below, OFlags::DIRECTORY, Mode::empty()).unwrap();
    let name = "d".repeat(250);
    for _ in 0..17 {
        mkdirat(&folder, &name, Mode::from_bits_truncate(0o755)).unwrap();
        folder = openat(&folder, &name, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    below.join(name)
}
