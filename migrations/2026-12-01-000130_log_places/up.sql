-- Where a batch's events lie in its owner's log: behind `log_after`, the last one at `log_upto`. `log_after` is NULL for a
-- batch of a version that did not log each change of an item: what it was at an earlier time cannot be told.
ALTER TABLE batches ADD COLUMN log_after INTEGER;
ALTER TABLE batches ADD COLUMN log_upto INTEGER NOT NULL DEFAULT 0;
