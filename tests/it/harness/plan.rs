//! Plan of a server: the settings that it is started with.

use std::path::Path;

use tempfile::TempDir;

use super::launch::{PROGRAM, launch, variable};
use super::{AnsweredSet, TestApp, client};

/// Settings of a server to be started.
#[derive(Default)]
pub(crate) struct Plan {
    env: Vec<(String, String)>,
}

impl Plan {
    /// Sets `section.key`.
    pub(crate) fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.env.push((variable(key), value.to_string()));
        self
    }

    /// Another file than the one that was built.
    pub(crate) fn program(mut self, program: &Path) -> Self {
        self.env.push((PROGRAM.to_owned(), program.display().to_string()));
        self
    }

    /// Sets a variable of the server's environment.
    pub(crate) fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.env.push((name.to_owned(), value.to_string()));
        self
    }

    /// A control experiment: the server goes without this protection.
    pub(crate) fn without(self, protection: &str) -> Self {
        self.env("QUIRE_WITHOUT", protection)
    }

    pub(crate) fn start(self) -> TestApp {
        let dir = TempDir::new().unwrap();
        let mut app = self.start_at(&dir.path().join("data"));
        app._dir = Some(dir);
        app
    }

    /// On a data directory that somebody else keeps.
    pub(crate) fn start_at(self, data: &Path) -> TestApp {
        let (child, url) = launch(data, &self.env);
        let (answered, data) = (AnsweredSet::default(), data.to_owned());
        TestApp { http: client(), url, data, answered, env: self.env, child, _dir: None }
    }
}
