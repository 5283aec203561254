DROP TABLE batch_status_counts;
DROP INDEX batches_by_status;
ALTER TABLE batches DROP COLUMN status;
