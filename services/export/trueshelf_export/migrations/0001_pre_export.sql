-- What review and ingest said, as export needs it. Each fact has a row of its own, so that facts may come in any order
-- and more than once. The row in `skus` is what every decision about a SKU locks first.
CREATE TABLE skus (
    sku     text PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1)
);

CREATE TABLE approvals (
    approval_id   uuid PRIMARY KEY,
    sku           text NOT NULL,
    sku_version   integer NOT NULL CHECK (sku_version >= 1),
    variant_id    uuid NOT NULL,
    slot          text NOT NULL,
    category      text NOT NULL,
    mode          text NOT NULL,
    generative    boolean NOT NULL,
    title         text NOT NULL,
    kit           jsonb NOT NULL,
    source        jsonb NOT NULL,
    master        jsonb NOT NULL,
    approver      text NOT NULL,
    drill         boolean NOT NULL,
    decided_at    timestamptz NOT NULL,
    correlation_id uuid NOT NULL
);
CREATE INDEX approvals_by_sku ON approvals (sku, sku_version);

-- No foreign key: a withdrawal may be read before the approval that it ends.
CREATE TABLE withdrawals (
    approval_id uuid PRIMARY KEY,
    sku         text NOT NULL,
    sku_version integer NOT NULL,
    cause       text NOT NULL CHECK (cause IN ('sku_changed', 'person', 'spot_check', 'outcome'))
);

-- Held while the last hold is not older than the last release: true in whatever order the two are read.
CREATE TABLE holds (
    sku         text NOT NULL,
    sku_version integer NOT NULL,
    batch_id    uuid NOT NULL,
    held_at     timestamptz,
    freed_at    timestamptz,
    reason      text NOT NULL DEFAULT '',
    PRIMARY KEY (sku, sku_version, batch_id),
    CHECK (held_at IS NOT NULL OR freed_at IS NOT NULL)
);

CREATE TABLE spot_checks (
    event_id    uuid NOT NULL,
    sku         text NOT NULL,
    sku_version integer NOT NULL,
    approvals   jsonb NOT NULL,
    drill       boolean NOT NULL,
    PRIMARY KEY (event_id, sku)
);
CREATE INDEX spot_checks_by_sku ON spot_checks (sku, sku_version);

-- An order locks its marketplace for share, a confirmation for update: no order starts to wait unseen.
CREATE TABLE marketplaces (
    marketplace text PRIMARY KEY
);
INSERT INTO marketplaces VALUES ('kaspi'), ('wildberries'), ('ozon'), ('etsy'), ('ebay');

CREATE TABLE profiles (
    marketplace  text NOT NULL REFERENCES marketplaces,
    version      text NOT NULL,
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content      jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (marketplace, version)
);

CREATE TABLE confirmations (
    event_id     uuid PRIMARY KEY,
    marketplace  text NOT NULL,
    version      text NOT NULL,
    base_sha256  text NOT NULL,
    request_hash text NOT NULL,
    source       text NOT NULL CHECK (source <> ''),
    checked_on   date NOT NULL,
    valid_until  date NOT NULL,
    answers      jsonb NOT NULL,
    actor        jsonb NOT NULL,
    drill        boolean NOT NULL,
    confirmed_at timestamptz NOT NULL,
    FOREIGN KEY (marketplace, version) REFERENCES profiles,
    CHECK (valid_until > checked_on),
    CHECK (valid_until <= checked_on + 180)
);

CREATE TABLE orders (
    order_id     uuid PRIMARY KEY,
    marketplace  text NOT NULL REFERENCES marketplaces,
    actor        jsonb NOT NULL,
    request_hash text NOT NULL,
    slots        jsonb,
    iptc         boolean NOT NULL,
    drill        boolean NOT NULL,
    ordered_at   timestamptz NOT NULL,
    CHECK (actor ->> 'role' = 'uploader'),
    CHECK (actor ->> 'kind' IN ('person', 'drill')),
    CHECK (drill OR actor ->> 'kind' = 'person')
);

