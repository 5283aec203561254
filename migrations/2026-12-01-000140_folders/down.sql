ALTER TABLE documents DROP COLUMN folder;
