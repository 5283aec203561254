-- Times are microseconds since 1970-01-01 UTC. Words in TEXT columns are the wire names of src/domain.

CREATE TABLE server (
    id          INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    boot_epoch  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE owners (
    id          INTEGER PRIMARY KEY NOT NULL,
    name        TEXT    NOT NULL UNIQUE,
    last_seq    INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE correlations (
    id    INTEGER PRIMARY KEY NOT NULL,
    value TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE files (
    id          INTEGER PRIMARY KEY NOT NULL,
    public_id   TEXT    NOT NULL UNIQUE,
    owner       INTEGER NOT NULL REFERENCES owners (id),
    name        TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL CHECK (size_bytes >= 0),
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX files_by_content ON files (owner, sha256);

CREATE TABLE batches (
    id                  INTEGER PRIMARY KEY NOT NULL,
    public_id           TEXT    NOT NULL UNIQUE,
    owner               INTEGER NOT NULL REFERENCES owners (id),
    name                TEXT,
    operations          TEXT    NOT NULL,
    options             TEXT    NOT NULL,
    priority            INTEGER NOT NULL,
    on_failure          TEXT    NOT NULL CHECK (on_failure IN ('continue', 'fail_fast', 'rollback')),
    control             TEXT    NOT NULL CHECK (control IN ('run', 'paused', 'cancelled')),
    pause_mode          TEXT    NOT NULL CHECK (pause_mode IN ('drain', 'interrupt')),
    sealed              INTEGER NOT NULL,
    halted              INTEGER NOT NULL DEFAULT 0,
    deadline_hit        INTEGER NOT NULL DEFAULT 0,
    not_before          INTEGER,
    deadline            INTEGER,
    generation          INTEGER NOT NULL DEFAULT 1,
    retry_after         INTEGER,
    retry_cancelled_too INTEGER NOT NULL DEFAULT 0,
    outcome             TEXT    CHECK (outcome IN ('succeeded', 'partial', 'failed', 'cancelled', 'expired')),
    rev                 INTEGER NOT NULL DEFAULT 1,
    total               INTEGER NOT NULL,
    queued              INTEGER NOT NULL CHECK (queued >= 0),
    running             INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0),
    retry_wait          INTEGER NOT NULL DEFAULT 0 CHECK (retry_wait >= 0),
    succeeded           INTEGER NOT NULL DEFAULT 0 CHECK (succeeded >= 0),
    failed              INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    cancelled           INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
    expired             INTEGER NOT NULL DEFAULT 0 CHECK (expired >= 0),
    skipped             INTEGER NOT NULL DEFAULT 0 CHECK (skipped >= 0),
    correlation         INTEGER NOT NULL REFERENCES correlations (id),
    created_at          INTEGER NOT NULL,
    started_at          INTEGER,
    ended_at            INTEGER,
    CHECK (queued + running + retry_wait + succeeded + failed + cancelled + expired + skipped = total),
    CHECK ((outcome IS NULL) = (ended_at IS NULL)),
    CHECK (outcome IS NULL OR queued + running + retry_wait = 0)
) STRICT;
CREATE INDEX batches_by_owner ON batches (owner, id);
CREATE INDEX batches_live ON batches (priority DESC, id) WHERE outcome IS NULL;

-- Narrow and hot. An item is its batch and its place in it. State as a number, in the order of src/domain/item.rs:
-- 0 queued, 1 running, 2 retry_wait, 3 succeeded, 4 failed, 5 cancelled, 6 expired, 7 skipped.
-- Conditions are ranges and equalities: SQLite builds a table for every longer IN, each time a row is written.
CREATE TABLE items (
    batch       INTEGER NOT NULL REFERENCES batches (id),
    position    INTEGER NOT NULL CHECK (position >= 1),
    state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),
    generation  INTEGER NOT NULL DEFAULT 1,
    attempt     INTEGER NOT NULL DEFAULT 0,
    charged     INTEGER NOT NULL DEFAULT 0,
    timeouts    INTEGER NOT NULL DEFAULT 0,
    crashes     INTEGER NOT NULL DEFAULT 0,
    epoch       INTEGER NOT NULL DEFAULT 0,
    run_at      INTEGER NOT NULL DEFAULT 0,
    claimed_at  INTEGER NOT NULL DEFAULT 0,
    reason      TEXT,
    failure     TEXT,
    ended_at    INTEGER,
    correlation INTEGER NOT NULL REFERENCES correlations (id),
    PRIMARY KEY (batch, position),
    CHECK ((state >= 3) = (ended_at IS NOT NULL)),
    CHECK ((state = 4) = (reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX items_queued ON items (batch, position) WHERE state = 0;
CREATE INDEX items_backing_off ON items (batch, run_at) WHERE state = 2;
CREATE INDEX items_notable ON items (batch, state, position)
    WHERE state = 1 OR state >= 4;

-- Cold: what an item works on. Either a blob (sha256) or a file of this machine (source_path, raw bytes).
CREATE TABLE documents (
    batch       INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL CHECK (size_bytes >= 0),
    sha256      TEXT    CHECK (length(sha256) = 64),
    source_path BLOB,
    password    TEXT,
    PRIMARY KEY (batch, position),
    FOREIGN KEY (batch, position) REFERENCES items (batch, position),
    CHECK ((sha256 IS NULL) <> (source_path IS NULL))
) STRICT, WITHOUT ROWID;

-- One row a try, written when it has ended.
CREATE TABLE attempts (
    batch       INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,
    ended       TEXT    NOT NULL,
    failure     TEXT,
    detail      TEXT,
    summary     TEXT,
    claimed_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    worker_pid  INTEGER,
    work_micros INTEGER,
    peak_memory_bytes INTEGER,
    PRIMARY KEY (batch, position, generation, attempt),
    FOREIGN KEY (batch, position) REFERENCES items (batch, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
    batch       INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    media_type  TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL CHECK (size_bytes >= 0),
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (batch, position, generation, name),
    FOREIGN KEY (batch, position) REFERENCES items (batch, position)
) STRICT, WITHOUT ROWID;

-- The log that everything which listens reads. seq has no gap within an owner.
CREATE TABLE events (
    owner       INTEGER NOT NULL,
    seq         INTEGER NOT NULL CHECK (seq >= 1),
    type        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    batch       INTEGER NOT NULL REFERENCES batches (id),
    item        INTEGER,
    correlation INTEGER NOT NULL,
    data        TEXT    NOT NULL,
    PRIMARY KEY (owner, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    owner       INTEGER NOT NULL REFERENCES owners (id),
    key         TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    batch       INTEGER NOT NULL REFERENCES batches (id),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
