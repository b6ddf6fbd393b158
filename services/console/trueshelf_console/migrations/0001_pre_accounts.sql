-- Who may log in, and who is logged in. A session's token is never stored, only its SHA-256.

CREATE TABLE accounts (
    account_id text PRIMARY KEY CHECK (account_id ~ '^acc_[0-9a-f]{12}$'),
    login text NOT NULL UNIQUE CHECK (login = lower(login) AND length(login) BETWEEN 1 AND 200),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('person', 'drill')),
    roles text[] NOT NULL DEFAULT '{}',
    levels jsonb NOT NULL DEFAULT '{}',
    language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'ru', 'kk')),
    deputy_of text REFERENCES accounts,
    password_hash text,
    oidc_subject text UNIQUE,
    closed boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CHECK (deputy_of <> account_id)
);

CREATE TABLE sessions (
    token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    session_id text NOT NULL UNIQUE,
    account_id text NOT NULL REFERENCES accounts,
    csrf text NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_of_account ON sessions (account_id) WHERE ended_at IS NULL;

-- One-time links: the first administrator's, and those with which an administrator lets somebody set a password.
CREATE TABLE password_links (
    token_sha256 bytea PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    made_by text,
    until timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE login_failures (
    login text NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX login_failures_at ON login_failures (at);
