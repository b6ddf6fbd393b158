-- Review's tables. The rules of the domain stand here a second time, as constraints and triggers: whoever goes around
-- the domain meets them all the same.

CREATE TABLE skus (
    sku text PRIMARY KEY CHECK (length(sku) BETWEEN 1 AND 64),
    version int NOT NULL DEFAULT 1 CHECK (version >= 1)
);

CREATE TABLE capturers (
    capture_id uuid PRIMARY KEY,
    actor_id text NOT NULL
);

CREATE TABLE plans (
    plan_id uuid PRIMARY KEY,
    sku text NOT NULL,
    sku_version int NOT NULL,
    round int NOT NULL,
    batch_id uuid NOT NULL,
    body jsonb NOT NULL
);
CREATE INDEX plans_by_sku ON plans (sku, sku_version, round);

-- One row per item of a plan, filled by whichever fact comes first.
CREATE TABLE items (
    item_id uuid PRIMARY KEY,
    sku text NOT NULL,
    sku_version int NOT NULL,
    slot text NOT NULL,
    round int NOT NULL,
    planned boolean NOT NULL DEFAULT false,
    position int NOT NULL DEFAULT 0,
    mode text NOT NULL DEFAULT '',
    plan_id uuid,
    variant_id uuid UNIQUE,
    master_sha256 text,
    verdict text CHECK (verdict IN ('clear', 'flag', 'stop', 'unjudged')),
    generated jsonb,
    checked jsonb,
    refused jsonb
);
CREATE INDEX items_by_slot ON items (sku, sku_version, slot, round);

CREATE TABLE slots (
    sku text NOT NULL,
    sku_version int NOT NULL,
    slot text NOT NULL,
    batch_id uuid NOT NULL,
    category text NOT NULL,
    correlation_id uuid NOT NULL,
    round int NOT NULL CHECK (round >= 1),
    state text NOT NULL CHECK (state IN ('open', 'approved', 'reshoot', 'abandoned', 'withdrawn', 'superseded')),
    asked_by text,
    drill boolean NOT NULL DEFAULT false,
    PRIMARY KEY (sku, sku_version, slot)
);
CREATE INDEX slots_by_batch ON slots (batch_id);

CREATE TABLE cases (
    case_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('slot', 'generation', 'second', 'spot', 'rendition')),
    sku text NOT NULL,
    sku_version int NOT NULL,
    batch_id uuid,
    category text NOT NULL,
    slot text,
    round int,
    subject jsonb NOT NULL,
    after_run boolean NOT NULL DEFAULT false,
    first_reviewer text,
    checklist_name text NOT NULL,
    checklist_version text NOT NULL,
    checklist_sha256 text NOT NULL,
    opened_at timestamptz NOT NULL,
    correlation_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'pending', 'decided', 'closed')),
    version int NOT NULL CHECK (version >= 1),
    doubt int NOT NULL,
    asked_for boolean NOT NULL,
    senior_only boolean NOT NULL,
    excluded text[] NOT NULL,
    drill boolean NOT NULL,
    lease_holder text,
    lease_since timestamptz,
    lease_until timestamptz,
    closed_because text NOT NULL DEFAULT '',
    CHECK ((lease_holder IS NULL) = (lease_since IS NULL) AND (lease_holder IS NULL) = (lease_until IS NULL)),
    CHECK (lease_holder IS NULL OR state = 'open'),
    CHECK (lease_holder IS NULL OR lease_holder <> ALL (excluded)),
    CONSTRAINT second_case_is_for_another_senior CHECK (
        kind <> 'second' OR (first_reviewer IS NOT NULL AND first_reviewer = ANY (excluded) AND senior_only)
    ),
    CHECK (kind IN ('spot') OR slot IS NOT NULL)
);
CREATE UNIQUE INDEX one_case_per_round ON cases (sku, sku_version, slot, round, kind) WHERE kind IN ('slot', 'generation');
CREATE INDEX cases_queue ON cases (category, kind, opened_at) WHERE state = 'open';
CREATE INDEX cases_by_sku ON cases (sku, sku_version);
CREATE INDEX cases_by_batch ON cases (batch_id, kind);
CREATE INDEX cases_by_holder ON cases (lease_holder) WHERE lease_holder IS NOT NULL;

