-- What delivery needs in every service's schema: messaging.md, "The consumer".

-- One row per event that a consumer has taken in. The claim and the effect stand in one transaction.
CREATE TABLE inbox (
    consumer   text        NOT NULL,
    event_id   uuid        NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_claimed_at ON inbox USING brin (claimed_at);

-- One row per record to be published; `id` gives the order, the relay fills `published_at`.
CREATE TABLE outbox (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     uuid        NOT NULL UNIQUE,
    topic        text        NOT NULL,
    key          bytea       NOT NULL,
    value        bytea       NOT NULL,
    headers      jsonb       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published_at ON outbox USING brin (published_at);

-- Real attempts at a record that failed, so that a restart does not forget them.
CREATE TABLE delivery_attempt (
    consumer   text        NOT NULL,
    topic      text        NOT NULL,
    partition  integer     NOT NULL,
    "offset"   bigint      NOT NULL,
    attempts   integer     NOT NULL CHECK (attempts > 0),
    error      text        NOT NULL,
    first_at   timestamptz NOT NULL DEFAULT now(),
    last_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition, "offset")
);

-- What a person decided about a dead letter: try it again here, or let it lie. The letter itself stays in its topic.
CREATE TABLE dead_letter (
    id         uuid        PRIMARY KEY,
    consumer   text        NOT NULL,
    letter     jsonb       NOT NULL,
    state      text        NOT NULL CHECK (state IN ('waiting', 'replayed', 'failed', 'dropped')),
    actor      text        NOT NULL,
    reason     text        NOT NULL CHECK (reason <> ''),
    attempts   integer     NOT NULL DEFAULT 0,
    error      text        NOT NULL DEFAULT '',
    due_at     timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX dead_letter_waiting ON dead_letter (due_at) WHERE state = 'waiting';
