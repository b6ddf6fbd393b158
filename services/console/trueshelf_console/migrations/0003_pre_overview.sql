-- Where every SKU version stands (R-101). `progress_facts` is what the events say, a set; `progress` is derived from it.

CREATE TABLE progress_facts (
    sku text NOT NULL,
    sku_version integer NOT NULL CHECK (sku_version >= 1),
    facts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (sku, sku_version)
);

CREATE TABLE progress (
    sku text NOT NULL,
    sku_version integer NOT NULL CHECK (sku_version >= 1),
    stage text NOT NULL CHECK (stage IN ('source', 'ready', 'drafts', 'qa', 'review', 'spot', 'export', 'packing',
        'packed', 'after', 'held', 'withdrawn', 'ended', 'superseded')),
    since timestamptz NOT NULL,
    stuck boolean NOT NULL,
    why jsonb NOT NULL DEFAULT '[]',
    category text,
    batch_id uuid,
    title text NOT NULL DEFAULT '',
    planned integer NOT NULL DEFAULT 0,
    made integer NOT NULL DEFAULT 0,
    unmade integer NOT NULL DEFAULT 0,
    checked integer NOT NULL DEFAULT 0,
    slots integer NOT NULL DEFAULT 0,
    decided integer NOT NULL DEFAULT 0,
    packs jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (sku, sku_version)
);
CREATE INDEX progress_of_stage ON progress (stage, since, sku, sku_version);
CREATE INDEX progress_of_category ON progress (category, stage);
CREATE INDEX progress_of_batch ON progress (batch_id, stage);
CREATE INDEX progress_stuck ON progress (since, sku, sku_version) WHERE stuck;
CREATE INDEX progress_by_age ON progress (since, sku, sku_version) WHERE stage <> 'superseded';
CREATE INDEX progress_by_name ON progress (lower(sku) text_pattern_ops);

CREATE TABLE progress_batches (
    batch_id uuid PRIMARY KEY,
    category text NOT NULL,
    first_at timestamptz NOT NULL,
    sealed_at timestamptz,
    drawn_at timestamptz,
    passed_at timestamptz,
    quarantined_at timestamptz,
    released_at timestamptz,
    members integer
);
CREATE INDEX progress_batches_by_age ON progress_batches (first_at DESC, batch_id);

-- How many facts of a kind five minutes brought: each counted when it is first known.
CREATE TABLE progress_tally (
    slice timestamptz NOT NULL,
    what text NOT NULL,
    n integer NOT NULL,
    PRIMARY KEY (slice, what)
);

-- Policy versions that the services published.
CREATE TABLE policies (
    owner text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    sha256 text NOT NULL,
    since timestamptz NOT NULL,
    actor text,
    PRIMARY KEY (owner, kind, name, version, sha256)
);

-- What the console saw of the services when it last looked, and since when it is so.
CREATE TABLE service_watch (
    service text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('well', 'unready', 'stuck', 'away')),
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    figures jsonb NOT NULL DEFAULT '{}'
);
