-- SKUs as far as generate knows them, plans with their items, and cut-outs: removal is stored apart from replacement (R-24).

CREATE TABLE sku (
    sku        text PRIMARY KEY CHECK (length(sku) BETWEEN 1 AND 64),
    version    int NOT NULL CHECK (version >= 1),
    ready      jsonb,  -- what SkuReady said of this version; null from SkuChanged until it is ready
    updated_at timestamptz NOT NULL
);

CREATE TABLE plan (
    plan_id     uuid PRIMARY KEY,
    sku         text NOT NULL REFERENCES sku,
    sku_version int NOT NULL CHECK (sku_version >= 1),
    scope       text NOT NULL,  -- 'all' for the first round, else the slot
    round       int NOT NULL CHECK (round >= 1),
    batch_id    uuid NOT NULL,
    category    text NOT NULL,
    presets     jsonb NOT NULL,
    wish        jsonb,          -- RegenerationChange
    made_at     timestamptz NOT NULL,
    UNIQUE (sku, sku_version, scope, round),
    CHECK ((scope = 'all') = (round = 1)),
    CHECK ((round = 1) = (wish IS NULL))
);

CREATE TABLE cutout (
    cutout_id   uuid PRIMARY KEY,
    source      jsonb NOT NULL,
    hints       jsonb NOT NULL,
    recipe      text NOT NULL,
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'passed', 'refused', 'broken')),
    alpha       jsonb,          -- ObjectRef of the 8-bit alpha, of the source's size
    measured    jsonb,          -- method, sigma, outliers
    findings    jsonb,          -- what the edge gate noted
    refusal     jsonb,
    made_at     timestamptz,
    CHECK ((state = 'pending') = (made_at IS NULL)),
    CHECK (state <> 'passed' OR (alpha IS NOT NULL AND measured IS NOT NULL AND findings IS NOT NULL)),
    CHECK ((state IN ('refused', 'broken')) = (refusal IS NOT NULL))
);

CREATE TABLE item (
    item_id     uuid PRIMARY KEY,
    plan_id     uuid NOT NULL REFERENCES plan,
    variant_id  uuid NOT NULL UNIQUE,
    sku         text NOT NULL REFERENCES sku,
    sku_version int NOT NULL,
    round       int NOT NULL CHECK (round >= 1),
    slot        text NOT NULL,
    place       int NOT NULL CHECK (place >= 0),
    mode        text NOT NULL,
    preset      text NOT NULL,
    capture     jsonb NOT NULL,
    cutout_id   uuid REFERENCES cutout,
    state       text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'removed', 'generated', 'refused', 'ended')),
    master      jsonb,
    refusal     jsonb,
    planned_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    UNIQUE (plan_id, slot, place),
    CHECK ((state IN ('planned', 'removed')) = (ended_at IS NULL)),
    CHECK ((state = 'generated') = (master IS NOT NULL)),
    CHECK ((state = 'refused') = (refusal IS NOT NULL)),
    CHECK (state <> 'removed' OR cutout_id IS NOT NULL)
);
CREATE INDEX item_open ON item (sku, sku_version) WHERE state IN ('planned', 'removed');
CREATE INDEX item_cutout ON item (cutout_id) WHERE state = 'planned';
CREATE INDEX item_slot ON item (sku, sku_version, slot, round);
