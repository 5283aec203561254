-- What is claimed runs, as it was called before.
UPDATE batches SET running = running + claimed, queued = queued - claimed, claimed = 0;
ALTER TABLE batches DROP COLUMN claimed;
ALTER TABLE attempts RENAME COLUMN started_at TO claimed_at;
ALTER TABLE items RENAME COLUMN started_at TO claimed_at;
