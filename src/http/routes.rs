//! The route table: every address, who may ask it, and what its type does not say.

use super::api::{self, Api, Needs, about};
use super::problem::ProblemCode;
use super::{
    admin, audit, batch_actions, batches, bulk, compat, download_form, failures, files, health, item_states, items,
    keys, live, pages, results, search, session, system, uploads, webhook_deliveries, webhooks,
};
use quire_domain::access::Scope;

/// Every route, with what its type does not say.
pub(super) fn api_table() -> Api {
    use ProblemCode::*;
    let mut api = Api::default();
    api.post(
        "/api/v1/files",
        files::upload,
        about("uploadFiles", Needs::Scope(Scope::FilesWrite), "Uploads documents for batches to come"),
    )
    .post(
        "/api/v1/uploads",
        uploads::create,
        about("createUpload", Needs::Scope(Scope::FilesWrite), "Announces a document that comes in pieces")
            .fails(&[TooManyUploads])
            .headers(&["Location", "Upload-Offset"]),
    )
    .get(
        "/api/v1/uploads/{id}",
        uploads::show,
        about("getUpload", Needs::Scope(Scope::FilesWrite), "Where it goes on; HEAD answers the header alone")
            .headers(&["Upload-Offset"]),
    )
    .patch(
        "/api/v1/uploads/{id}",
        uploads::append,
        about(
            "appendToUpload",
            Needs::Scope(Scope::FilesWrite),
            "The next piece; the last one is answered with the file",
        )
        .fails(&[OffsetDiffers, Conflict])
        .headers(&["Upload-Offset"]),
    )
    .delete(
        "/api/v1/uploads/{id}",
        uploads::remove,
        about("deleteUpload", Needs::Scope(Scope::FilesWrite), "Gives it up"),
    )
    .get(
        "/api/v1/batches",
        batches::list,
        about("listBatches", Needs::Scope(Scope::BatchesRead), "Batches, newest first").fails(&[BadCursor]),
    )
    .post(
        "/api/v1/batches",
        batches::submit,
        about("submitBatch", Needs::Scope(Scope::BatchesWrite), "Makes a batch").headers(&["Location"]),
    )
    .post(
        "/api/v1/batches/bulk",
        bulk::act,
        about(
            "actOnBatches",
            Needs::Scope(Scope::BatchesWrite),
            "Pauses, resumes, cancels or retries all that a filter keeps",
        )
        .fails(&[ExpectedDiffers]),
    )
    .get(
        "/api/v1/batches/{id}",
        batches::show,
        about("getBatch", Needs::Scope(Scope::BatchesRead), "One batch").headers(&["ETag"]),
    )
    .delete(
        "/api/v1/batches/{id}",
        batch_actions::cancel,
        about("cancelBatch", Needs::Scope(Scope::BatchesWrite), "Cancels it").fails(&[StateForbids]),
    )
    .put(
        "/api/v1/batches/{id}/pause",
        batch_actions::pause,
        about("pauseBatch", Needs::Scope(Scope::BatchesWrite), "Pauses it").fails(&[StateForbids]),
    )
    .put(
        "/api/v1/batches/{id}/resume",
        batch_actions::resume,
        about("resumeBatch", Needs::Scope(Scope::BatchesWrite), "Resumes it").fails(&[StateForbids]),
    )
    .put(
        "/api/v1/batches/{id}/seal",
        batch_actions::seal,
        about("sealBatch", Needs::Scope(Scope::BatchesWrite), "Takes no more items").fails(&[StateForbids]),
    )
    .post(
        "/api/v1/batches/{id}/retry",
        batch_actions::retry,
        about("retryBatch", Needs::Scope(Scope::BatchesWrite), "Tries items again")
            .fails(&[StateForbids, ExpectedDiffers]),
    )
    .get(
        "/api/v1/batches/{id}/items",
        items::list,
        about("listItems", Needs::Scope(Scope::BatchesRead), "Items, in input order").fails(&[BadCursor]),
    )
    .post(
        "/api/v1/batches/{id}/items",
        batch_actions::extend,
        about("addItems", Needs::Scope(Scope::BatchesWrite), "More items for an open batch").fails(&[StateForbids]),
    )
    .get(
        "/api/v1/batches/{id}/items/states",
        item_states::states,
        about("getItemStates", Needs::Scope(Scope::BatchesRead), "The states of all items, two bytes for each")
            .headers(&["ETag", "X-Quire-Rev", "X-Quire-States", "X-Quire-Failures"]),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}",
        items::show,
        about("getItem", Needs::Scope(Scope::BatchesRead), "One item with its attempts"),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}/document",
        items::document,
        about("getDocument", Needs::Scope(Scope::FilesRead), "The document as it was sent")
            .fails(&[DocumentNotFound, RangeNotSatisfiable])
            .headers(&["ETag"]),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}/artifacts/{name}",
        items::artifact,
        about("getArtifact", Needs::Scope(Scope::FilesRead), "One result")
            .fails(&[RangeNotSatisfiable])
            .headers(&["ETag"]),
    )
    .get(
        "/api/v1/batches/{id}/items/{position}/pages",
        pages::show,
        about("getPages", Needs::Scope(Scope::FilesRead), "Pages of one document with their text")
            .fails(&[ArtifactNotFound]),
    )
    .get(
        "/api/v1/batches/{id}/failures",
        failures::groups,
        about("getFailures", Needs::Scope(Scope::BatchesRead), "Failed items by what they failed of, the most first"),
    )
    .get(
        "/api/v1/batches/{id}/results.jsonl",
        results::jsonl,
        about("getResults", Needs::Scope(Scope::FilesRead), "All items as JSON lines, in input order")
            .headers(&["Content-Disposition"]),
    )
    .get(
        "/api/v1/search",
        search::search,
        about("search", Needs::Scope(Scope::BatchesRead), "Batches and documents by name or id"),
    )
    .get(
        "/api/v1/events",
        live::poll::after,
        about("pollEvents", Needs::Scope(Scope::EventsRead), "Events after a place in the log"),
    )
    .get(
        "/api/v1/events/stream",
        live::stream::listen,
        about("streamEvents", Needs::Scope(Scope::EventsRead), "The log as server-sent events"),
    )
    .get(
        "/api/v1/streams/events",
        live::durable::events,
        about("readEventStream", Needs::Scope(Scope::EventsRead), "The log by the Durable Streams protocol")
            .fails(&[OffsetGone, Unavailable])
            .headers(&["Stream-Next-Offset", "Stream-Cursor", "Stream-Up-To-Date"]),
    )
    .get(
        "/api/v1/streams/batches/{id}",
        live::durable::batch_events,
        about(
            "readBatchStream",
            Needs::Scope(Scope::EventsRead),
            "The events of one batch by the Durable Streams protocol",
        )
        .fails(&[OffsetGone, Unavailable])
        .headers(&["Stream-Next-Offset", "Stream-Cursor", "Stream-Up-To-Date"]),
    )
    .get(
        "/api/v1/ws",
        live::ws::open,
        about("openSocket", Needs::OwnCheck, "Opens a WebSocket; see the AsyncAPI document"),
    )
    .post(
        "/api/v1/ws-tickets",
        live::tickets::issue,
        about("issueTicket", Needs::Scope(Scope::EventsRead), "A ticket that opens one WebSocket"),
    );
    session_routes(&mut api);
    webhook_routes(&mut api);
    admin_routes(&mut api);
    api.get(
        "/api/v1/openapi.json",
        api::served::openapi_json,
        about("getOpenApi", Needs::Nothing, "This document").headers(&["ETag"]),
    )
    .get(
        "/api/v1/asyncapi.json",
        api::served::asyncapi_json,
        about("getAsyncApi", Needs::Nothing, "The frames of a live connection").headers(&["ETag"]),
    )
    .get(
        "/docs",
        api::served::page,
        about("getDocsPage", Needs::Nothing, "This document, for people").headers(&["ETag"]),
    )
    .get(
        "/docs/rapidoc-min.js",
        api::served::reader,
        about("getDocsScript", Needs::Nothing, "The script of that page").headers(&["ETag"]),
    )
    .get("/healthz", health::alive, about("getHealth", Needs::Nothing, "Whether there is a process"))
    .get("/readyz", health::ready, about("getReadiness", Needs::Nothing, "Whether it can do its work"));
    compat::routes(&mut api);
    api
}

