//! The results of one input: its text, and one JSON object with everything else.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::outputs::Outputs;
use quire_domain::failure::FailureCode;
use quire_domain::ids::{ItemAddress, Micros};
use quire_domain::item::ItemState;
use quire_domain::operation::DocumentSummary;
use quire_domain::retry::FailReason;
use quire_store::artifacts::ArtifactRow;
use quire_store::attempts::AttemptRow;
use quire_store::blobs::BlobStore;
use quire_store::items::StoredItem;
use quire_store::run_inputs::RunInputPaths;
use quire_store::{StoreError, StoreSnapshot};

pub(super) const TEXT: &str = ".txt";
pub(super) const JSON: &str = ".json";

/// All that is known of one input.
#[derive(Debug)]
pub(super) struct InputFacts {
    pub key: ItemAddress,
    pub input: RunInputPaths,
    pub item: StoredItem,
    attempt: Option<AttemptRow>,
    artifacts: Vec<ArtifactRow>,
}

/// Why an input failed and what can be done.
#[derive(Debug, Clone, Serialize)]
pub struct InputFailure {
    pub code: String,
    pub reason: Option<FailReason>,
    pub detail: String,
    pub remedy: String,
}

#[derive(Serialize)]
struct Document<'a> {
    source: &'a str,
    status: &'static str,
    attempts: u32,
    page_count: Option<u32>,
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<InputFailure>,
    info: Option<&'a RawValue>,
    pages: Option<&'a RawValue>,
}

/// The part of `pages.json` that is passed on.
#[derive(Deserialize)]
struct Pages<'a> {
    #[serde(borrow)]
    pages: &'a RawValue,
}

impl InputFacts {
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub(super) fn read(
        snapshot: &mut dyn StoreSnapshot,
        key: ItemAddress,
        input: RunInputPaths,
        item: StoredItem,
    ) -> Result<Self, StoreError> {
        let (batch, position, generation) = (key.batch, key.position, item.item.generation);
        let attempt = snapshot.newest_attempt(batch, position)?.filter(|row| row.generation == generation as i32);
        let artifacts = match item.item.state {
            ItemState::Succeeded => snapshot.artifacts(batch, position, generation)?,
            _ => Vec::new(),
        };
        Ok(Self { key, input, item, attempt, artifacts })
    }

    pub(super) fn state(&self) -> ItemState {
        self.item.item.state
    }

    pub(super) fn summary(&self) -> DocumentSummary {
        let summary = self.attempt.as_ref().filter(|_| self.state() == ItemState::Succeeded);
        let text = summary.and_then(|attempt| attempt.summary.as_deref());
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// When its last attempt began; 0 when there was none.
    pub(super) fn started_at(&self) -> Micros {
        self.attempt.as_ref().map_or(0, |attempt| attempt.started_at)
    }

    pub(super) fn failure(&self) -> Option<InputFailure> {
        let item = &self.item.item;
        let code = item.failure.filter(|_| item.state == ItemState::Failed)?;
        Some(InputFailure {
            code: code.as_str().into(),
            reason: item.reason,
            detail: self.attempt.as_ref().and_then(|attempt| attempt.detail.clone()).unwrap_or_default(),
            remedy: remedy(code).into(),
        })
    }

    /// The suffixes of the files that are there for this input, once exported.
    pub(super) fn suffixes(&self) -> &'static [&'static str] {
        match self.state() {
            ItemState::Succeeded if self.artifact("text.txt").is_some() => &[TEXT, JSON],
            ItemState::Succeeded | ItemState::Failed => &[JSON],
            _ => &[],
        }
    }

    /// Whether the files are there, as far as can be seen without reading them.
    pub(super) fn is_exported(&self, outputs: &Outputs) -> bool {
        self.suffixes().iter().all(|suffix| {
            let size = outputs.place(&self.input.stem, suffix).metadata().map(|file| file.len());
            match self.artifact("text.txt").filter(|_| *suffix == TEXT) {
                Some(text) => size.is_ok_and(|size| size == text.size_bytes as u64),
                None => size.is_ok_and(|size| size > 0),
            }
        })
    }

    /// Writes the files of an input that has succeeded or failed; nothing for others.
    ///
    /// # Errors
    /// When a result cannot be read or written.
    pub(super) fn export(&self, outputs: &Outputs, blobs: &BlobStore) -> io::Result<()> {
        if let Some(text) = self.artifact("text.txt") {
            outputs.copy(&blobs.blob_path(&text.sha256), &outputs.place(&self.input.stem, TEXT))?;
        }
        if self.suffixes().contains(&JSON) {
            self.export_json(outputs, blobs)?;
        }
        Ok(())
    }

    fn export_json(&self, outputs: &Outputs, blobs: &BlobStore) -> io::Result<()> {
        let (info, pages) = (self.load("info.json", blobs)?, self.load("pages.json", blobs)?);
        let pages = pages.as_deref().map(serde_json::from_str::<Pages<'_>>).transpose()?;
        let summary = self.summary();
        let document = Document {
            source: &self.input.path.to_string_lossy(),
            status: self.state().as_str(),
            attempts: self.item.item.attempt,
            page_count: (self.state() == ItemState::Succeeded).then_some(summary.pages),
            warnings: &summary.warnings,
            failure: self.failure(),
            info: info.as_deref().map(serde_json::from_str).transpose()?,
            pages: pages.map(|pages| pages.pages),
        };
        outputs.write(&outputs.place(&self.input.stem, JSON), |file| {
            serde_json::to_writer(&mut *file, &document)?;
            io::Write::write_all(file, b"\n")
        })
    }

    pub(super) fn load(&self, name: &str, blobs: &BlobStore) -> io::Result<Option<String>> {
        self.artifact(name).map(|artifact| fs::read_to_string(blobs.blob_path(&artifact.sha256))).transpose()
    }

    fn artifact(&self, name: &str) -> Option<&ArtifactRow> {
        self.artifacts.iter().find(|artifact| artifact.name == name)
    }
}

/// Remedy for a person at a terminal.
fn remedy(code: FailureCode) -> &'static str {
    match code {
        FailureCode::NeedsPassword | FailureCode::WrongPassword => {
            "Go on with --resume and the right --password (or QUIRE_PASSWORD)."
        }
        FailureCode::DocumentForbidden => "Give this user the right to read the file, then go on with --resume.",
        FailureCode::DocumentMissing => "The file is no longer there; put it back, then go on with --resume.",
        other => other.remedy(),
    }
}

/// The place of a result as it stands in the report.
pub(super) fn relative(stem: &Path, suffix: &str) -> String {
    super::names::with_suffix(stem, suffix).to_string_lossy().into_owned()
}
