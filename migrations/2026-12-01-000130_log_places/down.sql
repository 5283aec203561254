ALTER TABLE batches DROP COLUMN log_upto;
ALTER TABLE batches DROP COLUMN log_after;