/// Of the dashboard. That and its pages are no part of this interface: see [`dashboard`].
fn session_routes(api: &mut Api) {
    use ProblemCode::*;
    api.post(
        "/api/v1/session",
        session::begin,
        about("beginSession", Needs::OwnCheck, "Logs a page in; the other half of the session is a cookie")
            .fails(&[Unauthorized, KeyRevoked, KeyExpired, TooManyWrongKeys, Conflict])
            .headers(&["Set-Cookie"]),
    )
    .get(
        "/api/v1/session",
        session::show,
        about("getSession", Needs::OwnCheck, "Who asks, and what a page has to know of the server").fails(&[
            Unauthorized,
            KeyRevoked,
            KeyExpired,
        ]),
    )
    .delete(
        "/api/v1/session",
        session::end,
        about("endSession", Needs::OwnCheck, "Logs out").headers(&["Set-Cookie", "Clear-Site-Data"]),
    )
    .post(
        "/api/v1/downloads",
        download_form::answer,
        about("download", Needs::OwnCheck, "Another address's download, for a form of a page that is logged in")
            .fails(&[
                Unauthorized,
                KeyRevoked,
                KeyExpired,
                ScopeMissing,
                BatchNotFound,
                ItemNotFound,
                ArtifactNotFound,
                DocumentNotFound,
                RangeNotSatisfiable,
                Busy,
            ])
            .headers(&["Content-Disposition"]),
    );
}

