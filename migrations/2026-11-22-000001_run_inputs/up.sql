-- What `quire run` found and where each result goes; empty on a server. Raw bytes, as file names are.
CREATE TABLE run_inputs (
    batch    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    path     BLOB    NOT NULL UNIQUE,
    stem     BLOB    NOT NULL UNIQUE,
    renamed  INTEGER NOT NULL,
    PRIMARY KEY (batch, position),
    FOREIGN KEY (batch, position) REFERENCES items (batch, position)
) STRICT, WITHOUT ROWID;
