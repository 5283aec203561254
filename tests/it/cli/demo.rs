//! `quire demo` and `quire bench documents` do what they promise on any machine.

use quire_documents::samples;

use crate::cli::harness::{Desk, Ended, quire};

#[test]
fn the_demo_ends_as_expected() {
    let desk = Desk::new();
    let mut command = quire();
    command.current_dir(desk.path("in")).args(["demo", "--out", "show"]);
    let ended = Ended::of(command);
    ended.assert_code(0);
    assert!(ended.stdout.contains("The server never noticed"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("??"), "{}", ended.stdout);
    assert!(desk.path("in/show/results/ten-pages.txt").exists());
}

#[test]
fn the_bench_compares_the_engine_with_the_bare_loop() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(5)).with("b.pdf", b"");
    let mut command = quire();
    command.args(["bench", "documents"]).arg(desk.path("in")).arg("--data-dir").arg(desk.path("scratch"));
    let ended = Ended::of(command);
    ended.assert_code(0);
    assert!(ended.stdout.contains("engine / (slots"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 files failed"), "{}", ended.stdout);
    assert!(!desk.path("scratch").exists());
}
