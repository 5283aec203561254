//! Scripts of the npm packages, run by their own tools against the server that was built here.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::tools::{self, Node};

/// One browser at a time.
static BROWSER: Mutex<()> = Mutex::new(());

/// A package, by its folder, and a script of it.
pub(crate) struct Script(pub &'static str, pub &'static str);

impl Script {
    /// # Panics
    /// When it fails: with its output.
    pub(crate) fn run(&self, arguments: &[&str]) {
        self.run_with(arguments, |_| {});
    }

    /// As [`Self::run`].
    pub(crate) fn in_chromium(&self) {
        let _turn = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
        self.run_with(&[], |command| _ = command.env("CHROMIUM_BIN", tools::chromium()));
    }

    fn run_with(&self, arguments: &[&str], prepare: impl FnOnce(&mut Command)) {
        let Self(package, name) = self;
        let mut command = Node::find().npm(&["run", name, "--workspace", package, "--"]);
        command.args(arguments).env("QUIRE_BIN", env!("CARGO_BIN_EXE_quire")).env("CI", "1");
        prepare(&mut command);
        tools::run(&mut command, "what failed stands below");
    }
}
