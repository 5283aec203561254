-- An item in state 1 is claimed until a worker process has taken it (started_at = 0), and runs from then on. People see
-- a claimed item as queued, and so do a batch's counts.
ALTER TABLE items RENAME COLUMN claimed_at TO started_at;
-- 0 for an attempt that failed on its way to a worker process.
ALTER TABLE attempts RENAME COLUMN claimed_at TO started_at;
ALTER TABLE batches ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0 CHECK (claimed BETWEEN 0 AND queued);
