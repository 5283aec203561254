-- The status that follows from the row alone, so that a list can be narrowed to it: all but whether the time of
-- `not_before` has come. The writer gives it with every change.
ALTER TABLE batches ADD COLUMN status TEXT NOT NULL DEFAULT 'not_started' CHECK (status IN ('open', 'not_started',
    'running', 'pausing', 'paused', 'cancelling', 'finalizing', 'succeeded', 'partial', 'failed', 'cancelled', 'expired'));
CREATE INDEX batches_by_status ON batches (owner, status, id);
-- How many batches of an owner have it.
CREATE TABLE batch_status_counts (
    owner   INTEGER NOT NULL REFERENCES owners (id),
    status  TEXT    NOT NULL,
    batches INTEGER NOT NULL CHECK (batches >= 0),
    PRIMARY KEY (owner, status)
) STRICT, WITHOUT ROWID;
UPDATE batches SET status = CASE
    WHEN outcome IS NOT NULL THEN outcome
    WHEN sealed AND queued + running + retry_wait = 0 AND retry_after IS NULL THEN 'finalizing'
    WHEN control = 'cancelled' THEN 'cancelling'
    WHEN control = 'paused' AND claimed + running > 0 THEN 'pausing'
    WHEN control = 'paused' THEN 'paused'
    WHEN NOT sealed THEN 'open'
    WHEN started_at IS NOT NULL THEN 'running'
    ELSE 'not_started'
END;
INSERT INTO batch_status_counts (owner, status, batches) SELECT owner, status, COUNT(*) FROM batches GROUP BY 1, 2;
