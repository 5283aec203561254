//! Deaths that a test plans: a plan that cannot come true is refused.

use tempfile::TempDir;

#[test]
fn a_death_at_a_place_that_does_not_exist_is_refused() {
    let folder = TempDir::new().unwrap();
    let mut serve = crate::harness::serve(folder.path(), "0");
    serve.env("QUIRE__TESTING__ALLOW_PLANNED_DEATHS", "true").env("FAILPOINTS", "commit.never=return(0)");
    let done = serve.output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("there is no place `commit.never` to die at"));
}
