-- One change at a time: a form carries the version that it shows, and a change raises it.
ALTER TABLE accounts ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE accounts ADD CHECK (roles <@ ARRAY['capturer', 'operator', 'reviewer', 'uploader', 'auditor', 'admin']);
CREATE INDEX accounts_deputies ON accounts (deputy_of) WHERE deputy_of IS NOT NULL;

-- By what its owner knows a session again on the page of the account.
ALTER TABLE sessions ADD COLUMN agent text NOT NULL DEFAULT '' CHECK (length(agent) <= 200);

-- Without an account: the link with which the first administrator makes one.
ALTER TABLE password_links ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE password_links ADD CHECK (length(token_sha256) = 32);
CREATE INDEX password_links_open ON password_links (account_id) WHERE used_at IS NULL;

-- Tries to log in that did not succeed (or not yet). The login is stored as a hash: people type passwords into that field.
CREATE INDEX login_failures_of_login ON login_failures (login, at);
CREATE INDEX login_failures_of_address ON login_failures (address, at);