CREATE TABLE packs (
    pack_id          uuid PRIMARY KEY,
    order_id         uuid NOT NULL REFERENCES orders,
    sku              text NOT NULL,
    sku_version      integer NOT NULL CHECK (sku_version >= 1),
    state            text NOT NULL CHECK (state IN
                     ('waiting_rules', 'rendering', 'awaiting_answers', 'packing', 'ready', 'refused', 'withdrawn')),
    profile          jsonb,
    profile_ref      jsonb NOT NULL,
    rules_confirmed  uuid REFERENCES confirmations,
    spot_check       uuid,
    answers          jsonb NOT NULL DEFAULT '{}',
    left_out         jsonb NOT NULL DEFAULT '[]',
    reasons          jsonb NOT NULL DEFAULT '[]',
    object           jsonb,
    manifest         jsonb,
    withdrawn_reason text CHECK (withdrawn_reason IN ('sku_changed', 'approval_withdrawn', 'sku_held')),
    drill            boolean NOT NULL,
    correlation_id   uuid NOT NULL,
    ordered_at       timestamptz NOT NULL,
    changed_at       timestamptz NOT NULL,
    UNIQUE (order_id, sku),
    CONSTRAINT rendering_has_rules CHECK
        (state NOT IN ('rendering', 'awaiting_answers', 'packing', 'ready', 'withdrawn')
         OR (profile IS NOT NULL AND spot_check IS NOT NULL)),
    CONSTRAINT ready_has_files CHECK
        ((state IN ('ready', 'withdrawn')) = (object IS NOT NULL AND manifest IS NOT NULL)),
    CONSTRAINT refused_says_why CHECK ((state = 'refused') = (jsonb_array_length(reasons) > 0)),
    CONSTRAINT withdrawn_says_why CHECK ((state = 'withdrawn') = (withdrawn_reason IS NOT NULL))
);
CREATE INDEX packs_by_sku ON packs (sku, ordered_at DESC);
CREATE INDEX packs_waiting ON packs (order_id) WHERE state = 'waiting_rules';

CREATE TABLE renditions (
    rendition_id  uuid PRIMARY KEY,
    pack_id       uuid NOT NULL REFERENCES packs,
    approval_id   uuid NOT NULL REFERENCES approvals,
    slot          text NOT NULL,
    position      integer NOT NULL CHECK (position >= 1),
    name          text NOT NULL,
    state         text NOT NULL CHECK (state IN ('pending', 'rendered', 'in_review', 'ok', 'rejected')),
    image         jsonb,
    facts         jsonb,
    source_type   text NOT NULL,
    report_sha256 text,
    verdict       text CHECK (verdict IN ('clear', 'flag', 'stop', 'unjudged')),
    accepted_by   text,
    UNIQUE (pack_id, position),
    UNIQUE (pack_id, slot),
    UNIQUE (pack_id, name),
    CONSTRAINT main_comes_first CHECK ((slot = 'main') = (position = 1)),
    CONSTRAINT rendered_has_image CHECK ((state = 'pending') = (image IS NULL) AND (image IS NULL) = (facts IS NULL)),
    -- R-51, R-60: a file counts as good only when qa cleared it or a person accepted it, and by a report.
    CONSTRAINT ok_was_judged CHECK
        (state <> 'ok' OR (report_sha256 IS NOT NULL AND (verdict = 'clear' OR accepted_by IS NOT NULL)))
);
CREATE INDEX renditions_by_approval ON renditions (approval_id);

CREATE TABLE downloads (
    pack_id  uuid NOT NULL REFERENCES packs,
    actor_id text NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX downloads_by_pack ON downloads (pack_id);

CREATE TABLE outcomes (
    outcome_id     uuid PRIMARY KEY,
    request_hash   text NOT NULL,
    sku            text NOT NULL,
    sku_version    integer NOT NULL,
    marketplace    text NOT NULL REFERENCES marketplaces,
    pack_id        uuid REFERENCES packs,
    variant_id     uuid,
    kind           text NOT NULL CHECK (kind IN
                   ('moderation_accepted', 'moderation_rejected', 'return_not_as_pictured', 'return_wrong_colour')),
    reason         text NOT NULL,
    checklist_item text,
    reported_on    date NOT NULL,
    actor          jsonb NOT NULL,
    drill          boolean NOT NULL,
    recorded_at    timestamptz NOT NULL
);
CREATE INDEX outcomes_by_sku ON outcomes (sku, recorded_at DESC);
