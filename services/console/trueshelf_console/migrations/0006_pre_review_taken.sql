-- What each reviewer decided through the console: for "my last decisions" and the progress of the day.
-- Review's own record is the authority; nothing is decided from this table.

CREATE TABLE review_taken (
    decision_id uuid PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    case_id uuid NOT NULL,
    case_kind text NOT NULL,
    kind text NOT NULL,
    sku text NOT NULL,
    slot text,
    category text NOT NULL,
    decided_at timestamptz NOT NULL,
    undo_until timestamptz NOT NULL,
    review_seconds double precision NOT NULL,
    undone boolean NOT NULL DEFAULT false
);
CREATE INDEX review_taken_by_account ON review_taken (account_id, decided_at DESC);
