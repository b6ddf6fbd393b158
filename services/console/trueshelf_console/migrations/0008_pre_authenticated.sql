-- When the person of a session last gave the password or logged in at the company: what is signed needs it to be recent.
ALTER TABLE sessions ADD COLUMN authenticated_at timestamptz;
UPDATE sessions SET authenticated_at = began_at WHERE ended_at IS NULL;
