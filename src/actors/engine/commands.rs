//! The engine's commands: each gives a function of [`crate::commands`] to the writer, and tells the actors afterwards.
//!
//! Handlers and command-line tools call these and never see a transaction.

use std::sync::Arc;

use super::Engine;
use crate::commands::control::{self, AppliedControl, RetryRequest};
use crate::commands::files::{self, AddedFile};
use crate::commands::submit::{self, Idempotency, NewBatch, NewItem, SubmitResult};
use crate::commands::webhooks::{self, WebhookChange};
use crate::commands::{audit, deliveries, run_inputs, uploads};
use quire_base::failpoints::{Failpoint, failpoint};
use quire_domain::batch::BatchInput;
use quire_domain::ids::{BatchKey, CorrelationId, Micros, OwnerKey};
use quire_domain::webhook::{MessageId, WebhookId};
use quire_store::audit::{AuditActor, AuditNote};
use quire_store::batches::BatchRecord;
use quire_store::deliveries::Delivery;
use quire_store::files::NewFile;
use quire_store::pieces::UploadWriteLock;
use quire_store::run_inputs::RunInputPaths;
use quire_store::uploads::NewUpload;
use quire_store::vault::EncryptedBytes;
use quire_store::webhooks::{NewWebhook, Webhook};
use quire_store::{StoreError, Transaction};
use uuid::Uuid;

impl Engine {
    /// Takes a batch in; when this returns, it survives power loss.
    ///
    /// # Errors
    /// [`StoreError`]; then there is no such batch.
    pub async fn submit(&self, new: NewBatch) -> Result<SubmitResult, StoreError> {
        let submitted = self.context.db.try_write("batch.submit", move |txn| submit::submit(txn, &new)).await?;
        failpoint(Failpoint::SubmitReply);
        self.attend(submitted.record);
        Ok(submitted)
    }

    /// Writes a line of the audit log that no change of the store writes by itself.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was noted.
    pub async fn note_in_audit(&self, by: AuditActor, note: AuditNote) -> Result<(), StoreError> {
        self.context.db.write("audit.note", move |txn| audit::note(txn, &by, &note)).await
    }

    /// Adds items to an open batch, once for each idempotency key.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was added.
    pub async fn extend(
        &self,
        key: BatchKey,
        items: Vec<NewItem>,
        once: Option<Idempotency>,
        by: CorrelationId,
    ) -> Result<SubmitResult, StoreError> {
        let limit = self.config.http.max_batch_items;
        let extend = self.context.db.try_write("batch.extend", move |txn| {
            submit::extend_idempotent(txn, key, &items, once.as_ref(), &by, limit)
        });
        let extended = extend.await?;
        self.attend(extended.record);
        Ok(extended)
    }

    /// Pause, resume, cancel, seal, retry.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the batch's state forbids it.
    pub async fn control(
        &self,
        key: BatchKey,
        event: BatchInput,
        by: CorrelationId,
    ) -> Result<AppliedControl, StoreError> {
        let done = self
            .context
            .db
            .try_write("batch.control", move |txn| control::apply_batch_input(txn, key, &event, &by))
            .await?;
        failpoint(Failpoint::ControlReply);
        self.attend(done.record);
        Ok(done)
    }

    /// Items again, all that did not succeed or some that failed.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the batch's state forbids it, [`StoreError::ExpectedDiffers`] when it would be more or
    /// fewer than expected; then nothing was done.
    pub async fn retry(
        &self,
        key: BatchKey,
        request: RetryRequest,
        by: CorrelationId,
    ) -> Result<AppliedControl, StoreError> {
        let done =
            self.context.db.try_write("batch.control", move |txn| control::retry(txn, key, &request, &by)).await?;
        failpoint(Failpoint::ControlReply);
        self.attend(done.record);
        Ok(done)
    }

    /// A new batch whose items are exactly these inputs of a run.
    ///
    /// # Errors
    /// [`StoreError`]; then there is no such batch.
    pub async fn submit_run(&self, new: NewBatch, inputs: Vec<RunInputPaths>) -> Result<BatchRecord, StoreError> {
        let submit = self.context.db.write("run.submit", move |txn| run_inputs::submit_run(txn, &new, &inputs));
        let record = submit.await?;
        self.attend(record);
        Ok(record)
    }

    /// More inputs for a run's open batch; items and inputs go together one by one.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was added.
    pub async fn extend_run(
        &self,
        key: BatchKey,
        items: Vec<NewItem>,
        inputs: Vec<RunInputPaths>,
        by: CorrelationId,
    ) -> Result<BatchRecord, StoreError> {
        let extend = move |txn: &mut dyn Transaction| run_inputs::extend_run(txn, key, &items, &inputs, &by);
        let record = self.context.db.write("run.extend", extend).await?;
        self.attend(record);
        Ok(record)
    }

    /// Adds files that batches may name.
    ///
    /// # Errors
    /// [`StoreError`]; then none was added.
    pub async fn add_files(&self, files: Vec<NewFile>) -> Result<Vec<AddedFile>, StoreError> {
        let add = move |txn: &mut dyn Transaction| files.iter().map(|file| files::add(txn, file)).collect();
        self.context.db.try_write("files.add", add).await
    }

