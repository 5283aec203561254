-- Who changed what of the server: written with the change itself. Of each line `chain` is the SHA-256 of the chain before it
-- and of what the line says.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at          INTEGER NOT NULL,
    actor_key   TEXT,
    actor_owner TEXT    NOT NULL,
    for_owner   TEXT,
    action      TEXT    NOT NULL,
    object      TEXT    NOT NULL,
    before      TEXT,
    after       TEXT,
    correlation TEXT    NOT NULL,
    peer        TEXT,
    chain       BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;
CREATE INDEX audit_by_object ON audit (object, id);
