-- Who may ask over HTTP. Of a key only its SHA-256 is kept; `prefix` is its public part and its name in the API.
-- Ids are never given twice: a session that outlives its key's row must not pass for another's.
CREATE TABLE api_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    prefix       TEXT    NOT NULL UNIQUE CHECK (length(prefix) = 8),
    sha256       BLOB    NOT NULL CHECK (length(sha256) = 32),
    owner        INTEGER NOT NULL REFERENCES owners (id),
    name         TEXT,
    admin        INTEGER NOT NULL CHECK (admin IN (0, 1)),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;