    /// # Errors
    /// [`StoreError::TooManyUploads`].
    pub async fn open_upload(&self, new: NewUpload) -> Result<(), StoreError> {
        let limit = self.config.http.max_open_uploads_per_owner;
        self.context.db.try_write("upload.open", move |txn| uploads::open(txn, &new, limit)).await
    }

    /// So many bytes of an upload are durable. The claim goes with the write: whoever asked may be gone before it is
    /// committed, and nobody else may write these bytes until then.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was given up or forgotten meanwhile.
    pub async fn advance_upload(
        &self,
        (owner, id): (OwnerKey, Uuid),
        claim: Arc<UploadWriteLock>,
        received: u64,
        expires_at: Micros,
    ) -> Result<(), StoreError> {
        let advance = move |txn: &mut dyn Transaction| {
            let _held = &claim;
            uploads::advance(txn, owner, id, received, expires_at)
        };
        self.context.db.try_write("upload.advance", advance).await
    }

    /// Makes a file of an upload.
    ///
    /// # Errors
    /// As [`Self::advance_upload`], and those of [`Self::add_files`].
    pub async fn complete_upload(
        &self,
        id: Uuid,
        claim: Arc<UploadWriteLock>,
        file: NewFile,
    ) -> Result<AddedFile, StoreError> {
        let complete = move |txn: &mut dyn Transaction| {
            let _held = &claim;
            uploads::complete(txn, id, &file)
        };
        self.context.db.try_write("upload.complete", complete).await
    }

    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such upload.
    pub async fn give_up_upload(&self, owner: OwnerKey, id: Uuid) -> Result<(), StoreError> {
        self.context.db.try_write("upload.give_up", move |txn| uploads::give_up(txn, owner, id)).await
    }

    /// Whether a write reaches the disk.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn probe_writer(&self) -> Result<(), StoreError> {
        self.context.db.write("ready.probe", |txn| txn.probe()).await
    }

    /// Adds a webhook.
    ///
    /// # Errors
    /// [`StoreError::TooManyWebhooks`].
    pub async fn add_webhook(&self, new: NewWebhook) -> Result<Webhook, StoreError> {
        let limit = self.config.webhooks.max_per_owner;
        self.told(self.context.db.write("webhook.add", move |txn| webhooks::add(txn, &new, limit)).await)
    }

    /// Changes a webhook's settings.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such webhook.
    pub async fn change_webhook(
        &self,
        owner: OwnerKey,
        id: WebhookId,
        change: WebhookChange,
    ) -> Result<Webhook, StoreError> {
        self.told(self.context.db.write("webhook.change", move |txn| webhooks::change(txn, owner, id, &change)).await)
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such webhook.
    pub async fn delete_webhook(&self, owner: OwnerKey, id: WebhookId) -> Result<(), StoreError> {
        let key = self.context.db.write("webhook.delete", move |txn| webhooks::mark_deleted(txn, owner, id)).await?;
        self.webhook_changed(key);
        Ok(())
    }

    /// A new secret; the one before signs as well for `overlap` microseconds.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such webhook.
    pub async fn rotate_webhook_secret(
        &self,
        owner: OwnerKey,
        id: WebhookId,
        secret: EncryptedBytes,
        overlap: Micros,
    ) -> Result<Webhook, StoreError> {
        let rotate = move |txn: &mut dyn Transaction| webhooks::rotate_secret(txn, owner, id, &secret, overlap);
        self.told(self.context.db.write("webhook.rotate", rotate).await)
    }

    /// Enables or disables a webhook.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such webhook.
    pub async fn set_webhook_enabled(
        &self,
        owner: OwnerKey,
        id: WebhookId,
        enabled: bool,
    ) -> Result<Webhook, StoreError> {
        let set = move |txn: &mut dyn Transaction| webhooks::set_enabled(txn, owner, id, enabled);
        self.told(self.context.db.write("webhook.enable", set).await)
    }

    /// Delivers everything from the event `first` on again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] while the webhook is disabled.
    pub async fn rewind_webhook(&self, owner: OwnerKey, id: WebhookId, first: i64) -> Result<Webhook, StoreError> {
        self.told(
            self.context
                .db
                .write("webhook.recover", move |txn| webhooks::rewind_webhook_cursor(txn, owner, id, first))
                .await,
        )
    }

    /// A message without an event, at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] while the webhook is disabled.
    pub async fn test_webhook(&self, owner: OwnerKey, id: WebhookId) -> Result<Delivery, StoreError> {
        let test = self.context.db.write("webhook.test", move |txn| deliveries::add_test_delivery(txn, owner, id));
        let (key, delivery) = test.await?;
        self.webhook_changed(key);
        Ok(delivery)
    }

    /// The same message once more, at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] while the webhook is disabled.
    pub async fn resend_delivery(
        &self,
        owner: OwnerKey,
        id: WebhookId,
        message: MessageId,
    ) -> Result<Delivery, StoreError> {
        let resend =
            self.context.db.write("webhook.resend", move |txn| deliveries::resend_delivery(txn, owner, id, message));
        let (key, delivery) = resend.await?;
        self.webhook_changed(key);
        Ok(delivery)
    }

    /// Tells the actor of a webhook that was added or changed, after the commit.
    fn told(&self, changed: Result<Webhook, StoreError>) -> Result<Webhook, StoreError> {
        changed.inspect(|webhook| self.webhook_changed(webhook.key))
    }
}
