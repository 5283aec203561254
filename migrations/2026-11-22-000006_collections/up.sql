-- A name that several batches of an owner share, fixed at submit.
ALTER TABLE batches ADD COLUMN collection TEXT CHECK (length(collection) BETWEEN 1 AND 200);
CREATE INDEX batches_by_collection ON batches (owner, collection, id) WHERE collection IS NOT NULL;
