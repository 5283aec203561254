//! Results that runs left on a desk.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use serde_json::Value;

use super::Desk;

impl Desk {
    pub(crate) fn report(&self) -> Value {
        self.json("report")
    }

    /// The JSON object of one input.
    pub(crate) fn json(&self, stem: &str) -> Value {
        let path = self.path(format!("out/{stem}.json"));
        serde_json::from_slice(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).unwrap()
    }

    pub(crate) fn text(&self, stem: &str) -> String {
        fs::read_to_string(self.path(format!("out/{stem}.txt"))).unwrap()
    }

    /// The input whose path ends so, as the report has it.
    pub(crate) fn input(&self, end: &str) -> Value {
        let report = self.report();
        let inputs = report["inputs"].as_array().unwrap();
        let found = inputs.iter().find(|input| input["source"].as_str().unwrap().ends_with(end));
        found.unwrap_or_else(|| panic!("no {end} in {report}")).clone()
    }

    /// Everything below `out` but `.quire`, sorted.
    pub(crate) fn outputs(&self) -> Vec<PathBuf> {
        let out = self.path("out");
        let walk = walkdir::WalkDir::new(&out).into_iter().filter_entry(|entry| entry.file_name() != ".quire");
        let files = walk.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        let mut files: Vec<_> = files.map(|entry| entry.path().strip_prefix(&out).unwrap().to_path_buf()).collect();
        files.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        files
    }

    pub(crate) fn count_outputs(&self, extension: &str) -> usize {
        self.outputs().iter().filter(|path| path.extension().is_some_and(|known| known == extension)).count()
    }
}
