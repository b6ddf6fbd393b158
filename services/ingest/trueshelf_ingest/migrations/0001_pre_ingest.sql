-- SKUs, captures, intakes and batches. JSON columns hold contract values (ObjectRef, ImageRef, Finding, Actor) as they were.

CREATE TABLE intake (
    intake_id      uuid PRIMARY KEY,
    owner          text NOT NULL,
    reference      text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    note           text NOT NULL DEFAULT '',
    state          text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'settled')),
    correlation_id uuid NOT NULL,
    created_at     timestamptz NOT NULL,
    completed_at   timestamptz,
    UNIQUE (owner, reference),
    CHECK ((state = 'open') = (completed_at IS NULL))
);

CREATE TABLE batch (
    batch_id   uuid PRIMARY KEY,
    category   text NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sealed')),
    size_limit int NOT NULL CHECK (size_limit BETWEEN 1 AND 30),
    opened_at  timestamptz NOT NULL,
    sealed_at  timestamptz,
    reason     text CHECK (reason IN ('full', 'intake_ended', 'asked', 'aged')),
    CHECK ((state = 'sealed') = (sealed_at IS NOT NULL AND reason IS NOT NULL))
);
CREATE UNIQUE INDEX batch_one_open_per_category ON batch (category) WHERE state = 'open';

CREATE TABLE sku (
    sku         text PRIMARY KEY CHECK (length(sku) BETWEEN 1 AND 64),
    version     int NOT NULL DEFAULT 1 CHECK (version >= 1),
    category    text NOT NULL,
    kit         text[] NOT NULL DEFAULT '{}',
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 1024),
    description text NOT NULL DEFAULT '',
    waived      jsonb NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'collecting' CHECK (state IN ('collecting', 'ready')),
    declared    boolean NOT NULL DEFAULT false,
    intake_id   uuid NOT NULL REFERENCES intake,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX sku_intake ON sku (intake_id);

CREATE TABLE capture (
    capture_id       uuid PRIMARY KEY,
    sku              text NOT NULL REFERENCES sku,
    shot             text NOT NULL CHECK (shot IN ('front', 'profile', 'macro', 'clasp', 'bundle', 'scale', 'piece')),
    intake_id        uuid NOT NULL REFERENCES intake,
    state            text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'accepted', 'refused')),
    declared_format  text NOT NULL,
    original         jsonb NOT NULL,
    original_sha256  text NOT NULL,
    source           jsonb,
    preview          jsonb,
    source_type      text NOT NULL CHECK (source_type IN ('phone', 'studio', 'supplier')),
    rights_basis     text NOT NULL CHECK (rights_basis IN ('own', 'licensed', 'supplier_licensed')),
    rights_reference text NOT NULL DEFAULT '',
    warehouse_batch  text NOT NULL DEFAULT '',
    colour_note      text NOT NULL DEFAULT '',
    findings         jsonb NOT NULL DEFAULT '[]',
    actor            jsonb NOT NULL,
    received_at      timestamptz NOT NULL,
    decided_at       timestamptz,
    CHECK (rights_basis = 'own' OR rights_reference <> ''),
    CHECK ((state = 'received') = (decided_at IS NULL)),
    CHECK ((state = 'accepted') = (source IS NOT NULL AND preview IS NOT NULL))
);
CREATE INDEX capture_intake ON capture (intake_id, state);

-- Which photos belong to which version of a SKU: an unchanged photo may serve the next version too.
CREATE TABLE sku_capture (
    sku         text NOT NULL REFERENCES sku,
    sku_version int NOT NULL,
    capture_id  uuid NOT NULL REFERENCES capture,
    PRIMARY KEY (sku, sku_version, capture_id)
);

CREATE TABLE batch_member (
    sku         text NOT NULL REFERENCES sku,
    sku_version int NOT NULL,
    batch_id    uuid NOT NULL REFERENCES batch,
    intake_id   uuid NOT NULL REFERENCES intake,
    PRIMARY KEY (sku, sku_version)
);
CREATE INDEX batch_member_batch ON batch_member (batch_id);

CREATE TABLE sku_change (
    change_id   uuid PRIMARY KEY,
    sku         text NOT NULL REFERENCES sku,
    sku_version int NOT NULL,
    reason      text NOT NULL,
    changed     text[] NOT NULL,
    actor       jsonb NOT NULL,
    changed_at  timestamptz NOT NULL,
    UNIQUE (sku, sku_version)
);

-- A reviewer's wish for new photos, open until the first of them arrives as a new version.
CREATE TABLE reshoot (
    case_id     uuid PRIMARY KEY,
    sku         text NOT NULL,
    sku_version int NOT NULL,
    shots       text[] NOT NULL,
    actor       jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'begun', 'obsolete')),
    asked_at    timestamptz NOT NULL
);
CREATE INDEX reshoot_sku ON reshoot (sku) WHERE state = 'open';
