-- Uploads that come in pieces. Their bytes lie in `incoming`, under the public id: a row comes before its file and goes
-- before it. `received` counts what was synced before anybody was told so. An upload that is done names its file, until
-- it is forgotten, for a client that did not hear.
CREATE TABLE uploads (
    id          INTEGER PRIMARY KEY NOT NULL,
    public_id   TEXT    NOT NULL UNIQUE,
    owner       INTEGER NOT NULL REFERENCES owners (id),
    name        TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL CHECK (size_bytes >= 0),
    received    INTEGER NOT NULL CHECK (received BETWEEN 0 AND size_bytes),
    expires_at  INTEGER NOT NULL,
    file        TEXT,
    duplicate   INTEGER NOT NULL DEFAULT 0 CHECK (duplicate IN (0, 1)),
    CHECK (file IS NULL OR received = size_bytes)
) STRICT;
CREATE INDEX uploads_open ON uploads (owner) WHERE file IS NULL;
CREATE INDEX uploads_by_expiry ON uploads (expires_at);
