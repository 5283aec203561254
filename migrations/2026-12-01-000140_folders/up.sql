-- Where a document lay, as its owner says; for people alone.
ALTER TABLE documents ADD COLUMN folder TEXT;
