-- A retry of failed items that is under way: the codes that it is for, separated by commas, and the time by which an item
-- failed that it takes. Both are NULL for a retry of everything.
ALTER TABLE batches ADD COLUMN retry_codes TEXT;
ALTER TABLE batches ADD COLUMN retry_until INTEGER;
