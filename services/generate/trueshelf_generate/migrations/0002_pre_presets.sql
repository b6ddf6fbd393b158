-- Presets that people wrote, rules per category, scenes, and every version of the whole that anything was planned with.

CREATE TABLE preset (
    name         text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,31}$'),
    number       int NOT NULL CHECK (number >= 1),
    body         jsonb NOT NULL,
    copied_from  text NOT NULL DEFAULT '',   -- 'name version', empty for one written anew
    state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'confirmed', 'replaced', 'dropped')),
    made_by      jsonb NOT NULL,             -- Actor
    made_at      timestamptz NOT NULL,
    confirmed_by jsonb,
    confirmed_at timestamptz,
    ended_by     jsonb,                      -- who dropped it, or confirmed what replaced it
    ended_at     timestamptz,
    PRIMARY KEY (name, number),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
    CHECK (state <> 'draft' OR (confirmed_at IS NULL AND ended_at IS NULL)),
    CHECK (state <> 'confirmed' OR (confirmed_at IS NOT NULL AND ended_at IS NULL)),
    CHECK ((state IN ('replaced', 'dropped')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX preset_in_force ON preset (name) WHERE state = 'confirmed';

CREATE TABLE category_rule (
    category text NOT NULL CHECK (category ~ '^[a-z][a-z0-9_-]{0,31}$'),
    number   int NOT NULL CHECK (number >= 1),
    body     jsonb NOT NULL,                 -- main: presets that compete; slots: slot → preset
    made_by  jsonb NOT NULL,
    made_at  timestamptz NOT NULL,
    reason   text NOT NULL DEFAULT '',
    PRIMARY KEY (category, number)
);

CREATE TABLE presets_version (
    version  text PRIMARY KEY,
    sha256   text NOT NULL,
    document jsonb NOT NULL,
    made_at  timestamptz NOT NULL
);

CREATE TABLE scene (
    scene_id     uuid PRIMARY KEY,
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 80),
    image        jsonb NOT NULL,             -- ImageRef; lossless, decoded apart from everything
    preview      jsonb NOT NULL,
    original     jsonb NOT NULL,             -- ObjectRef of the bytes as sent, quarantined
    spot         jsonb NOT NULL,             -- surface, centre, light_from, width_cm
    rights_basis text NOT NULL CHECK (rights_basis IN ('own', 'licensed')),
    rights_note  text NOT NULL CHECK (rights_note <> ''), -- who photographed it, or contract, licence, invoice (R-04)
    made_by      jsonb NOT NULL,
    made_at      timestamptz NOT NULL,
    retired_by   jsonb,
    retired_at   timestamptz,
    CHECK ((retired_by IS NULL) = (retired_at IS NULL))
);

-- The exposures of a SKU version that are measured before it is planned (R-12).
CREATE TABLE choosing (
    sku         text NOT NULL REFERENCES sku,
    sku_version int NOT NULL,
    choices     jsonb,                       -- CaptureChoice per shot; null while they are measured
    PRIMARY KEY (sku, sku_version)
);
