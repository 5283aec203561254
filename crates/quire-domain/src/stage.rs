//! Stages of an attempt: shown as progress, never stored as state.

use serde::Deserialize;

use crate::closed_list;

closed_list! {
    /// The twelve stages a document can be in, in the order of its walk.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum Stage {
        Queued = "queued",
        Receiving = "receiving",
        Validating = "validating",
        Opening = "opening",
        ExtractingText = "extracting_text",
        ExtractingInfo = "extracting_info",
        Rendering = "rendering",
        Rewriting = "rewriting",
        Recognizing = "recognizing",
        Summarizing = "summarizing",
        Storing = "storing",
        Finished = "finished",
    }
}
