-- What qa was asked to compare, and what came of it. JSON columns hold contract values as they were.
-- There is no table and no column in which qa could approve anything (R-53).

CREATE TABLE subject (
    subject_id  uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('variant', 'rendition')),
    sku         text NOT NULL CHECK (length(sku) BETWEEN 1 AND 64),
    sku_version int NOT NULL CHECK (sku_version >= 1),
    event       jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'checked', 'ended')),
    verdict     text CHECK (verdict IN ('clear', 'flag', 'stop', 'unjudged')),
    report      jsonb,
    received_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((state = 'checked') = (verdict IS NOT NULL AND report IS NOT NULL)),
    CHECK ((state = 'pending') = (finished_at IS NULL))
);
CREATE INDEX subject_pending_of_sku ON subject (sku, sku_version) WHERE state = 'pending';

CREATE TABLE sku_version (
    sku     text PRIMARY KEY,
    version int NOT NULL CHECK (version >= 1)
);

CREATE TABLE thresholds_published (
    version      text NOT NULL,
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    published_at timestamptz NOT NULL,
    PRIMARY KEY (version, sha256)
);