fn webhook_routes(api: &mut Api) {
    use ProblemCode::*;
    api.get(
        "/api/v1/webhooks",
        webhooks::list,
        about("listWebhooks", Needs::Scope(Scope::WebhooksRead), "Webhooks, oldest first"),
    )
    .post(
        "/api/v1/webhooks",
        webhooks::create,
        about("createWebhook", Needs::Scope(Scope::WebhooksWrite), "Makes a webhook; its secret is shown once")
            .fails(&[TooManyWebhooks])
            .headers(&["Location"]),
    )
    .get("/api/v1/webhooks/{id}", webhooks::show, about("getWebhook", Needs::Scope(Scope::WebhooksRead), "One webhook"))
    .patch(
        "/api/v1/webhooks/{id}",
        webhooks::change,
        about("changeWebhook", Needs::Scope(Scope::WebhooksWrite), "Changes it"),
    )
    .delete(
        "/api/v1/webhooks/{id}",
        webhooks::remove,
        about("deleteWebhook", Needs::Scope(Scope::WebhooksWrite), "Deletes it with its deliveries"),
    )
    .post(
        "/api/v1/webhooks/{id}/secret/rotate",
        webhooks::rotate,
        about("rotateWebhookSecret", Needs::Scope(Scope::WebhooksWrite), "A new secret, shown once"),
    )
    .post(
        "/api/v1/webhooks/{id}/enable",
        webhooks::enable,
        about("enableWebhook", Needs::Scope(Scope::WebhooksWrite), "Goes on where it stopped"),
    )
    .post(
        "/api/v1/webhooks/{id}/disable",
        webhooks::disable,
        about("disableWebhook", Needs::Scope(Scope::WebhooksWrite), "Sends nothing until it is enabled"),
    )
    .post(
        "/api/v1/webhooks/{id}/recover",
        webhooks::recover,
        about("recoverWebhook", Needs::Scope(Scope::WebhooksWrite), "Sends everything since then once more")
            .fails(&[Conflict]),
    )
    .post(
        "/api/v1/webhooks/{id}/test",
        webhook_deliveries::test,
        about("testWebhook", Needs::Scope(Scope::WebhooksWrite), "Sends a test message")
            .fails(&[Conflict])
            .headers(&["Location"]),
    )
    .get(
        "/api/v1/webhooks/{id}/deliveries",
        webhook_deliveries::list,
        about("listDeliveries", Needs::Scope(Scope::WebhooksRead), "Deliveries, newest first").fails(&[BadCursor]),
    )
    .get(
        "/api/v1/webhooks/{id}/deliveries/{delivery}",
        webhook_deliveries::show,
        about("getDelivery", Needs::Scope(Scope::WebhooksRead), "One delivery with its attempts"),
    )
    .post(
        "/api/v1/webhooks/{id}/deliveries/{delivery}/resend",
        webhook_deliveries::resend,
        about("resendDelivery", Needs::Scope(Scope::WebhooksWrite), "Sends it once more").fails(&[Conflict]),
    );
}

