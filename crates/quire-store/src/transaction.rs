//! The ports of the store: a [`StoreSnapshot`] answers queries, a [`Transaction`] writes. Which database is behind them is
//! nobody's business outside of the store.

use super::StoreError;
use super::api_keys::{ApiKeyQueries, ApiKeyWrites};
use super::audit::{AuditQueries, AuditWrites};
use super::batches::{BatchQueries, BatchWrites};
use super::blobs::BlobStore;
use super::deliveries::{DeliveryQueries, DeliveryWrites};
use super::events::{EventLogQueries, EventLogWrites};
use super::files::{FileQueries, FileWrites};
use super::items::{ItemQueries, ItemWrites};
use super::name_search::NameSearchQueries;
use super::run_inputs::{RunInputQueries, RunInputWrites};
use super::uploads::{UploadQueries, UploadWrites};
use super::webhooks::{WebhookQueries, WebhookWrites};
use quire_domain::ids::Micros;
use quire_domain::retry::RetryPolicy;

/// Everything that can be asked, of one state of the store: all answers of one snapshot belong together.
pub trait StoreSnapshot:
    BatchQueries
    + ItemQueries
    + EventLogQueries
    + ApiKeyQueries
    + AuditQueries
    + FileQueries
    + UploadQueries
    + NameSearchQueries
    + WebhookQueries
    + DeliveryQueries
    + RunInputQueries
{
}

impl<T> StoreSnapshot for T where
    T: BatchQueries
        + ItemQueries
        + EventLogQueries
        + ApiKeyQueries
        + AuditQueries
        + FileQueries
        + UploadQueries
        + NameSearchQueries
        + WebhookQueries
        + DeliveryQueries
        + RunInputQueries
{
}

/// One change's view of a transaction. Whatever it writes is committed with it, or not at all.
pub trait Transaction:
    BatchWrites
    + ItemWrites
    + EventLogWrites
    + ApiKeyWrites
    + AuditWrites
    + FileWrites
    + UploadWrites
    + WebhookWrites
    + DeliveryWrites
    + RunInputWrites
{
    /// The store as it is at this point of the transaction, with all that was written before.
    ///
    /// # Errors
    /// [`StoreError`] when what was gathered cannot be written.
    fn read(&mut self) -> Result<&mut dyn StoreSnapshot, StoreError>;

    /// The same instant for everything in one commit.
    fn now(&self) -> Micros;

    fn context(&self) -> &BootContext;

    /// Writes something that changes nothing: shows whether the disk takes a write.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    fn probe(&mut self) -> Result<(), StoreError>;
}

/// Constants of the server's life.
#[derive(Debug, Clone)]
pub struct BootContext {
    pub epoch: i64,
    /// Items that may run at once.
    pub slots: u32,
    pub retry: RetryPolicy,
    pub blobs: BlobStore,
}
