-- A version before would go on with everything that failed: what the retry has not reached yet keeps its result.
UPDATE batches SET retry_after = NULL WHERE retry_codes IS NOT NULL;
ALTER TABLE batches DROP COLUMN retry_until;
ALTER TABLE batches DROP COLUMN retry_codes;
