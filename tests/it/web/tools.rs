//! Tools of the web, below `target/web`, installed once and under a lock. What cannot be installed fails the test, with
//! the line to type: no test is skipped.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("web");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder for what tools leave behind.
pub(crate) fn scratch() -> PathBuf {
    let scratch = folder().join("scratch");
    std::fs::create_dir_all(&scratch).unwrap();
    scratch
}

/// Makes `name` below `target/web` unless it is there, for this version of what it is made from.
fn installed(name: &str, made_from: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    made_from.hash(&mut hasher);
    let place = folder().join(format!("{name}-{:016x}", hasher.finish()));
    let lock = File::create(folder().join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if !place.join("complete").exists() {
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        install(&place);
        File::create(place.join("complete")).unwrap();
    }
    place
}

/// # Panics
/// When it fails: with its output, and what to type.
pub(crate) fn run(command: &mut Command, remedy: &str) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {remedy}"));
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{command:?} failed; {remedy}\n{out}\n{err}");
    out.into_owned()
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|done| done.status.success())
}

/// Debian's package manager, where these tests run as root.
fn apt_install(package: &str) {
    let line = format!("apt-get install -y --no-install-recommends {package}");
    let remedy = format!("install it: {line}");
    if !works("apt-get", &["install", "-y", "--no-install-recommends", package]) {
        run(Command::new("apt-get").arg("update"), &remedy);
        run(Command::new("apt-get").args(["install", "-y", "--no-install-recommends", package]), &remedy);
    }
}

/// The program `schemathesis`, of the version in `tests/web/requirements.txt`.
pub(crate) fn schemathesis() -> PathBuf {
    let requirements = Path::new(ROOT).join("tests/web/requirements.txt");
    let text = std::fs::read_to_string(&requirements).unwrap();
    let place = installed("schemathesis", &text, |place| {
        if !works("python3", &["-c", "import venv, ensurepip"]) {
            apt_install("python3-venv");
        }
        let remedy = "it needs Python 3.10 or newer with venv, and PyPI: apt-get install -y python3-venv";
        run(Command::new("python3").args(["-m", "venv"]).arg(place.join("venv")), remedy);
        let pip = place.join("venv/bin/pip");
        run(Command::new(pip).args(["install", "--quiet", "--requirement"]).arg(requirements), remedy);
    });
    place.join("venv/bin/schemathesis")
}
