ALTER TABLE api_keys DROP COLUMN successor;
-- A version before knows no end of a key: it gets it now.
UPDATE api_keys SET revoked_at = expires_at WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
ALTER TABLE api_keys DROP COLUMN expires_at;
ALTER TABLE api_keys ADD COLUMN admin INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1));
-- Nor a key that may do less than its owner: that one opens nothing any more.
UPDATE api_keys SET revoked_at = created_at WHERE revoked_at IS NULL AND (scopes IS NOT NULL OR role = 'viewer');
UPDATE api_keys SET admin = 1 WHERE role = 'admin';
ALTER TABLE api_keys DROP COLUMN scopes;
ALTER TABLE api_keys DROP COLUMN role;
