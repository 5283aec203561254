//! Stages of an attempt: shown as progress, never stored as state.

use serde::{Deserialize, Serialize};

/// The twelve stages a document can be in, in the order of its walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Queued,
    Receiving,
    Validating,
    Opening,
    ExtractingText,
    ExtractingInfo,
    Rendering,
    Rewriting,
    Recognizing,
    Summarizing,
    Storing,
    Finished,
}

impl Stage {
    pub const ALL: [Stage; 12] = [
        Stage::Queued,
        Stage::Receiving,
        Stage::Validating,
        Stage::Opening,
        Stage::ExtractingText,
        Stage::ExtractingInfo,
        Stage::Rendering,
        Stage::Rewriting,
        Stage::Recognizing,
        Stage::Summarizing,
        Stage::Storing,
        Stage::Finished,
    ];

    /// The stable name on the wire and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Queued => "queued",
            Stage::Receiving => "receiving",
            Stage::Validating => "validating",
            Stage::Opening => "opening",
            Stage::ExtractingText => "extracting_text",
            Stage::ExtractingInfo => "extracting_info",
            Stage::Rendering => "rendering",
            Stage::Rewriting => "rewriting",
            Stage::Recognizing => "recognizing",
            Stage::Summarizing => "summarizing",
            Stage::Storing => "storing",
            Stage::Finished => "finished",
        }
    }
}
