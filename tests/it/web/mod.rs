//! Tests with the tools of the web: Node, a browser, and programs from PyPI. [`tools`] installs what is missing.

mod client;
pub(crate) mod tools;
