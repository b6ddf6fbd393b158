-- Which pictures and files every event names, by their hash: who holds a picture finds what was said of it.
CREATE TABLE picture_mentions (
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    event_id uuid NOT NULL,
    part text NOT NULL,
    event_type text NOT NULL,
    sku text NOT NULL,
    sku_version integer NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (sha256, event_id, part)
);
CREATE INDEX picture_mentions_of_sku ON picture_mentions (sku, sha256);

-- What was ordered, newest first, and who had taken a pack that was withdrawn since.
CREATE TABLE ordered_packs (
    pack_id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    sku text NOT NULL,
    marketplace text NOT NULL,
    ordered_by text NOT NULL,
    ordered_at timestamptz NOT NULL,
    drill boolean NOT NULL
);
CREATE INDEX ordered_packs_of_order ON ordered_packs (order_id);
CREATE INDEX ordered_packs_by_age ON ordered_packs (ordered_at DESC);

CREATE TABLE withdrawn_packs (
    pack_id uuid PRIMARY KEY,
    reason text NOT NULL,
    downloaded_by text[] NOT NULL,
    withdrawn_at timestamptz NOT NULL
);
