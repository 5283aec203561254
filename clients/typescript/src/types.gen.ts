// Written by `npm run types` from docs/api/openapi.json. Never edited.

export interface paths {
    "/api/batch/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * As submitBatch
         * @deprecated
         */
        post: operations["submitJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batch/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * As getBatch
         * @deprecated
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        /**
         * As cancelBatch
         * @deprecated
         */
        delete: operations["cancelJob"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batch/jobs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * As pauseBatch
         * @deprecated
         */
        put: operations["pauseJob"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batch/jobs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * As resumeBatch
         * @deprecated
         */
        put: operations["resumeJob"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batch/jobs/{id}/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * As listItems
         * @deprecated
         */
        get: operations["listTasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/batch/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Figures of batches and items, and of the server */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tree of actors, parents first */
        get: operations["listActors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actors/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One actor */
        get: operations["getActor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actors/{id}/panic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Plants a panic; with testing.allow_planted_panics */
        post: operations["panicActor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actors/{id}/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** How long its mailbox takes */
        post: operations["pingActor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actors/{id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Restarts it */
        post: operations["restartActor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actors/{id}/stall": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Plants a stall; with testing.allow_planted_panics */
        post: operations["stallActor"];
        /** Ends a planted stall */
        delete: operations["endStall"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actors/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stops it until it is restarted */
        post: operations["stopActor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed what of the server, oldest first */
        get: operations["listAuditLines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Checks machine, disk, database and a worker process */
        get: operations["examine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API keys, revoked ones too */
        get: operations["listKeys"];
        put?: never;
        /** Makes a key; its text is shown once */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes it, at once and for good */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A key in its place; both open for a while */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest lines of the log */
        get: operations["listLogLines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Settings in force, and who said so */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/asyncapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The frames of a live connection */
        get: operations["getAsyncApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Batches, newest first */
        get: operations["listBatches"];
        put?: never;
        /** Makes a batch */
        post: operations["submitBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One batch */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        /** Cancels it */
        delete: operations["cancelBatch"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/failures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Failed items by what they failed of, the most first */
        get: operations["getFailures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Items, in input order */
        get: operations["listItems"];
        put?: never;
        /** More items for an open batch */
        post: operations["addItems"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/items/{position}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One item with its attempts */
        get: operations["getItem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/items/{position}/artifacts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One result */
        get: operations["getArtifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/items/{position}/document": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The document as it was sent */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/items/{position}/pages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Pages of one document with their text */
        get: operations["getPages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/items/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The states of all items, two bytes for each */
        get: operations["getItemStates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Pauses it */
        put: operations["pauseBatch"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/results.jsonl": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All items as JSON lines, in input order */
        get: operations["getResults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Resumes it */
        put: operations["resumeBatch"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries items again */
        post: operations["retryBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/{id}/seal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Takes no more items */
        put: operations["sealBatch"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batches/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pauses, resumes, cancels or retries all that a filter keeps */
        post: operations["actOnBatches"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/downloads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Another address's download, for a form of a page that is logged in */
        post: operations["download"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events after a place in the log */
        get: operations["pollEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The log as server-sent events */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Uploads documents for batches to come */
        post: operations["uploadFiles"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Batches and documents by name or id */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asks, and what a page has to know of the server */
        get: operations["getSession"];
        put?: never;
        /** Logs a page in; the other half of the session is a cookie */
        post: operations["beginSession"];
        /** Logs out */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streams/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of one batch by the Durable Streams protocol */
        get: operations["readBatchStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streams/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The log by the Durable Streams protocol */
        get: operations["readEventStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Announces a document that comes in pieces */
        post: operations["createUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where it goes on; HEAD answers the header alone */
        get: operations["getUpload"];
        put?: never;
        post?: never;
        /** Gives it up */
        delete: operations["deleteUpload"];
        options?: never;
        head?: never;
        /** The next piece; the last one is answered with the file */
        patch: operations["appendToUpload"];
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Webhooks, oldest first */
        get: operations["listWebhooks"];
        put?: never;
        /** Makes a webhook; its secret is shown once */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One webhook */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /** Deletes it with its deliveries */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /** Changes it */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/api/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Deliveries, newest first */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/deliveries/{delivery}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One delivery with its attempts */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/deliveries/{delivery}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends it once more */
        post: operations["resendDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends nothing until it is enabled */
        post: operations["disableWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Goes on where it stopped */
        post: operations["enableWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/recover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends everything since then once more */
        post: operations["recoverWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/secret/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A new secret, shown once */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a test message */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Opens a WebSocket; see the AsyncAPI document */
        get: operations["openSocket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ws-tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A ticket that opens one WebSocket */
        post: operations["issueTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document, for people */
        get: operations["getDocsPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/rapidoc-min.js": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The script of that page */
        get: operations["getDocsScript"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether there is a process */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether it can do its work */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description As in the `progress` frames. */
        Activity: {
            /**
             * Format: double
             * @description Seconds until the last item has ended, if it goes on like this.
             */
            eta_seconds: number | null;
            /**
             * Format: double
             * @description Items that ended, per second, lately; absent until some did.
             */
            items_per_second: number | null;
            /**
             * Format: double
             * @description Pages worked on, per second, lately.
             */
            pages_per_second: number | null;
            running: components["schemas"]["RunningItem"][];
        };
        /** @description Times of day are in Unix milliseconds, lengths of time in the unit of their name. */
        Actor: {
            arbiter: components["schemas"]["ArbiterView"] | null;
            current: components["schemas"]["CurrentView"] | null;
            handling: components["schemas"]["LatencyView"];
            id: string;
            kind: string;
            last_panic: components["schemas"]["PanicReport"] | null;
            mailbox: components["schemas"]["MailboxView"];
            /** Format: double */
            messages_per_second: number;
            parent: string | null;
            /** @description Of the worker pool, once it has started a process: how far its processes are shut in. */
            posture?: components["schemas"]["SandboxStatus"] | null;
            restart: components["schemas"]["Restart"];
            restarts: components["schemas"]["RestartsView"];
            state: components["schemas"]["ActorState"];
            /** Format: uint64 */
            state_since_unix_ms: number;
            /**
             * Format: uint64
             * @description Of this incarnation.
             */
            uptime_ms: number;
            wait: components["schemas"]["LatencyView"];
        };
        /** @description An actor that is in the tree and does not receive. */
        ActorDown: {
            /** @description Its path in the tree. */
            actor: string;
            /**
             * Format: int64
             * @description In microseconds since 1970, UTC.
             */
            since: number;
            state: components["schemas"]["DownState"];
        };
        /** @description What an operator told an actor to do. */
        ActorOrder: {
            asked: string;
            id: string;
        };
        Actors: {
            actors: components["schemas"]["Actor"][];
            /** @description The hub's temporary children: counted, and the slowest few, as there may be thousands. */
            sessions: components["schemas"]["SessionsSummary"];
        };
        ActorState: ("starting" | "running" | "stopping") | "backoff" | "stopped" | "escalated" | "stuck";
        /** @description More items for an open batch. */
        AddItemsBody: {
            files?: components["schemas"]["FileRef"][] | null;
            /** Format: uint64 */
            items?: number | null;
        };
        Alive: {
            status: components["schemas"]["AliveStatus"];
            /** Format: uint64 */
            uptime_ms: number;
        };
        /** @enum {string} */
        AliveStatus: "ok";
        /** @enum {string} */
        AllEventTypes: "all";
        ArbiterView: {
            /** Format: double */
            lag_ms: number;
            name: string;
        };
        Artifact: {
            href: string;
            media_type: string;
            name: string;
            sha256: string;
            /** Format: uint64 */
            size_bytes: number;
        };
        /** @description The place in the log that an answer is of. */
        AsOf: {
            /**
             * Format: date-time
             * @description When the batch's newest event up to there was written.
             */
            at: string;
            /**
             * Format: int64
             * @description As asked for, or the end of the write that it was in the middle of.
             */
            seq: number;
        };
        Attempt: {
            /** Format: uint32 */
            attempt: number;
            ended: string;
            /** Format: date-time */
            ended_at: string;
            failure: components["schemas"]["Failure"] | null;
            /** Format: uint32 */
            generation: number;
            /** Format: int64 */
            peak_memory_bytes: number | null;
            /**
             * Format: date-time
             * @description Null for an attempt that failed on its way to a worker process.
             */
            started_at: string | null;
            summary: components["schemas"]["DocumentSummary"] | null;
            /** Format: double */
            work_ms: number | null;
            /** Format: int64 */
            worker_pid: number | null;
        };
        /** @description A closed list; the wire name is stable. */
        AuditAction: ("key.created" | "key.rotated" | "key.revoked" | "actor.restarted" | "actor.stopped" | "actor.stalled" | "actor.released") | "actor.panicked" | "acted_for";
        /** @description Who did what, to what. */
        AuditLine: {
            action: components["schemas"]["AuditAction"];
            after: unknown;
            /** Format: date-time */
            at: string;
            before: unknown;
            /** @description SHA-256, in hex, of the line before's chain and of what this one says. */
            chain: string;
            correlation_id: string;
            /** @description Whom it was done for, if for another. */
            for_owner: string | null;
            /** Format: int64 */
            id: number;
            /** @description The key's public part; null where no key was needed. */
            key: string | null;
            object: string;
            /** @description Of whom the key is. */
            owner: string;
            /** @description The address that the request came from; null for what was done on the machine itself. */
            peer: string | null;
        };
        AuditPage: {
            /** @description Oldest first. */
            lines: components["schemas"]["AuditLine"][];
            /**
             * Format: int64
             * @description Place to go on from.
             */
            next_after: number;
        };
        Batch: {
            /** @description Current activity and rate; absent while nobody works on it. */
            activity: components["schemas"]["Activity"] | null;
            /** @description The place in the log that this is of, where one was asked for. */
            as_of?: components["schemas"]["AsOf"] | null;
            collection: string | null;
            control: components["schemas"]["BatchControl"];
            correlation_id: string;
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            deadline: string | null;
            /** Format: date-time */
            ended_at: string | null;
            /** Format: uint32 */
            generation: number;
            id: components["schemas"]["BatchId"];
            links: components["schemas"]["BatchLinks"];
            /** @description Where its events lie in its owner's log. */
            log: components["schemas"]["LogPlaces"];
            name: string | null;
            /** Format: date-time */
            not_before: string | null;
            on_failure: components["schemas"]["FailurePolicy"];
            operations: components["schemas"]["Operation"][];
            outcome: components["schemas"]["Outcome"] | null;
            /** Format: int32 */
            priority: number;
            /**
             * Format: double
             * @description Ended share of all items, 0 to 1.
             */
            progress: number;
            /**
             * Format: uint64
             * @description Rises with each change.
             */
            rev: number;
            sealed: boolean;
            /** Format: date-time */
            started_at: string | null;
            status: components["schemas"]["BatchStatus"];
            /** @description Why it does not run; null while it does, and when it has ended. */
            waiting_because: components["schemas"]["WaitingBecause"] | null;
        };
        /**
         * @description The user's wish for the batch.
         * @enum {string}
         */
        BatchControl: "run" | "paused" | "cancelled";
        /**
         * Format: uuid
         * @description A batch's public name: a UUIDv7, so that it sorts by time.
         */
        BatchId: string;
        BatchLinks: {
            items: string;
            results: string;
            self: string;
        };
        BatchPage: {
            batches: components["schemas"]["Batch"][];
            /** @description Of all batches of the owner; absent where `collection`, `q` or `failed` narrow the list. */
            counts_by_status?: components["schemas"]["StatusCounts"] | null;
            /** @description Absent on the last page. A page with a filter may have fewer batches than asked for, or none, and go on. */
            next_cursor: string | null;
        };
        BatchState: {
            batch: components["schemas"]["BatchId"];
            counts: components["schemas"]["Counts"];
            /** Format: uint32 */
            generation: number;
            outcome: components["schemas"]["Outcome"] | null;
            /** Format: uint64 */
            rev: number;
            status: components["schemas"]["BatchStatus"];
        };
        /**
         * @description The one word a user sees.
         * @enum {string}
         */
        BatchStatus: "open" | "scheduled" | "queued" | "running" | "pausing" | "paused" | "cancelling" | "finalizing" | "succeeded" | "partial" | "failed" | "cancelled" | "expired";
        /** @description What is done to all batches that a filter keeps. */
        BulkBody: {
            /** @description Counts, and does nothing; false when left out. */
            dry_run?: boolean | null;
            /**
             * Format: uint64
             * @description The number of batches that are meant: with any other nothing is done. Needed unless `dry_run`.
             */
            expected?: number | null;
            filter: components["schemas"]["BulkFilter"];
            verb: components["schemas"]["BulkVerb"];
        };
        /** @description All of the caller's batches, but for those that a field leaves out. */
        BulkFilter: {
            collection?: string | null;
            /** @description In the name or the collection; large and small ASCII letters are the same. */
            q?: string | null;
            /** @description In one of these. */
            status?: components["schemas"]["BatchStatus"][] | null;
        };
        BulkResult: {
            /**
             * Format: uint64
             * @description Those with which it is done, now or before.
             */
            done: number;
            /**
             * Format: uint64
             * @description Batches that the filter kept.
             */
            matched: number;
            /** @description Those that did not take it: the first ones, at most `http.max_page_items`. */
            refused: components["schemas"]["RefusedBatch"][];
            /**
             * Format: uint64
             * @description How many there are of these.
             */
            refused_count: number;
            /**
             * Format: uint64
             * @description Those with which it goes on.
             */
            under_way: number;
        };
        BulkVerb: ("resume" | "cancel") | "pause" | "retry";
        /** @description One check, with its figures. */
        Check: {
            /** @description Fault, in words for an operator; none when all is well. */
            detail?: string | null;
            ok: boolean;
        } & {
            [key: string]: unknown;
        };
        /** @description One thing that was looked at. */
        CheckResult: {
            /** @description What was measured. */
            figures: unknown;
            /** @description Further lines, each a thing and what is with it. */
            lines?: [
                string,
                string
            ][];
            name: string;
            /** @description Remedy; none when it is ok. */
            remedy?: string | null;
            says: string;
            verdict: components["schemas"]["CheckStatus"];
        };
        Checks: {
            actors: components["schemas"]["Check"];
            canary: components["schemas"]["Check"];
            disk: components["schemas"]["Check"];
            readers: components["schemas"]["Check"];
            workers: components["schemas"]["Check"];
            writer: components["schemas"]["Check"];
        };
        /** @enum {string} */
        CheckStatus: "ok" | "warn" | "fail";
        /** @description Client → server. */
        ClientFrame: {
            /**
             * Format: int64
             * @description The last `upto` that arrived; 0 for all there is.
             * @default 0
             */
            after: number;
            epoch?: string | null;
            /** @constant */
            type: "resume";
        } | {
            batch?: components["schemas"]["BatchId"] | null;
            collection?: string | null;
            /** @description Whether events of single items are wanted as well; true when absent. */
            items?: boolean | null;
            /** @constant */
            type: "subscribe";
        } | {
            batch?: components["schemas"]["BatchId"] | null;
            collection?: string | null;
            /** @constant */
            type: "unsubscribe";
        } | {
            /** Format: int64 */
            seq: number;
            /** @constant */
            type: "ack";
        } | {
            /** @constant */
            type: "ping";
        };
        /** @description Follows one request through every log line, event and item it caused. */
        CorrelationId: string;
        Counts: {
            /** Format: uint64 */
            cancelled: number;
            /** Format: uint64 */
            expired: number;
            /** Format: uint64 */
            failed: number;
            /** Format: uint64 */
            queued: number;
            /** Format: uint64 */
            retry_wait: number;
            /** Format: uint64 */
            running: number;
            /** Format: uint64 */
            skipped: number;
            /** Format: uint64 */
            succeeded: number;
            /** Format: uint64 */
            total: number;
        };
        CurrentView: {
            /** Format: double */
            for_ms: number;
            message: string;
            /** Format: uint64 */
            since_unix_ms: number;
        };
        Delivery: {
            /** @description The newest, oldest of them first. */
            attempts: components["schemas"]["DeliveryAttempt"][];
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            ended_at: string | null;
            /** @description The header `webhook-id` of each attempt. */
            id: string;
            links: components["schemas"]["DeliveryLinks"];
            /**
             * Format: date-time
             * @description Not before then; absent when it has ended.
             */
            next_at?: string | null;
            /**
             * Format: int64
             * @description The event; absent for a test.
             */
            seq?: number | null;
            state: components["schemas"]["DeliveryState"];
            /**
             * Format: uint32
             * @description Attempts since it was enqueued, resent or recovered.
             */
            tries: number;
            type: string;
        };
        DeliveryAttempt: {
            /** Format: date-time */
            at: string;
            detail?: string | null;
            /** Format: uint64 */
            duration_ms: number;
            error: components["schemas"]["DeliveryError"] | null;
            /** @description The beginning of the answer's body. */
            excerpt?: string | null;
            /** Format: uint16 */
            status: number | null;
        };
        /** @description The error of an attempt; a closed list, the wire name is stable. */
        DeliveryError: "timeout" | "forbidden_address" | "no_connection" | "broken_off" | "redirect" | "status" | "event_gone" | "secret_unreadable";
        DeliveryLinks: {
            self: string;
            webhook: string;
        };
        DeliveryPage: {
            deliveries: components["schemas"]["Delivery"][];
            /** @description Absent on the last page. */
            next_cursor: string | null;
        };
        DeliveryState: "delivered" | "pending" | "failed";
        DisabledReason: "asked" | "gone" | "failing";
        DisabledWebhook: {
            /** Format: date-time */
            at: string | null;
            /** @description Meaning, and what to do. */
            detail: string;
            reason: components["schemas"]["DisabledReason"];
        };
        /** @description All checks, and the worst verdict. */
        DoctorReport: {
            findings: components["schemas"]["CheckResult"][];
            verdict: components["schemas"]["CheckStatus"];
        };
        DocumentPage: {
            /**
             * Format: uint64
             * @description Characters of the whole page other than white space.
             */
            char_count: number;
            /** @description As the document names it, such as `iv`. */
            label: string | null;
            /**
             * Format: uint32
             * @description Counted from 1.
             */
            page: number;
            text: string;
            /** @description The page does not fit into one answer: the rest of it is in the artifact `pages.json`. */
            truncated: boolean;
            warnings: string[];
        };
        DocumentPages: {
            /** Format: uint32 */
            from: number;
            /** @description The next ones begin behind the last of these. */
            items: components["schemas"]["DocumentPage"][];
            /**
             * Format: uint32
             * @description Of the whole document.
             */
            pages: number;
        };
        /** @description The engine's summary of a document that it could process. */
        DocumentSummary: {
            /**
             * Format: uint64
             * @description Characters of text found.
             */
            chars: number;
            /** Format: uint32 */
            pages: number;
            /**
             * Format: uint32
             * @description Pages that carry an error of their own.
             */
            pages_failed: number;
            /** @description One line each, for a person; empty when all is well. */
            warnings: string[];
        };
        DownloadForm: {
            /** @description The download's own address, as links name it: an artifact, a document, or the results of a batch. */
            href: string;
            /** @description The page's half of the session, which other requests show as `X-Quire-Page`. */
            page_token: string;
        };
        /** @description The ways in which an actor is down, in the words of the tree of actors. */
        DownState: "stopping" | "backoff" | "stopped" | "escalated" | "stuck";
        EngineMetrics: {
            /** Format: uint32 */
            active_batches: number;
            draining: boolean;
            /** Format: uint32 */
            slots_in_use: number;
            /** Format: uint32 */
            slots_total: number;
        };
        ErrorCode: "bad_frame" | "already_resumed" | "bad_ack" | "too_many_subscriptions" | "too_many_frames";
        ErrorFrame: {
            code: components["schemas"]["ErrorCode"];
            detail: string;
        };
        /** @description An event as every reader gets it: in the log, over WebSocket, as a server-sent event, by poll and by webhook. */
        Event: {
            /**
             * Format: date-time
             * @description RFC 3339, UTC, milliseconds.
             */
            at: string;
            batch: components["schemas"]["BatchId"];
            correlation_id: components["schemas"]["CorrelationId"];
            data: components["schemas"]["EventData"];
            /**
             * Format: uint32
             * @description The item's position in its batch, from 1.
             */
            item?: number | null;
            /**
             * Format: int64
             * @description Per owner, without a gap, from 1.
             */
            seq: number;
            type: components["schemas"]["EventType"];
        };
        /** @description What an event says beyond who and when; absent fields did not change. */
        EventData: {
            /** Format: uint32 */
            attempt?: number | null;
            /** @description The collection that the batch belongs to. Not in the log's rows: it never changes, readers add it. */
            collection?: string | null;
            control?: components["schemas"]["BatchControl"] | null;
            counts?: components["schemas"]["Counts"] | null;
            /** @description The item's newest failure: in all events of items but `item.started`, where it has one. */
            failure?: components["schemas"]["FailureCode"] | null;
            /** Format: uint32 */
            generation?: number | null;
            outcome?: components["schemas"]["Outcome"] | null;
            reason?: components["schemas"]["FailReason"] | null;
            /**
             * Format: uint64
             * @description The batch's revision that holds this fact.
             * @default 0
             */
            rev: number;
            sealed?: boolean | null;
            status?: components["schemas"]["BatchStatus"] | null;
        };
        EventPage: {
            epoch: string;
            events: components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description The newest `seq` of the owner.
             */
            latest: number;
            /**
             * Format: int64
             * @description Place to go on from; behind the last event when the filter left some out.
             */
            next_after: number;
            /** @description The client is to forget all it knows; the snapshot takes its place. */
            reset?: components["schemas"]["ResetReason"] | null;
            snapshot?: components["schemas"]["Snapshot"][];
        };
        /** @description Committed facts in the order of their `seq`, those that the subscriptions ask for. */
        Events: {
            events: components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description How far the delivery has come: nothing up to here is missing. Acknowledge this, resume after this.
             */
            upto: number;
        };
        /** @description A closed list; the wire name is stable. */
        EventType: ("batch.created" | "batch.sealed" | "batch.paused" | "batch.resumed" | "batch.retried" | "item.started" | "item.completed" | "item.failed" | "item.cancelled" | "item.expired" | "item.skipped") | "batch.started" | "batch.progress" | "batch.extended" | "batch.cancelling" | "batch.completed" | "batch.failed" | "batch.cancelled" | "item.retry_scheduled" | "item.requeued";
        EventTypes: components["schemas"]["AllEventTypes"] | components["schemas"]["EventType"][];
        /**
         * @description Why an item ended as `failed`.
         * @enum {string}
         */
        FailReason: "permanent" | "exhausted" | "timeout" | "crash_loop" | "password" | "limit";
        Failure: {
            class: components["schemas"]["FailureClass"];
            code: components["schemas"]["FailureCode"];
            detail: string | null;
            /** @description Why the item ended; absent while it is tried again. */
            reason?: components["schemas"]["FailReason"] | null;
            /** @description Remedy: an action for the user. */
            remedy: string;
        };
        /** @description Decides what happens next; see [`super::retry::RetryPolicy`]. */
        FailureClass: "transient" | "permanent" | "resource" | "timeout" | "crash";
        /** @description A closed list; the wire name is stable. */
        FailureCode: ("empty_file" | "truncated" | "damaged" | "no_pages" | "needs_password" | "wrong_password" | "unsupported_encryption" | "engine_failure" | "document_missing" | "document_forbidden" | "document_unreadable" | "file_too_large" | "too_many_pages" | "output_too_large" | "too_many_artifacts" | "out_of_memory" | "decompression_limit" | "timed_out_total" | "timed_out_silent" | "timed_out_cpu" | "worker_signalled" | "worker_exited" | "stack_overflow" | "protocol_violation" | "worker_unavailable" | "storage_failed" | "interrupted") | "not_a_pdf";
        /** @description The first item of the group. */
        FailureExample: {
            detail: string | null;
            name: string | null;
            /** Format: uint32 */
            position: number;
        };
        /** @description The failed items of one code. */
        FailureGroup: {
            class: components["schemas"]["FailureClass"];
            code: components["schemas"]["FailureCode"];
            /** Format: uint64 */
            count: number;
            example: components["schemas"]["FailureExample"];
            /** @description Why the example ended; others of the group may have ended for another reason. */
            reason: components["schemas"]["FailReason"] | null;
            remedy: string;
            /** @description Whether another try may help although nothing has changed; any failed item can be tried again. */
            retryable: boolean;
        };
        FailureGroups: {
            /** @description The largest first. */
            groups: components["schemas"]["FailureGroup"][];
            /**
             * Format: uint64
             * @description The batch's revision that all of this is of.
             */
            rev: number;
        };
        FailurePolicy: "continue" | "fail_fast" | "rollback";
        /** @description Error in one field of a request. */
        FieldError: {
            allowed?: string | null;
            detail: string;
            field: string;
            value?: unknown;
        };
        File: {
            /** @description The owner had sent the same bytes before. */
            duplicate: boolean;
            /**
             * Format: uuid
             * @description For `files` of a batch.
             */
            id: string;
            name: string;
            sha256: string;
            /** Format: uint64 */
            size: number;
        };
        FileList: {
            files: components["schemas"]["File"][];
        };
        FileRef: string | components["schemas"]["NamedFile"];
        Heartbeat: {
            /**
             * Format: int64
             * @description The newest `seq` of the owner.
             */
            latest: number;
            /**
             * Format: int64
             * @description How far the delivery has come; less than `latest` while the client has not acknowledged enough.
             */
            upto: number;
        };
        /** @description The first frame of a connection. */
        Hello: {
            /** @description Which log the `seq` numbers belong to; the same over restarts, another one after the data were replaced. */
            epoch: string;
            /**
             * Format: uint64
             * @description A frame comes at least this often.
             */
            heartbeat_ms: number;
            /**
             * Format: int64
             * @description The newest `seq` now.
             */
            latest: number;
            /** @description Names the connection in the server's log. */
            session: string;
            /**
             * Format: uint32
             * @description The version of this protocol.
             */
            v: number;
        };
        /** @enum {string} */
        HitKind: "batch" | "item";
        HitView: {
            href: string;
            /** @description The batch's id; of an item, that and its position, with a slash between them. */
            id: string;
            kind: components["schemas"]["HitKind"];
            title: string;
        };
        Item: {
            artifacts: components["schemas"]["Artifact"][];
            /**
             * Format: uint32
             * @description The number of the newest attempt of this generation.
             */
            attempt: number;
            /** @description Only in the item itself, not in lists. */
            attempts?: components["schemas"]["Attempt"][] | null;
            /** @description Of the request that brought the item in. */
            correlation_id: string | null;
            /** Format: date-time */
            ended_at: string | null;
            failure: components["schemas"]["Failure"] | null;
            /** @description Where the document lay, as was said when it was submitted. */
            folder: string | null;
            /** Format: uint32 */
            generation: number;
            links: components["schemas"]["ItemLinks"];
            name: string | null;
            /** Format: uint32 */
            position: number;
            progress: components["schemas"]["ItemProgress"] | null;
            /** Format: uint64 */
            size_bytes: number | null;
            /**
             * Format: date-time
             * @description When a worker process took it last.
             */
            started_at: string | null;
            state: components["schemas"]["ItemState"];
            /** @description Summary of the document: pages, characters, warnings. */
            summary: components["schemas"]["DocumentSummary"] | null;
            waiting_because: components["schemas"]["WaitingBecause"] | null;
            /**
             * Format: double
             * @description Of its newest attempt that has ended: the time that its worker process worked on it.
             */
            work_ms: number | null;
        };
        ItemLinks: {
            /** @description As it was sent; absent for an item that works on none. */
            document?: string | null;
            self: string;
        };
        ItemList: {
            /** @description The place in the log that this is of, where one was asked for. */
            as_of?: components["schemas"]["AsOf"] | null;
            items: components["schemas"]["Item"][];
            /** @description Null on the last page. With `name` a page may have no items and a next one all the same. */
            next_cursor: string | null;
        };
        ItemProgress: {
            /**
             * Format: double
             * @description Seconds until the stage is through, if it goes on like this.
             */
            eta_seconds: number | null;
            /**
             * Format: uint32
             * @description From 1; 0 while no page is at work.
             */
            page: number;
            /**
             * Format: uint32
             * @description 0 while unknown.
             */
            pages: number;
            /**
             * Format: double
             * @description Absent until a page was done.
             */
            pages_per_second: number | null;
            /**
             * Format: date-time
             * @description When the attempt began; RFC 3339.
             */
            since: string;
            stage: components["schemas"]["Stage"];
        };
        /** @enum {string} */
        ItemState: "queued" | "running" | "retry_wait" | "succeeded" | "failed" | "cancelled" | "expired" | "skipped";
        /** @description Number of items by state. */
        ItemTotals: {
            /** Format: int64 */
            cancelled: number;
            /** Format: int64 */
            expired: number;
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            queued: number;
            /** Format: int64 */
            retry_wait: number;
            /** Format: int64 */
            running: number;
            /** Format: int64 */
            skipped: number;
            /** Format: int64 */
            succeeded: number;
        };
        JanitorMetrics: {
            /** Format: uint64 */
            collected_blobs: number;
            /** Format: uint64 */
            collected_bytes: number;
            /** Format: uint64 */
            collected_temp_files: number;
            /** Format: uint64 */
            rounds: number;
        };
        /** @description Never with the key or its digest. */
        Key: {
            /** @description Whether its role is `admin`. */
            admin: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description It opens nothing from then on.
             */
            expires_at: string | null;
            /** @description The key's public part. */
            id: string;
            /**
             * Format: date-time
             * @description Coarse: `auth.last_used_step_secs`.
             */
            last_used_at: string | null;
            name: string | null;
            owner: string;
            /** Format: date-time */
            revoked_at: string | null;
            role: components["schemas"]["Role"];
            /** @description What it may do: all of its role, or what it was narrowed to. */
            scopes: components["schemas"]["Scope"][];
        };
        KeyList: {
            keys: components["schemas"]["Key"][];
        };
        /** @description Of the last minute or two, to within a factor of two. */
        LatencyView: {
            /** Format: double */
            p50_ms: number;
            /** Format: double */
            p99_ms: number;
        };
        /** @enum {string} */
        LiveMode: "long-poll" | "sse";
        /** @enum {string} */
        LogLevel: "error" | "warn" | "info" | "debug" | "trace";
        LogLines: {
            /** @description Newest first, each as it was logged. */
            lines: {
                [key: string]: unknown;
            }[];
        };
        LogPlaces: {
            /**
             * Format: int64
             * @description All of them lie behind this `seq`; null for a batch of a version that did not log each change.
             */
            after: number | null;
            /**
             * Format: int64
             * @description The last one, as far as the batch's row knows.
             */
            upto: number;
        };
        MailboxView: {
            /** Format: uint64 */
            capacity: number;
            /**
             * Format: uint64
             * @description All that wait; more than `capacity` when urgent ones came on top.
             */
            depth: number;
            /**
             * Format: uint64
             * @description Places left for messages that are not urgent.
             */
            free: number;
            /** Format: double */
            oldest_waiting_ms: number | null;
        };
        /** @description Figures of the caller's own work; for an administrator of everybody's, and of the server. */
        Metrics: {
            actors_down?: {
                [key: string]: number;
            };
            /** @description Number of batches by status, ended ones by outcome. */
            batches: {
                [key: string]: number;
            };
            engine?: components["schemas"]["EngineMetrics"];
            /**
             * Format: uint64
             * @description Reports of attempts that were no longer the newest.
             */
            fenced_reports?: number;
            items: components["schemas"]["ItemTotals"];
            janitor?: components["schemas"]["JanitorMetrics"];
            /** Format: uint64 */
            pages_done?: number;
            /** Format: uint64 */
            peak_memory_kib?: number | null;
            store?: components["schemas"]["StoreMetrics"];
            /** Format: uint64 */
            uptime_ms?: number;
            /** @description Null before the first worker process. */
            workers?: components["schemas"]["PoolHealth"] | null;
        };
        NamedFile: {
            /**
             * @description Where it lay, for people and for searches: parts of a path, told apart by `/`. What cannot be seen, and parts that
             *     lead elsewhere, fall out.
             */
            folder?: string | null;
            /** Format: uuid */
            id: string;
            name?: string | null;
            password?: string | null;
        };
        /** @description Never with the key or its digest. */
        NewKey: {
            /** @description Whether its role is `admin`. */
            admin: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description It opens nothing from then on.
             */
            expires_at: string | null;
            /** @description The key's public part. */
            id: string;
            /** @description The whole key. */
            key: string;
            /**
             * Format: date-time
             * @description Coarse: `auth.last_used_step_secs`.
             */
            last_used_at: string | null;
            name: string | null;
            owner: string;
            /** Format: date-time */
            revoked_at: string | null;
            role: components["schemas"]["Role"];
            /** @description What it may do: all of its role, or what it was narrowed to. */
            scopes: components["schemas"]["Scope"][];
        };
        NewKeyBody: {
            /** @description As `role`: `admin`. Whether it may operate the server; false when left out. The first key has to. */
            admin?: boolean | null;
            /**
             * Format: uint64
             * @description Whole days after which it opens nothing; never when left out, unless `auth.max_key_days` says otherwise.
             */
            expires_in_days?: number | null;
            name?: string | null;
            /** @description Whose data the key opens. */
            owner: string;
            /** @description `operator` when left out. */
            role?: components["schemas"]["Role"] | null;
            /** @description Narrows the role to these. */
            scopes?: components["schemas"]["Scope"][] | null;
        };
        /** @description What a page is told once, when it logs in. */
        NewSession: {
            admin: boolean;
            /** Format: date-time */
            expires_at: string;
            /** @description What the key is called. */
            key_name: string | null;
            /** @description Whose data the page sees. */
            owner: string;
            /** @description The page's half of the session: each request shows it as `X-Quire-Page`. */
            page_token: string;
        };
        /** @description What a page logs in with. */
        NewSessionBody: {
            /** @description An API key, `qk_…`. */
            key: string;
        };
        /** @description A document that will come in pieces. */
        NewUploadBody: {
            /** @description For people. */
            name?: string | null;
            /**
             * Format: uint64
             * @description At most `http.max_file_mib`.
             */
            size_bytes: number;
        };
        NewWebhookBody: {
            description?: string | null;
            /** @description All when left out. */
            event_types?: components["schemas"]["EventTypes"] | null;
            /**
             * Format: uri
             * @description Where messages are sent: http or https.
             */
            url: string;
        };
        OpenedUpload: {
            /** Format: uuid */
            id: string;
            /**
             * Format: uint64
             * @description Where the first piece goes: 0.
             */
            offset: number;
            /**
             * Format: uint64
             * @description The largest piece that is taken (`http.upload_piece_max_mib`).
             */
            piece_max_bytes: number;
        };
        /** @description A closed list; an unknown name is refused at submit. */
        Operation: "noop" | "text" | "info";
        /** @enum {string} */
        Outcome: "succeeded" | "partial" | "failed" | "cancelled" | "expired";
        /** @description Settings of the server that a page has to keep to. */
        PageLimits: {
            /** Format: uint64 */
            max_batch_items: number;
            /** Format: uint64 */
            max_bulk_batches: number;
            /** Format: uint64 */
            max_file_mib: number;
            /** Format: uint64 */
            max_json_kib: number;
            /** Format: uint64 */
            max_named_files: number;
            /** Format: uint64 */
            max_page_items: number;
            /** Format: uint64 */
            max_retry_positions: number;
            /** Format: uint64 */
            max_upload_files: number;
            /** Format: uint64 */
            max_upload_mib: number;
            /** Format: uint64 */
            upload_piece_max_mib: number;
        };
        PanicReport: {
            /** Format: uint64 */
            at_unix_ms: number;
            message: string;
            /** @description `file:line` as the compiler saw it; empty for a failure that was no panic. */
            place: string;
        };
        PauseBody: {
            /** @description `drain` when left out. */
            mode?: components["schemas"]["PauseMode"] | null;
        };
        /** @description The effect of a pause on items that are running. */
        PauseMode: "drain" | "interrupt";
        /** @description An actor answered a ping. */
        Pong: {
            id: string;
            /** Format: double */
            took_ms: number;
        };
        /** @description Figures for metrics and the admin page; the counts are since the pool began. */
        PoolHealth: {
            /** Format: uint32 */
            at_work: number;
            breaker_open: boolean;
            /** Format: uint32 */
            idle: number;
            /**
             * Format: uint64
             * @description Ended in the middle of their work, by whomever.
             */
            killed: number;
            /**
             * Format: uint64
             * @description Ended because they used the processor without work.
             */
            killed_idle: number;
            /** Format: uint64 */
            launch_failures: number;
            /** Format: uint32 */
            launch_failures_in_a_row: number;
            /** Format: uint32 */
            launching: number;
            /**
             * Format: uint64
             * @description Ended because of age or size, or to make room for one of another owner.
             */
            recycled: number;
            /** Format: uint64 */
            spawned: number;
        };
        /** @description A problem as RFC 9457 has it. */
        Problem: {
            /** @description Stable; what a program decides by. */
            code: components["schemas"]["ProblemCode"];
            /** @description Of the batch, where that is what forbids it. */
            current_status?: string | null;
            /** @description What went wrong, why, and what to do. */
            detail: string;
            /** @description Each field that is wrong. */
            errors?: components["schemas"]["FieldError"][];
            /**
             * Format: uint64
             * @description How many there are, where another number was expected.
             */
            matched?: number | null;
            /** @description The correlation id of the request. */
            request_id: string;
            /** @description The scope that is missing. */
            scope?: string | null;
            /** Format: uint16 */
            status: number;
            title: string;
            type: string;
        };
        /**
         * @description A closed list; the wire name is stable.
         * @enum {string}
         */
        ProblemCode: "bad_request" | "bad_json" | "bad_cursor" | "bad_multipart" | "bad_idempotency_key" | "upload_incomplete" | "unauthorized" | "key_revoked" | "key_expired" | "scope_missing" | "foreign_origin" | "route_not_found" | "batch_not_found" | "item_not_found" | "file_not_found" | "artifact_not_found" | "webhook_not_found" | "upload_not_found" | "delivery_not_found" | "document_not_found" | "actor_not_found" | "key_not_found" | "owner_not_found" | "method_not_allowed" | "history_gone" | "offset_gone" | "body_too_slow" | "state_forbids" | "conflict" | "offset_differs" | "expected_differs" | "actor_down" | "payload_too_large" | "unsupported_media_type" | "range_not_satisfiable" | "foreign_host" | "validation_failed" | "idempotency_key_reused" | "too_many_items" | "too_many_uploads" | "too_many_webhooks" | "too_many_wrong_keys" | "busy" | "server_fault" | "unavailable" | "disk_fault" | "actor_silent" | "disk_full";
        /** @description What a batch is doing now. Never stored; a newer frame of the same batch replaces an older one. */
        Progress: {
            batch: components["schemas"]["BatchId"];
            counts: components["schemas"]["Counts"];
            /**
             * Format: double
             * @description Seconds until the last item has ended, if it goes on like this.
             */
            eta_seconds: number | null;
            /**
             * Format: double
             * @description Items that ended, per second, lately; absent until some did.
             */
            items_per_second: number | null;
            /**
             * Format: double
             * @description Pages worked on, per second, lately.
             */
            pages_per_second: number | null;
            /**
             * Format: uint64
             * @description The batch's revision that `counts` belong to.
             */
            rev: number;
            /** @description Documents at work, by position; at most [`RUNNING_ITEMS_SHOWN`]. */
            running: components["schemas"]["RunningItem"][];
        };
        /** @description Whether the server can do its work, and what keeps it from it. */
        Readiness: {
            checks: components["schemas"]["Checks"];
            status: components["schemas"]["ReadyStatus"];
        };
        /** @enum {string} */
        ReadyStatus: "ready" | "not_ready" | "draining";
        Recovery: {
            /**
             * Format: int64
             * @description The first event that is sent again; null when there is none.
             */
            from_seq: number | null;
            /** Format: date-time */
            since: string;
            webhook: components["schemas"]["Webhook"];
        };
        RefusedBatch: {
            batch: components["schemas"]["BatchId"];
            code: components["schemas"]["ProblemCode"];
        };
        /** @description What the client knows is not of this log, or too old: it is to be forgotten. A snapshot follows. */
        Reset: {
            reason: components["schemas"]["ResetReason"];
        };
        ResetReason: "other_epoch" | "too_old" | "ahead";
        Restart: "permanent" | "transient" | "temporary";
        RestartsView: {
            /** Format: uint32 */
            in_window: number;
            /** Format: uint32 */
            max_in_window: number;
            /** Format: uint64 */
            next_at_unix_ms: number | null;
            /** Format: uint32 */
            total: number;
            /** Format: uint64 */
            window_ms: number;
        };
        /**
         * @description Which items are tried again: failed, expired and skipped ones when nothing else is said. With `codes` or `positions`
         *     only failed ones, with both those that fit both.
         */
        RetryBody: {
            /** @description Cancelled ones as well; not with `codes` or `positions`. */
            cancelled?: boolean | null;
            /** @description Items that failed of one of these, up to now. */
            codes?: components["schemas"]["FailureCode"][] | null;
            /**
             * Format: uint64
             * @description How many items it has to be; if it would be another number, nothing is done, and the problem says `matched`.
             */
            expected?: number | null;
            /** @description Failed items at these positions; `http.max_retry_positions` at most. */
            positions?: number[] | null;
        };
        /** @description What a key is for. Each may do all that the ones before it may. */
        Role: "viewer" | "operator" | "admin";
        RotateKeyBody: {
            /**
             * Format: uint64
             * @description How long the key that is replaced opens as well; a day when left out.
             */
            overlap_secs?: number | null;
        };
        RotateSecretBody: {
            /**
             * Format: uint64
             * @description How long the secret before signs as well; `webhooks.rotation_overlap_hours` when left out.
             */
            overlap_hours?: number | null;
        };
        /** @description What an item is doing now. */
        RunningItem: {
            /**
             * Format: double
             * @description Seconds until the stage is through, if it goes on like this.
             */
            eta_seconds: number | null;
            /**
             * Format: uint32
             * @description The item's position in its batch, from 1.
             */
            item: number;
            name: string;
            /**
             * Format: uint32
             * @description From 1; 0 while no page is at work.
             */
            page: number;
            /**
             * Format: uint32
             * @description 0 while unknown.
             */
            pages: number;
            /**
             * Format: double
             * @description Absent until a page was done.
             */
            pages_per_second: number | null;
            /**
             * Format: date-time
             * @description When the attempt began; RFC 3339.
             */
            since: string;
            stage: components["schemas"]["Stage"];
        };
        /** @description Enforcement of a worker process's sandbox. */
        SandboxStatus: "enforced" | {
            partial: {
                missing: string[];
            };
        } | "unsupported";
        /** @description One kind of thing that a request may do. */
        Scope: ("batches:read" | "events:read" | "metrics:read" | "webhooks:read" | "batches:write" | "files:write" | "webhooks:write" | "actors:write" | "keys:read" | "keys:write" | "audit:read") | "files:read" | "server:read" | "act_for";
        SearchResult: {
            /**
             * @description At most 20: batches by id, then by name and collection, then items; newest batches first. Of very many only the
             *     newest are looked at (`http.max_searched_rows`).
             */
            hits: components["schemas"]["HitView"][];
        };
        /** @description What a server can be started with beside what it always does. */
        ServerFeature: "planted_panics" | "scripts";
        /** @description Server → client. */
        ServerFrame: ({
            /** @constant */
            type: "hello";
        } & components["schemas"]["Hello"]) | ({
            /** @constant */
            type: "events";
        } & components["schemas"]["Events"]) | ({
            /** @constant */
            type: "progress";
        } & components["schemas"]["Progress"]) | ({
            /** @constant */
            type: "snapshot";
        } & components["schemas"]["Snapshot"]) | ({
            /** @constant */
            type: "reset";
        } & components["schemas"]["Reset"]) | ({
            /** @constant */
            type: "heartbeat";
        } & components["schemas"]["Heartbeat"]) | ({
            /** @constant */
            type: "error";
        } & components["schemas"]["ErrorFrame"]);
        /** @description Who asks, and what a page has to know of the server. */
        Session: {
            /** @description Whether it may look at the server as a whole. */
            admin: boolean;
            /** @description Names the log that events belong to. */
            epoch: string;
            /**
             * Format: date-time
             * @description Of the session, if it is not used before.
             */
            expires_at?: string | null;
            features: components["schemas"]["ServerFeature"][];
            /** @description False on a server that asks nobody who they are. */
            key_needed: boolean;
            limits: components["schemas"]["PageLimits"];
            /** @description Null when a key is needed and none was shown. */
            owner: string | null;
            /** @description What it may do. */
            scopes: components["schemas"]["Scope"][];
            /** @description The server's. */
            version: string;
        };
        /** @description All connections in a few words, however many there are. */
        SessionsSummary: {
            /** Format: uint */
            event_streams: number;
            /** Format: uint */
            open: number;
            /** Format: uint */
            owners: number;
            /** @description The few that are farthest behind, or have not moved for longest. */
            slowest: components["schemas"]["SessionView"][];
            /** Format: uint */
            waiting_polls: number;
            /** Format: uint */
            websockets: number;
        };
        SessionView: {
            /**
             * Format: int64
             * @description Committed events that it has not come to.
             */
            behind: number;
            /** @description As an actor would be called. */
            id: string;
            /** Format: uint64 */
            open_ms: number;
            /**
             * Format: uint64
             * @description Since its own task last ran; more than a heartbeat when the peer takes nothing.
             */
            still_ms: number;
            transport: components["schemas"]["Transport"];
            /** Format: uint32 */
            unacknowledged: number;
        };
        /** @description One setting as it is in force. */
        Setting: {
            /** @description `section.key` */
            key: string;
            secret: boolean;
            source: components["schemas"]["SettingSource"];
            /** @description As the last words of the key have it, such as `mib`; null for what is counted, and for what is no number. */
            unit: string | null;
            /** @description Null where it is a secret. */
            value: unknown;
        };
        SettingList: {
            settings: components["schemas"]["Setting"][];
        };
        /**
         * @description Who said a setting; the last one counts.
         * @enum {string}
         */
        SettingSource: "default" | "file" | "environment" | "flag";
        /** @description Where the client's batches stand. Events with a `seq` up to `as_of_seq` are in it already. */
        Snapshot: {
            /** Format: int64 */
            as_of_seq: number;
            /** @description Those that have not ended first, each kind newest first. */
            batches: components["schemas"]["BatchState"][];
            /** @description False when the owner has further batches, which `GET /api/v1/batches` lists. */
            complete: boolean;
            /** @description Another frame of the same snapshot follows. */
            more: boolean;
        };
        /**
         * @description The twelve stages a document can be in, in the order of its walk.
         * @enum {string}
         */
        Stage: "queued" | "receiving" | "validating" | "opening" | "extracting_text" | "extracting_info" | "rendering" | "rewriting" | "recognizing" | "summarizing" | "storing" | "finished";
        /** @description Batches of an owner by status, as the server keeps count with each change. */
        StatusCounts: {
            /** Format: uint64 */
            cancelled: number;
            /** Format: uint64 */
            cancelling: number;
            /** Format: uint64 */
            expired: number;
            /** Format: uint64 */
            failed: number;
            /** Format: uint64 */
            finalizing: number;
            /**
             * Format: uint64
             * @description Those that are `scheduled` or `queued`: which of the two is a matter of the time, and nobody counts it.
             */
            not_started: number;
            /** Format: uint64 */
            open: number;
            /** Format: uint64 */
            partial: number;
            /** Format: uint64 */
            paused: number;
            /** Format: uint64 */
            pausing: number;
            /** Format: uint64 */
            running: number;
            /** Format: uint64 */
            succeeded: number;
        };
        StoreMetrics: {
            /** Format: uint64 */
            altered_blobs: number;
            /** Format: uint64 */
            commits: number;
            /** Format: uint64 */
            failed_commits: number;
            /** Format: uint64 */
            refused_writes: number;
            synchronous: string;
            /** Format: uint64 */
            writes: number;
        };
        /**
         * @description A batch to be made. Documents come as parts of the same form, or are named here. A batch that is sealed has at least
         *     one item.
         */
        SubmitBatchBody: {
            /** @description A word of your own that batches are listed and followed by: visible characters, no spaces. */
            collection?: string | null;
            /**
             * Format: date-time
             * @description What has not ended by then expires; later than `not_before`.
             */
            deadline?: string | null;
            /** @description Files that were uploaded before: ids, or objects that name them anew. */
            files?: components["schemas"]["FileRef"][] | null;
            /**
             * Format: uint64
             * @description A number of items without documents, for operations that read none.
             */
            items?: number | null;
            name?: string | null;
            /**
             * Format: date-time
             * @description Nothing of it begins before.
             */
            not_before?: string | null;
            on_failure?: components["schemas"]["FailurePolicy"] | null;
            /** @description Each once; `text` and `info` when left out. */
            operations?: components["schemas"]["Operation"][] | null;
            /** @description Tried on documents that need one and have none of their own. Kept sealed, never shown. */
            password?: string | null;
            /**
             * Format: int32
             * @description Higher ones go first; 0 when left out.
             */
            priority?: number | null;
            /** @description False keeps the batch open for more items; true when left out. */
            sealed?: boolean | null;
            /** @description Options of the operation `text`. */
            text?: components["schemas"]["TextOptions"] | null;
        };
        /** @description Layout of the text. */
        TextOptions: {
            /**
             * @description Adds blocks, lines and words with their boxes to `pages.json`
             *     (points, origin at the top left of the page as it is shown).
             * @default false
             */
            boxes: boolean;
            /**
             * @description `ﬁ` becomes `fi`.
             * @default true
             */
            expand_ligatures: boolean;
            /**
             * @description A word broken by a hyphen at a line's end becomes one word.
             * @default true
             */
            join_hyphens: boolean;
        };
        Ticket: {
            /** Format: date-time */
            expires_at: string;
            /** @description Value for `new WebSocket(url, protocols)`. */
            protocols: string[];
            ticket: string;
        };
        /** @enum {string} */
        Transport: "websocket" | "event_stream" | "poll";
        Upload: {
            /**
             * Format: date-time
             * @description It is forgotten soon after; each piece puts that off.
             */
            expires_at: string;
            /** Format: uuid */
            id: string;
            name: string;
            /**
             * Format: uint64
             * @description Bytes that are durable: where the next piece goes.
             */
            offset: number;
            /** Format: uint64 */
            size_bytes: number;
        };
        /** @description Why a batch or an item that is not running is not running. */
        WaitingBecause: {
            /** Format: uint32 */
            in_use: number;
            /** @constant */
            reason: "slots";
            /** Format: uint32 */
            total: number;
        } | {
            /** Format: int32 */
            own: number;
            /** @constant */
            reason: "priority";
            /** Format: int32 */
            served: number;
        } | {
            mode: components["schemas"]["PauseMode"];
            /** @constant */
            reason: "paused";
        } | {
            /** @constant */
            reason: "backoff";
            /** Format: date-time */
            until: string;
        } | {
            /** @constant */
            reason: "not_before";
            /** Format: date-time */
            until: string;
        } | {
            /** Format: uint64 */
            available_mib: number;
            /** @constant */
            reason: "memory";
            /** Format: uint64 */
            wanted_mib: number;
        } | {
            full: boolean;
            /** @constant */
            reason: "disk";
        } | {
            /** Format: uint32 */
            active: number;
            /** Format: uint32 */
            limit: number;
            /** @constant */
            reason: "admission";
        } | {
            /** @constant */
            reason: "workers_unavailable";
            /** Format: date-time */
            until: string;
        } | {
            /** @description Its path in the tree. */
            actor: string;
            /** @constant */
            reason: "actor_down";
            /** Format: date-time */
            since: string;
            state: components["schemas"]["DownState"];
        } | {
            /** @constant */
            reason: "open";
        } | {
            /** @constant */
            reason: "cancelling";
        } | {
            /** @constant */
            reason: "draining";
        } | {
            /** @constant */
            reason: "starting";
        };
        Webhook: {
            /** Format: date-time */
            created_at: string;
            /**
             * Format: int64
             * @description Messages about events up to this `seq` are in the deliveries.
             */
            cursor: number;
            description: string;
            disabled: components["schemas"]["DisabledWebhook"] | null;
            /** @description Every type that it gets. */
            event_types: components["schemas"]["EventType"][];
            /**
             * Format: date-time
             * @description The first failure after which nothing succeeded.
             */
            failing_since: string | null;
            id: components["schemas"]["WebhookId"];
            links: components["schemas"]["WebhookLinks"];
            /**
             * Format: date-time
             * @description Until then messages are signed with the secret before, as well.
             */
            old_secret_until: string | null;
            /** @description Shown once, when it is made. */
            secret?: string | null;
            state: components["schemas"]["WebhookState"];
            /** Format: date-time */
            updated_at: string;
            url: string;
        };
        /** @description What changes; fields that are left out stay. */
        WebhookChangeBody: {
            description?: string | null;
            event_types?: components["schemas"]["EventTypes"] | null;
            /** Format: uri */
            url?: string | null;
        };
        /**
         * Format: uuid
         * @description A webhook's public name.
         */
        WebhookId: string;
        WebhookLinks: {
            deliveries: string;
            self: string;
        };
        WebhookList: {
            webhooks: components["schemas"]["Webhook"][];
        };
        /** @enum {string} */
        WebhookState: "active" | "disabled";
    };
    responses: {
        /** @description The actor has ended. */
        ActorDown: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "actor_down";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such actor. There is no such owner. */
        ActorNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "actor_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The actor does not answer. */
        ActorSilent: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "actor_silent";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request cannot be understood. */
        BadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "bad_request";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request cannot be understood. The cursor is not one of this list. */
        BadRequestOrBadCursor: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "bad_request" | "bad_cursor";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request cannot be understood. The body is not valid JSON. The multipart body cannot be understood. The Idempotency-Key cannot be used. The body ended too early. */
        BadRequestOrBadJsonOrBadMultipartOrBadIdempotencyKeyOrUploadIncomplete: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "bad_request" | "bad_json" | "bad_multipart" | "bad_idempotency_key" | "upload_incomplete";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request cannot be understood. The body is not valid JSON. The body ended too early. */
        BadRequestOrBadJsonOrUploadIncomplete: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "bad_request" | "bad_json" | "upload_incomplete";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request cannot be understood. The multipart body cannot be understood. The body ended too early. */
        BadRequestOrBadMultipartOrUploadIncomplete: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "bad_request" | "bad_multipart" | "upload_incomplete";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request cannot be understood. The body ended too early. */
        BadRequestOrUploadIncomplete: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "bad_request" | "upload_incomplete";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such batch. There is no such item. There is no such artifact. The item has no stored document. */
        BatchNotFoundOrItemNotFoundOrArtifactNotFoundOrDocumentNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "batch_not_found" | "item_not_found" | "artifact_not_found" | "document_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such batch. There is no such item. There is no such artifact. There is no such owner. */
        BatchNotFoundOrItemNotFoundOrArtifactNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "batch_not_found" | "item_not_found" | "artifact_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such batch. There is no such item. The item has no stored document. There is no such owner. */
        BatchNotFoundOrItemNotFoundOrDocumentNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "batch_not_found" | "item_not_found" | "document_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such batch. There is no such item. There is no such owner. */
        BatchNotFoundOrItemNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "batch_not_found" | "item_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such batch. There is no such owner. */
        BatchNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "batch_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The body came too slowly. */
        BodyTooSlow: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "body_too_slow";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The server is busy. */
        Busy: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "busy";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request contradicts what is there. */
        Conflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "conflict";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request contradicts what is there. The upload goes on at another offset. */
        ConflictOrOffsetDiffers: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "conflict" | "offset_differs";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The server's disk is full. */
        DiskFull: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "disk_full";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There are not as many as expected. */
        ExpectedDiffers: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "expected_differs";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request is addressed to another server. */
        ForeignHost: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "foreign_host";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request comes from a foreign web page. */
        ForeignOrigin: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "foreign_origin";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request is not valid. */
        Invalid: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "validation_failed";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request is not valid. The Idempotency-Key stands for another request. The batch would be too large. */
        InvalidOrKeyReusedOrTooManyItems: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "validation_failed" | "idempotency_key_reused" | "too_many_items";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request is not valid. There would be too many open uploads. */
        InvalidOrTooManyUploads: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "validation_failed" | "too_many_uploads";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The request is not valid. There would be too many webhooks. */
        InvalidOrTooManyWebhooks: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "validation_failed" | "too_many_webhooks";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such API key. There is no such owner. */
        KeyNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "key_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The log cannot be followed from this offset. */
        OffsetGone: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "offset_gone";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such owner. */
        OwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The file does not reach that far. */
        RangeNotSatisfiable: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "range_not_satisfiable";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The API key may not do this. The request comes from a foreign web page. */
        ScopeMissingOrForeignOrigin: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "scope_missing" | "foreign_origin";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The server failed. */
        ServerFault: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "server_fault";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The batch's state forbids this. */
        StateForbids: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "state_forbids";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The batch's state forbids this. There are not as many as expected. */
        StateForbidsOrExpectedDiffers: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "state_forbids" | "expected_differs";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The body is too large. */
        TooLarge: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "payload_too_large";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description Too many wrong API keys came from this address. */
        TooManyWrongKeys: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "too_many_wrong_keys";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description An API key is needed. The API key was revoked. The API key has run out. */
        UnauthorizedOrKeyRevokedOrKeyExpired: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "unauthorized" | "key_revoked" | "key_expired";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The server cannot do this now. */
        Unavailable: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "unavailable";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The server cannot do this now. The server's disk does not take writes. */
        UnavailableOrDiskFault: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "unavailable" | "disk_fault";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description The body is of a kind that is not taken here. */
        UnsupportedMediaType: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "unsupported_media_type";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such upload. There is no such owner. */
        UploadNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "upload_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such webhook. There is no such delivery. There is no such owner. */
        WebhookNotFoundOrDeliveryNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "webhook_not_found" | "delivery_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
        /** @description There is no such webhook. There is no such owner. */
        WebhookNotFoundOrOwnerNotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": {
                    /** @enum {unknown} */
                    code?: "webhook_not_found" | "owner_not_found";
                } & components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Makes a browser forget the other half. */
        "Clear-Site-Data": string;
        /** @description The name under which a browser saves it. */
        "Content-Disposition": string;
        /** @description Changes whenever the answer does; for `If-None-Match`. */
        ETag: string;
        /** @description `true` when the answer stands for an earlier request with the same key. */
        "Idempotent-Replayed": string;
        /** @description The address of what was made. */
        Location: string;
        /** @description One half of the session, or what makes a browser forget it. */
        "Set-Cookie": string;
        /** @description Goes into the next read. */
        "Stream-Cursor": string;
        /** @description Where the next read begins. */
        "Stream-Next-Offset": string;
        /** @description `true` when there is no more for now. */
        "Stream-Up-To-Date": string;
        /** @description Bytes that have arrived. */
        "Upload-Offset": string;
        /** @description Follows the request through logs, events and items. */
        "X-Correlation-Id": string;
        /** @description The failure codes, in the order of their numbers from 1, separated by commas. */
        "X-Quire-Failures": string;
        /** @description The batch's revision that the answer belongs to. */
        "X-Quire-Rev": string;
        /** @description The states of an item, in the order of their numbers, separated by commas. */
        "X-Quire-States": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    submitJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is done once; later ones get its answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SubmitBatchBody"];
                "multipart/form-data": {
                    files?: string[];
                    options?: components["schemas"]["SubmitBatchBody"];
                };
            };
        };
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrBadMultipartOrBadIdempotencyKeyOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["InvalidOrKeyReusedOrTooManyItems"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getJob: {
        parameters: {
            query?: {
                /**
                 * @description As it was when this `seq` of the log was written, instead of as it is. Of all that one write changed, either
                 *     everything is told or nothing.
                 */
                as_of?: number;
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            409: components["responses"]["StateForbids"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    pauseJob: {
        parameters: {
            query?: {
                /** @description As in the body. */
                mode?: components["schemas"]["PauseMode"];
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PauseBody"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["StateForbids"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    resumeJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            409: components["responses"]["StateForbids"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    listTasks: {
        parameters: {
            query?: {
                /**
                 * @description As it was when this `seq` of the log was written, instead of as it is. Of all that one write changed, either
                 *     everything is told or nothing.
                 */
                as_of?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description Keeps those whose `failure` has this code, in whichever state they are. */
                failure?: components["schemas"]["FailureCode"];
                /** @description The position to begin with, instead of a cursor. */
                from?: number;
                /** @description At most so many; 100 when left out. */
                limit?: number;
                /**
                 * @description Keeps those whose `name` holds this; ASCII letters in either case. One page looks at as many names as
                 *     `http.max_searched_items`, so it may be empty and have a `next_cursor` that goes on.
                 */
                name?: string;
                /**
                 * @description Only these positions, separated by commas, at most 200; instead of a cursor, a limit and a name. Those that are
                 *     not there, and those that the filters do not keep, are absent.
                 */
                positions?: string;
                /** @description Keeps those in one state. */
                state?: components["schemas"]["ItemState"];
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList"];
                };
            };
            400: components["responses"]["BadRequestOrBadCursor"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listActors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Actors"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getActor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The actor's path in the tree, such as `root/db`; its slashes stay as they are. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Actor"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["ActorNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    panicActor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The actor's path in the tree, such as `root/db`; its slashes stay as they are. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActorOrder"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["ActorNotFoundOrOwnerNotFound"];
            409: components["responses"]["Conflict"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    pingActor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The actor's path in the tree, such as `root/db`; its slashes stay as they are. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pong"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["ActorNotFoundOrOwnerNotFound"];
            409: components["responses"]["ActorDown"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["ActorSilent"];
        };
    };
    restartActor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The actor's path in the tree, such as `root/db`; its slashes stay as they are. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActorOrder"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["ActorNotFoundOrOwnerNotFound"];
            409: components["responses"]["Conflict"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    stallActor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The actor's path in the tree, such as `root/db`; its slashes stay as they are. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActorOrder"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["ActorNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    endStall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The actor's path in the tree, such as `root/db`; its slashes stay as they are. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActorOrder"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["ActorNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    stopActor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The actor's path in the tree, such as `root/db`; its slashes stay as they are. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActorOrder"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["ActorNotFoundOrOwnerNotFound"];
            409: components["responses"]["Conflict"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    listAuditLines: {
        parameters: {
            query?: {
                /** @description null */
                action?: components["schemas"]["AuditAction"];
                /** @description The last `id` that is known. */
                after?: number;
                /** @description At most so many; 100 when left out. */
                limit?: number;
                /** @description Keeps lines of one object, such as `key:abcdefgh`. */
                object?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    examine: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoctorReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKeyBody"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's public part. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["KeyNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's public part. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateKeyBody"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["KeyNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    listLogLines: {
        parameters: {
            query?: {
                /** @description Keeps the lines of this request and of all that it caused. */
                correlation_id?: string;
                /** @description Keeps those of this level and of worse ones. */
                level?: components["schemas"]["LogLevel"];
                /** @description At most so many; 100 when left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogLines"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getAsyncApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listBatches: {
        parameters: {
            query?: {
                /** @description Keeps those of one collection. */
                collection?: string;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description True keeps those in which items have failed. */
                failed?: boolean;
                /** @description At most so many; 100 when left out. */
                limit?: number;
                /** @description Keeps those with this in their name or their collection; large and small ASCII letters are the same. */
                q?: string;
                /** @description Keeps those in one status. */
                status?: components["schemas"]["BatchStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchPage"];
                };
            };
            400: components["responses"]["BadRequestOrBadCursor"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    submitBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is done once; later ones get its answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SubmitBatchBody"];
                "multipart/form-data": {
                    files?: string[];
                    options?: components["schemas"]["SubmitBatchBody"];
                };
            };
        };
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrBadMultipartOrBadIdempotencyKeyOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["InvalidOrKeyReusedOrTooManyItems"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getBatch: {
        parameters: {
            query?: {
                /**
                 * @description As it was when this `seq` of the log was written, instead of as it is. Of all that one write changed, either
                 *     everything is told or nothing.
                 */
                as_of?: number;
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            409: components["responses"]["StateForbids"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getFailures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FailureGroups"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listItems: {
        parameters: {
            query?: {
                /**
                 * @description As it was when this `seq` of the log was written, instead of as it is. Of all that one write changed, either
                 *     everything is told or nothing.
                 */
                as_of?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description Keeps those whose `failure` has this code, in whichever state they are. */
                failure?: components["schemas"]["FailureCode"];
                /** @description The position to begin with, instead of a cursor. */
                from?: number;
                /** @description At most so many; 100 when left out. */
                limit?: number;
                /**
                 * @description Keeps those whose `name` holds this; ASCII letters in either case. One page looks at as many names as
                 *     `http.max_searched_items`, so it may be empty and have a `next_cursor` that goes on.
                 */
                name?: string;
                /**
                 * @description Only these positions, separated by commas, at most 200; instead of a cursor, a limit and a name. Those that are
                 *     not there, and those that the filters do not keep, are absent.
                 */
                positions?: string;
                /** @description Keeps those in one state. */
                state?: components["schemas"]["ItemState"];
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList"];
                };
            };
            400: components["responses"]["BadRequestOrBadCursor"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    addItems: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is done once; later ones get its answer. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AddItemsBody"];
                "multipart/form-data": {
                    files?: string[];
                    options?: components["schemas"]["AddItemsBody"];
                };
            };
        };
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrBadMultipartOrBadIdempotencyKeyOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["StateForbids"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["InvalidOrKeyReusedOrTooManyItems"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getItem: {
        parameters: {
            query?: {
                /**
                 * @description As it was when this `seq` of the log was written, instead of as it is. Of all that one write changed, either
                 *     everything is told or nothing.
                 */
                as_of?: number;
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
                /** @description The item's place in its batch, counted from 1. */
                position: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Item"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrItemNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getArtifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
                /** @description The artifact's name. */
                name: string;
                /** @description The item's place in its batch, counted from 1. */
                position: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description A part of it. */
            206: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrItemNotFoundOrArtifactNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            416: components["responses"]["RangeNotSatisfiable"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
                /** @description The item's place in its batch, counted from 1. */
                position: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description A part of it. */
            206: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrItemNotFoundOrDocumentNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            416: components["responses"]["RangeNotSatisfiable"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getPages: {
        parameters: {
            query?: {
                /** @description The page to begin with; 1 when left out. */
                from?: number;
                /** @description At most so many; 20 when left out. There are fewer when the answer would be larger than `http.max_pages_kib`. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
                /** @description The item's place in its batch, counted from 1. */
                position: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentPages"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrItemNotFoundOrArtifactNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getItemStates: {
        parameters: {
            query?: {
                /**
                 * @description As it was when this `seq` of the log was written, instead of as it is. Of all that one write changed, either
                 *     everything is told or nothing.
                 */
                as_of?: number;
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    "X-Quire-Failures": components["headers"]["X-Quire-Failures"];
                    "X-Quire-Rev": components["headers"]["X-Quire-Rev"];
                    "X-Quire-States": components["headers"]["X-Quire-States"];
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    "X-Quire-Failures": components["headers"]["X-Quire-Failures"];
                    "X-Quire-Rev": components["headers"]["X-Quire-Rev"];
                    "X-Quire-States": components["headers"]["X-Quire-States"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    pauseBatch: {
        parameters: {
            query?: {
                /** @description As in the body. */
                mode?: components["schemas"]["PauseMode"];
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PauseBody"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["StateForbids"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getResults: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    resumeBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            409: components["responses"]["StateForbids"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    retryBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RetryBody"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["StateForbidsOrExpectedDiffers"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    sealBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            409: components["responses"]["StateForbids"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    actOnBatches: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkBody"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["ExpectedDiffers"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    download: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["DownloadForm"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/x-ndjson": string;
                };
            };
            /** @description A part of it. */
            206: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrItemNotFoundOrArtifactNotFoundOrDocumentNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            416: components["responses"]["RangeNotSatisfiable"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    pollEvents: {
        parameters: {
            query?: {
                /** @description The last `seq` that is known. */
                after?: number;
                /** @description Keeps events of one batch. */
                batch?: string;
                /** @description Keeps events of the batches of one collection. */
                collection?: string;
                /** @description The log that `after` belongs to. */
                epoch?: string;
                /** @description False leaves out events of single items. */
                items?: boolean;
                /** @description At most so many events; 256 when left out. */
                limit?: number;
                /** @description Seconds to wait for an event when there is none. */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description The last `seq` that is known. */
                after?: number;
                /** @description Keeps events of one batch. */
                batch?: string;
                /** @description Keeps events of the batches of one collection. */
                collection?: string;
                /** @description The log that `after` belongs to. */
                epoch?: string;
                /** @description False leaves out events of single items. */
                items?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    uploadFiles: {
        parameters: {
            query?: {
                /** @description The document's name, for people; of a raw body. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/octet-stream": string;
                "multipart/form-data": {
                    files: string[];
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"] | components["schemas"]["FileList"];
                };
            };
            400: components["responses"]["BadRequestOrBadMultipartOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    search: {
        parameters: {
            query: {
                /**
                 * @description A part of a batch's name, its collection, or a document's name (large and small ASCII letters are the same), or the
                 *     first digits of a batch's id.
                 */
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    beginSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSessionBody"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewSession"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ForeignOrigin"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyWrongKeys"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    "Clear-Site-Data": components["headers"]["Clear-Site-Data"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    readBatchStream: {
        parameters: {
            query?: {
                /** @description The `Stream-Cursor` of the answer before. */
                cursor?: number;
                /** @description Waits for what comes: for one answer, or as server-sent events. */
                live?: components["schemas"]["LiveMode"];
                /** @description A `Stream-Next-Offset` of before, `-1` for the beginning, which is meant without it, or `now`. */
                offset?: string;
            };
            header?: never;
            path: {
                /** @description The batch's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "Stream-Cursor": components["headers"]["Stream-Cursor"];
                    "Stream-Next-Offset": components["headers"]["Stream-Next-Offset"];
                    "Stream-Up-To-Date": components["headers"]["Stream-Up-To-Date"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"][];
                    "text/event-stream": unknown;
                };
            };
            /** @description Done. */
            204: {
                headers: {
                    "Stream-Cursor": components["headers"]["Stream-Cursor"];
                    "Stream-Next-Offset": components["headers"]["Stream-Next-Offset"];
                    "Stream-Up-To-Date": components["headers"]["Stream-Up-To-Date"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    "Stream-Cursor": components["headers"]["Stream-Cursor"];
                    "Stream-Next-Offset": components["headers"]["Stream-Next-Offset"];
                    "Stream-Up-To-Date": components["headers"]["Stream-Up-To-Date"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["BatchNotFoundOrOwnerNotFound"];
            410: components["responses"]["OffsetGone"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readEventStream: {
        parameters: {
            query?: {
                /** @description The `Stream-Cursor` of the answer before. */
                cursor?: number;
                /** @description Waits for what comes: for one answer, or as server-sent events. */
                live?: components["schemas"]["LiveMode"];
                /** @description A `Stream-Next-Offset` of before, `-1` for the beginning, which is meant without it, or `now`. */
                offset?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "Stream-Cursor": components["headers"]["Stream-Cursor"];
                    "Stream-Next-Offset": components["headers"]["Stream-Next-Offset"];
                    "Stream-Up-To-Date": components["headers"]["Stream-Up-To-Date"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"][];
                    "text/event-stream": unknown;
                };
            };
            /** @description Done. */
            204: {
                headers: {
                    "Stream-Cursor": components["headers"]["Stream-Cursor"];
                    "Stream-Next-Offset": components["headers"]["Stream-Next-Offset"];
                    "Stream-Up-To-Date": components["headers"]["Stream-Up-To-Date"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    "Stream-Cursor": components["headers"]["Stream-Cursor"];
                    "Stream-Next-Offset": components["headers"]["Stream-Next-Offset"];
                    "Stream-Up-To-Date": components["headers"]["Stream-Up-To-Date"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            410: components["responses"]["OffsetGone"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createUpload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUploadBody"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "Upload-Offset": components["headers"]["Upload-Offset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedUpload"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["InvalidOrTooManyUploads"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The upload's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "Upload-Offset": components["headers"]["Upload-Offset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["UploadNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The upload's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["UploadNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    appendToUpload: {
        parameters: {
            query?: never;
            header: {
                /** @description Where the piece goes: the bytes that have arrived. */
                "Upload-Offset": number;
            };
            path: {
                /** @description The upload's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/octet-stream": string;
                "application/partial-upload": string;
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "Upload-Offset": components["headers"]["Upload-Offset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
            /** @description Done. */
            204: {
                headers: {
                    "Upload-Offset": components["headers"]["Upload-Offset"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["UploadNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            409: components["responses"]["ConflictOrOffsetDiffers"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhookBody"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["InvalidOrTooManyWebhooks"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookChangeBody"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description At most so many; 100 when left out. */
                limit?: number;
                /** @description Keeps those in one state. */
                state?: components["schemas"]["DeliveryState"];
            };
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            400: components["responses"]["BadRequestOrBadCursor"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The delivery's id. */
                delivery: string;
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrDeliveryNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    resendDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The delivery's id. */
                delivery: string;
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrDeliveryNotFoundOrOwnerNotFound"];
            409: components["responses"]["Conflict"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    disableWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    enableWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    recoverWebhook: {
        parameters: {
            query: {
                /** @description Events from then on are sent once more. */
                since: string;
            };
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recovery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            409: components["responses"]["Conflict"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateSecretBody"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequestOrBadJsonOrUploadIncomplete"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            408: components["responses"]["BodyTooSlow"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; it goes on. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["WebhookNotFoundOrOwnerNotFound"];
            409: components["responses"]["Conflict"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    openSocket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket now. */
            101: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    issueTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["UnauthorizedOrKeyRevokedOrKeyExpired"];
            403: components["responses"]["ScopeMissingOrForeignOrigin"];
            404: components["responses"]["OwnerNotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Busy"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["UnavailableOrDiskFault"];
            507: components["responses"]["DiskFull"];
        };
    };
    getDocsPage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDocsScript: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/javascript": string;
                };
            };
            /** @description The client has it as it is. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alive"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["ForeignOrigin"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["ForeignHost"];
            422: components["responses"]["Invalid"];
            500: components["responses"]["ServerFault"];
            /** @description Not ready. */
            503: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                    "application/problem+json": {
                        /** @enum {unknown} */
                        code?: "unavailable";
                    } & components["schemas"]["Problem"];
                };
            };
        };
    };
}
