//! Documents that are written from the code and committed: a test says when they differ.

use std::path::Path;

/// `file` from the project's root is what `rendered` says; `QUIRE_BLESS=1` writes it anew, and `command` says so.
pub(super) fn assert_committed(file: &str, rendered: &str, command: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    if std::env::var_os("QUIRE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, rendered).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let differs = rendered.lines().zip(committed.lines()).find(|(new, old)| new != old);
    assert!(
        committed == rendered,
        "{file} is not what the code says; run `{command}` and look at the difference.\n\
         First line that differs (now, committed): {differs:#?}"
    );
}
