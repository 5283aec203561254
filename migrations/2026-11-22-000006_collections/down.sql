DROP INDEX batches_by_collection;
ALTER TABLE batches DROP COLUMN collection;