CREATE TABLE decisions (
    decision_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases,
    kind text NOT NULL CHECK (kind IN ('approve', 'reject', 'dispute', 'spot_good', 'spot_bad', 'rendition_accept',
        'rendition_reject', 'regenerate', 'reshoot', 'keep_original', 'abandon')),
    sku text NOT NULL,
    sku_version int NOT NULL,
    slot text,
    actor_id text NOT NULL,
    actor_kind text NOT NULL,
    actor_level text NOT NULL,
    actor jsonb NOT NULL,
    body jsonb NOT NULL,
    viewport_width int NOT NULL,
    decided_at timestamptz NOT NULL,
    undo_until timestamptz NOT NULL,
    review_seconds double precision NOT NULL CHECK (review_seconds >= 0),
    first_reviewer text,
    state text NOT NULL CHECK (state IN ('pending', 'final', 'undone', 'void')),
    ended_at timestamptz,
    CONSTRAINT decided_by_a_person CHECK (actor_kind IN ('person', 'drill')),
    CONSTRAINT decided_with_a_level CHECK (actor_level IN ('junior', 'senior')),
    CONSTRAINT screen_large_enough CHECK (viewport_width >= 1024),
    CONSTRAINT second_look_by_another_person CHECK (first_reviewer IS NULL OR first_reviewer <> actor_id),
    CHECK ((state = 'pending') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_decision_per_case ON decisions (case_id) WHERE state IN ('pending', 'final');
CREATE UNIQUE INDEX one_pending_decision_per_slot ON decisions (sku, sku_version, slot)
    WHERE state = 'pending' AND slot IS NOT NULL;
CREATE INDEX decisions_by_sku ON decisions (sku, sku_version);

CREATE TABLE answers (
    decision_id uuid NOT NULL REFERENCES decisions,
    item text NOT NULL,
    answer text NOT NULL CHECK (answer IN ('yes', 'not_applicable')),
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (decision_id, item)
);

CREATE TABLE approvals (
    approval_id uuid PRIMARY KEY,
    decision_id uuid NOT NULL UNIQUE REFERENCES decisions,
    case_id uuid NOT NULL REFERENCES cases,
    sku text NOT NULL,
    sku_version int NOT NULL,
    slot text NOT NULL,
    variant_id uuid NOT NULL REFERENCES items (variant_id),
    batch_id uuid NOT NULL,
    category text NOT NULL,
    approver text NOT NULL,
    approver_kind text NOT NULL CONSTRAINT approved_by_a_person CHECK (approver_kind IN ('person', 'drill')),
    approver_level text NOT NULL CHECK (approver_level IN ('junior', 'senior')),
    master_sha256 text NOT NULL,
    override_reason text NOT NULL,
    correlation_id uuid NOT NULL,
    approved_at timestamptz NOT NULL,
    drill boolean NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_cause text NOT NULL DEFAULT '',
    withdrawn_by text
);
CREATE UNIQUE INDEX one_standing_approval_per_slot ON approvals (sku, sku_version, slot) WHERE withdrawn_at IS NULL;
CREATE INDEX approvals_by_variant ON approvals (variant_id);

CREATE TABLE batches (
    batch_id uuid PRIMARY KEY,
    category text NOT NULL,
    seed bytea NOT NULL CHECK (length(seed) = 32),
    rate int NOT NULL CHECK (rate >= 1),
    correlation_id uuid NOT NULL,
    first_seen_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'drawn', 'passed', 'quarantined', 'released')),
    sealed boolean NOT NULL DEFAULT false,
    draws int NOT NULL DEFAULT 0,
    holds int NOT NULL DEFAULT 0,
    drill boolean NOT NULL DEFAULT false,
    CHECK (state = 'open' OR sealed)
);

CREATE TABLE batch_members (
    batch_id uuid NOT NULL REFERENCES batches,
    sku text NOT NULL,
    sku_version int NOT NULL,
    position int NOT NULL,
    PRIMARY KEY (batch_id, sku, sku_version)
);
CREATE INDEX batch_members_by_sku ON batch_members (sku, sku_version);

CREATE TABLE spot_rates (
    category text PRIMARY KEY,
    rate int NOT NULL CHECK (rate >= 1),
    passed_in_a_row int NOT NULL DEFAULT 0
);

CREATE TABLE renditions (
    rendition_id uuid PRIMARY KEY,
    body jsonb NOT NULL
);

CREATE TABLE outcomes (
    outcome_id uuid PRIMARY KEY,
    sku text NOT NULL,
    sku_version int NOT NULL,
    variant_id uuid,
    kind text NOT NULL,
    body jsonb NOT NULL
);
CREATE INDEX outcomes_by_sku ON outcomes (sku, sku_version);

CREATE TABLE policies (
    kind text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    sha256 text NOT NULL,
    body jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (kind, name, version)
);
