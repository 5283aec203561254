//! Operations on documents, and their limits.

use serde::{Deserialize, Serialize};

use crate::closed_list;

closed_list! {
    /// A closed list; an unknown name is refused at submit.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum Operation {
        /// Nothing at all, through the whole engine: measures and probes it.
        Noop = "noop",
        /// `text.txt` and `pages.json`.
        Text = "text",
        /// `info.json`.
        Info = "info",
    }
}

impl Operation {
    /// Whether the operation reads a document's bytes.
    pub fn needs_document(self) -> bool {
        !matches!(self, Operation::Noop)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown operation `{0}`; known are: {names}", names = Operation::NAMES.join(", "))]
pub struct UnknownOperation(pub String);

impl std::str::FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.as_str() == name)
            .ok_or_else(|| UnknownOperation(name.to_owned()))
    }
}

/// Options of the operations, each under its operation's name; fixed at submit, and sent with every job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationOptions {
    pub text: TextOptions,
}

/// Layout of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextOptions {
    /// `ﬁ` becomes `fi`.
    pub expand_ligatures: bool,
    /// A word broken by a hyphen at a line's end becomes one word.
    pub join_hyphens: bool,
    /// Adds blocks, lines and words with their boxes to `pages.json`
    /// (points, origin at the top left of the page as it is shown).
    pub boxes: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { expand_ligatures: true, join_hyphens: true, boxes: false }
    }
}

/// The most that a document may cost; enforced inside the worker process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentLimits {
    pub max_file_bytes: u64,
    pub max_pages: u32,
    /// Bytes that one stream of the document may unpack to.
    pub max_decompressed_bytes: u64,
    /// Bytes of all artifacts of one attempt together.
    pub max_output_bytes: u64,
}

/// The engine's summary of a document that it could process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DocumentSummary {
    pub pages: u32,
    /// Pages that carry an error of their own.
    pub pages_failed: u32,
    /// Characters of text found.
    pub chars: u64,
    /// One line each, for a person; empty when all is well.
    pub warnings: Vec<String>,
}
