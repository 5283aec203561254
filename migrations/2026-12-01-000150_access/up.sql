-- What a key may do: its role, narrowed to some scopes (a JSON list) where `scopes` is not NULL; until when; and the key
-- that takes its place.
ALTER TABLE api_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'operator' CHECK (role IN ('viewer', 'operator', 'admin'));
UPDATE api_keys SET role = 'admin' WHERE admin = 1;
ALTER TABLE api_keys DROP COLUMN admin;
ALTER TABLE api_keys ADD COLUMN scopes TEXT;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN successor INTEGER;
