//! Tests with the tools of the web: Node, a browser, and programs from PyPI. [`tools`] installs what is missing.

mod client;
mod dashboard;
pub(crate) mod script;
pub(crate) mod tools;