/// An actor's id is a path, such as root/db.
fn admin_routes(api: &mut Api) {
    use ProblemCode::*;
    api.get(
        "/api/v1/admin/actors",
        admin::actors,
        about("listActors", Needs::Scope(Scope::ServerRead), "The tree of actors, parents first"),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/ping",
        admin::ping,
        about("pingActor", Needs::Scope(Scope::ActorsWrite), "How long its mailbox takes")
            .fails(&[ActorDown, ActorSilent]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/restart",
        admin::restart,
        about("restartActor", Needs::Scope(Scope::ActorsWrite), "Restarts it").fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/stop",
        admin::stop,
        about("stopActor", Needs::Scope(Scope::ActorsWrite), "Stops it until it is restarted").fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/panic",
        admin::panic,
        about("panicActor", Needs::Scope(Scope::ActorsWrite), "Plants a panic; with testing.allow_planted_panics")
            .fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/actors/{id:.+}/stall",
        admin::stall,
        about("stallActor", Needs::Scope(Scope::ActorsWrite), "Plants a stall; with testing.allow_planted_panics"),
    )
    .delete(
        "/api/v1/admin/actors/{id:.+}/stall",
        admin::end_stall,
        about("endStall", Needs::Scope(Scope::ActorsWrite), "Ends a planted stall"),
    )
    .get("/api/v1/admin/actors/{id:.+}", admin::actor, about("getActor", Needs::Scope(Scope::ServerRead), "One actor"))
    .get(
        "/api/v1/admin/doctor",
        system::doctor,
        about("examine", Needs::Scope(Scope::ServerRead), "Checks machine, disk, database and a worker process"),
    )
    .get(
        "/api/v1/admin/settings",
        system::settings,
        about("listSettings", Needs::Scope(Scope::ServerRead), "Settings in force, and who said so"),
    )
    .get(
        "/api/v1/admin/logs",
        system::logs,
        about("listLogLines", Needs::Scope(Scope::ServerRead), "The newest lines of the log"),
    )
    .get(
        "/api/v1/admin/audit",
        audit::list,
        about("listAuditLines", Needs::Scope(Scope::AuditRead), "Who changed what of the server, oldest first"),
    )
    .get(
        "/api/v1/admin/keys",
        keys::list,
        about("listKeys", Needs::Scope(Scope::KeysRead), "API keys, revoked ones too"),
    )
    .post(
        "/api/v1/admin/keys",
        keys::add,
        about("createKey", Needs::Scope(Scope::KeysWrite), "Makes a key; its text is shown once").fails(&[Conflict]),
    )
    .post(
        "/api/v1/admin/keys/{id}/rotate",
        keys::rotate,
        about("rotateKey", Needs::Scope(Scope::KeysWrite), "A key in its place; both open for a while")
            .fails(&[Conflict]),
    )
    .delete(
        "/api/v1/admin/keys/{id}",
        keys::revoke,
        about("revokeKey", Needs::Scope(Scope::KeysWrite), "Revokes it, at once and for good"),
    );
}
