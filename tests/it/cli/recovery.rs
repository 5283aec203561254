//! `quire bench recovery` starts a real server, kills it and starts it again.

use crate::cli::harness::{Ended, quire};

#[test]
fn the_bench_of_a_recovery_measures_every_start() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut command = quire();
    command.args(["bench", "recovery", "--items", "3000", "--running", "600", "--starts", "2", "--data-dir"]);
    command.arg(dir.path().join("data")).env("QUIRE__ENGINE__MIN_AVAILABLE_MEMORY_MIB", "0");
    let ended = Ended::of(command);
    ended.assert_code(0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[0].contains("3000 items, 600 of them taken"), "{lines:?}");
    assert_eq!(lines[1..].iter().filter(|line| line.contains("ms, first item after ")).count(), 2, "{lines:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the data was left behind");
}
