-- No key is used twice (AUTOINCREMENT): it names its row for as long as anybody remembers it.

-- Who is told of an owner's events. Events up to the cursor have their deliveries; the rest is still only in the log.
CREATE TABLE webhooks (
    id               INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    public_id        TEXT    NOT NULL UNIQUE,
    owner            INTEGER NOT NULL REFERENCES owners (id),
    url              TEXT    NOT NULL,
    description      TEXT    NOT NULL,
    -- A JSON list of event types; without it, all.
    event_types      TEXT,
    secret           BLOB    NOT NULL CHECK (length(secret) BETWEEN 24 AND 64),
    -- Signs as well, until then.
    old_secret       BLOB    CHECK (length(old_secret) BETWEEN 24 AND 64),
    old_secret_until INTEGER,
    cursor           INTEGER NOT NULL CHECK (cursor >= 0),
    disabled         TEXT    CHECK (disabled IN ('asked', 'gone', 'failing')),
    disabled_at      INTEGER,
    failing_since    INTEGER,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    -- Its deliveries go piece by piece, then the row.
    deleted_at       INTEGER,
    CHECK ((disabled IS NULL) = (disabled_at IS NULL)),
    CHECK ((old_secret IS NULL) = (old_secret_until IS NULL))
) STRICT;
CREATE INDEX webhooks_by_owner ON webhooks (owner, id);

-- One row for each message to one endpoint: an event, or a test where seq is missing.
CREATE TABLE webhook_deliveries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    webhook    INTEGER NOT NULL REFERENCES webhooks (id),
    seq        INTEGER CHECK (seq >= 1),
    type       TEXT    NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    tries      INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_at    INTEGER NOT NULL,
    -- The newest attempts, a JSON list.
    attempts   TEXT    NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    CHECK ((state = 'pending') = (ended_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX webhook_deliveries_by_seq ON webhook_deliveries (webhook, seq);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, next_at, id) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook, id);
CREATE INDEX webhook_deliveries_notable ON webhook_deliveries (webhook, state, id)
    WHERE state = 'pending' OR state = 'failed';
