-- Paid calls to external generators: each is intended here before it is made, and counts until it is known not to have
-- been charged. How each generator stands (token bucket, breaker), and which drafts a person approved.

CREATE TABLE paid_call (
    call_id       uuid PRIMARY KEY,
    item_id       uuid NOT NULL REFERENCES item,
    number        int NOT NULL CHECK (number >= 1),
    batch_id      uuid NOT NULL,
    sku           text NOT NULL,
    generator     text NOT NULL,
    model         text NOT NULL,
    offer         text NOT NULL,
    offers_version text NOT NULL,  -- which version of the generators' file named the price
    credits       int NOT NULL CHECK (credits >= 0),
    state         text NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'charged', 'not_charged', 'unknown')),
    reason        text,            -- a word of ours: how it ended, where it gave no picture
    status        int,             -- HTTP
    request_id    text,
    answer        jsonb,           -- ObjectRef of the bytes as they came; never shown
    media_type    text,
    seed          bigint,
    intended_at   timestamptz NOT NULL,
    ended_at      timestamptz,
    settled_at    timestamptz,     -- a person compared an unknown end with the generator's bill
    UNIQUE (item_id, number),
    CHECK ((state = 'intended') = (ended_at IS NULL)),
    CHECK (answer IS NULL OR (state = 'charged' AND media_type IS NOT NULL))
);
CREATE UNIQUE INDEX paid_call_open ON paid_call (item_id) WHERE state = 'intended';
CREATE INDEX paid_call_month ON paid_call (intended_at) INCLUDE (credits, state);
CREATE INDEX paid_call_batch ON paid_call (batch_id);

CREATE TABLE generator_gate (
    generator  text PRIMARY KEY,
    tokens     double precision NOT NULL,
    filled_at  timestamptz NOT NULL,
    failures   int NOT NULL CHECK (failures >= 0),
    not_before timestamptz,
    blocked    text NOT NULL
);

CREATE TABLE approval (
    variant_id   uuid PRIMARY KEY,
    approved_at  timestamptz NOT NULL,
    withdrawn_at timestamptz
);

CREATE INDEX item_refused ON item (ended_at DESC) WHERE state = 'refused';
