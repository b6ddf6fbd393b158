-- What the bus delivered and nobody has placed yet. The only table here that rows leave.
CREATE TABLE received (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    timestamp_ms bigint      NOT NULL,
    key          bytea,
    value        bytea,
    headers      bytea       NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (topic, partition, "offset")
);

-- The log. seq counts from 0 without a gap; the columns after leaf_hash are an index that follows from value.
CREATE TABLE entries (
    seq          bigint      PRIMARY KEY CHECK (seq >= 0),
    logged_at    timestamptz NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    timestamp_ms bigint      NOT NULL,
    key          bytea,
    value        bytea,
    headers      bytea       NOT NULL,
    leaf_hash    bytea       NOT NULL CHECK (length(leaf_hash) = 32),
    type         text,
    event_id     uuid,
    sku          text,
    sku_version  integer,
    batch_id     uuid,
    actor_id     text,
    occurred_at  timestamptz,
    drill        boolean     NOT NULL,
    signature    text        CHECK (signature IN ('valid', 'invalid', 'missing', 'unknown_key')),
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX entries_sku ON entries (sku, seq) WHERE sku IS NOT NULL;
CREATE INDEX entries_batch ON entries (batch_id, seq) WHERE batch_id IS NOT NULL;
CREATE INDEX entries_actor ON entries (actor_id, seq) WHERE actor_id IS NOT NULL;
CREATE INDEX entries_type ON entries (type, seq);
CREATE INDEX entries_event ON entries (event_id);
CREATE INDEX entries_occurred ON entries (occurred_at);

-- Complete subtrees of level 1 and up; level 0 is entries.leaf_hash.
CREATE TABLE tree_nodes (
    level smallint NOT NULL CHECK (level > 0),
    index bigint   NOT NULL CHECK (index >= 0),
    hash  bytea    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, index)
);

CREATE TABLE checkpoints (
    tree_size bigint      PRIMARY KEY CHECK (tree_size > 0),
    root      bytea       NOT NULL CHECK (length(root) = 32),
    note      text        NOT NULL,
    signed_at timestamptz NOT NULL
);

CREATE TABLE checkpoint_copies (
    tree_size bigint      PRIMARY KEY REFERENCES checkpoints,
    object    jsonb       NOT NULL,
    copied_at timestamptz NOT NULL
);

CREATE TABLE verifications (
    id       uuid        PRIMARY KEY,
    asked_at timestamptz NOT NULL,
    asked_by text        NOT NULL
);

CREATE TABLE verification_reports (
    id          uuid        PRIMARY KEY REFERENCES verifications,
    finished_at timestamptz NOT NULL,
    ok          boolean     NOT NULL,
    report      jsonb       NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- A second lock for whoever has the right by mistake. Statement level: it refuses even what would touch no row.
DO $$
DECLARE
    grows text;
BEGIN
    FOREACH grows IN ARRAY ARRAY[
        'entries', 'tree_nodes', 'checkpoints', 'checkpoint_copies', 'verifications', 'verification_reports'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', grows);
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', grows);
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'trueshelf_audit' AND rolname <> current_user) THEN
            EXECUTE format('REVOKE ALL ON %I FROM trueshelf_audit', grows);
            EXECUTE format('GRANT SELECT, INSERT ON %I TO trueshelf_audit', grows);
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'trueshelf_audit' AND rolname <> current_user) THEN
        GRANT SELECT, INSERT, DELETE ON received TO trueshelf_audit;
    END IF;
END
$$;
