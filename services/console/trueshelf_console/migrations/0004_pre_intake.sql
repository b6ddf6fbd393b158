-- Delivery sheets that people dropped: kept, so that a session that ends, a closed tab or another computer loses nothing.
-- The photos are not kept here; ingest knows which of them it has.

CREATE TABLE deliveries (
    delivery_id uuid PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 150),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    sheet bytea NOT NULL CHECK (length(sheet) <= 16777216),
    rows integer NOT NULL,
    photos integer NOT NULL,
    wrong integer NOT NULL,
    intake_id uuid,
    finished_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX deliveries_of_account ON deliveries (account_id, created_at DESC);
