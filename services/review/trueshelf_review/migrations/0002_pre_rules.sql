-- Rules that look at more than one row. Each says which requirement it holds.

CREATE FUNCTION check_new_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c cases;
BEGIN
    SELECT * INTO c FROM cases WHERE case_id = NEW.case_id FOR UPDATE;
    IF c.state <> 'open' THEN
        RAISE EXCEPTION 'case % is %, not open', c.case_id, c.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.actor_id = ANY (c.excluded) THEN
        RAISE EXCEPTION 'case % needs another person than % (R-67)', c.case_id, NEW.actor_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'four_eyes';
    END IF;
    IF c.senior_only AND NEW.actor_level IS DISTINCT FROM 'senior' THEN
        RAISE EXCEPTION 'case % is for a senior (R-67)', c.case_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'senior_only';
    END IF;
    IF c.first_reviewer IS DISTINCT FROM NEW.first_reviewer THEN
        RAISE EXCEPTION 'case % had another first reviewer', c.case_id USING ERRCODE = 'check_violation';
    END IF;
    IF c.kind = 'spot' AND EXISTS (
        SELECT FROM approvals a WHERE a.sku = c.sku AND a.sku_version = c.sku_version
            AND a.withdrawn_at IS NULL AND a.approver = NEW.actor_id
    ) THEN
        RAISE EXCEPTION 'who approved % does not spot-check it (R-69)', c.sku
            USING ERRCODE = 'check_violation', CONSTRAINT = 'four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_new_decision BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION check_new_decision();

CREATE FUNCTION check_changed_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'pending' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'decision % is % and stays so', OLD.decision_id, OLD.state USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.case_id, NEW.kind, NEW.actor_id, NEW.actor, NEW.body, NEW.decided_at, NEW.viewport_width, NEW.actor_level)
        IS DISTINCT FROM
       (OLD.case_id, OLD.kind, OLD.actor_id, OLD.actor, OLD.body, OLD.decided_at, OLD.viewport_width, OLD.actor_level) THEN
        RAISE EXCEPTION 'decision % is never rewritten', OLD.decision_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_changed_decision BEFORE UPDATE ON decisions FOR EACH ROW EXECUTE FUNCTION check_changed_decision();

CREATE FUNCTION check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE d decisions; c cases; i items; checked int; current_version int;
BEGIN
    SELECT * INTO d FROM decisions WHERE decision_id = NEW.decision_id;
    SELECT * INTO c FROM cases WHERE case_id = d.case_id;
    SELECT * INTO i FROM items WHERE variant_id = NEW.variant_id;
    IF d.kind <> 'approve' OR d.state <> 'final' OR d.actor_id <> NEW.approver OR d.case_id <> NEW.case_id
        OR d.body ->> 'variant_id' IS DISTINCT FROM NEW.variant_id::text
        OR d.actor_kind <> NEW.approver_kind OR d.actor_level <> NEW.approver_level THEN
        RAISE EXCEPTION 'approval % rests on no final decision of its approver (R-60)', NEW.approval_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_rests_on_decision';
    END IF;
    IF c.kind NOT IN ('slot', 'second')
        OR (c.sku, c.sku_version, c.slot) IS DISTINCT FROM (NEW.sku, NEW.sku_version, NEW.slot)
        OR (i.sku, i.sku_version, i.slot, i.round) IS DISTINCT FROM (c.sku, c.sku_version, c.slot, c.round) THEN
        RAISE EXCEPTION 'approval % is about another picture than its case (R-68)', NEW.approval_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_matches_case';
    END IF;
    IF i.generated IS NULL OR i.checked IS NULL OR i.master_sha256 IS DISTINCT FROM NEW.master_sha256 THEN
        RAISE EXCEPTION 'variant % is not checked, or its picture is another one', NEW.variant_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_binds_checked_picture';
    END IF;
    IF NOT EXISTS (SELECT FROM answers WHERE decision_id = NEW.decision_id) THEN
        RAISE EXCEPTION 'approval % without a checklist answer (R-71)', NEW.approval_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_needs_answers';
    END IF;
    IF i.verdict = 'stop' AND (NEW.approver_level <> 'senior' OR btrim(NEW.override_reason) = '') THEN
        RAISE EXCEPTION 'qa stopped variant %: only a senior who writes why', NEW.variant_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stop_needs_senior';
    END IF;
    SELECT count(*) INTO checked FROM items o WHERE (o.sku, o.sku_version, o.slot, o.round)
        = (i.sku, i.sku_version, i.slot, i.round) AND o.generated IS NOT NULL AND o.checked IS NOT NULL;
    IF NEW.slot = 'main' AND checked < 2 AND i.generated ->> 'mode' <> 'as_shot' THEN
        RAISE EXCEPTION 'main of % has % checked variant, two are needed (R-22)', NEW.sku, checked
            USING ERRCODE = 'check_violation', CONSTRAINT = 'main_needs_two';
    END IF;
    SELECT version INTO current_version FROM skus WHERE sku = NEW.sku;
    IF NEW.sku_version < current_version THEN
        RAISE EXCEPTION 'SKU % is at version %, not % (R-16)', NEW.sku, current_version, NEW.sku_version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_of_current_version';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_approval BEFORE INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION check_approval();

CREATE FUNCTION check_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL
        OR (to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_cause', 'withdrawn_by'])
           IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_cause', 'withdrawn_by']) THEN
        RAISE EXCEPTION 'approval % can only be withdrawn, once', OLD.approval_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_withdrawal BEFORE UPDATE ON approvals FOR EACH ROW EXECUTE FUNCTION check_withdrawal();

-- A batch leaves its spot check only when somebody else has looked (R-70), and its seed never changes.
CREATE FUNCTION check_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seed <> OLD.seed OR NEW.rate <> OLD.rate THEN
        RAISE EXCEPTION 'seed and rate of batch % were committed to', OLD.batch_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'passed' AND OLD.state <> 'passed' AND EXISTS (
        SELECT FROM batch_members m JOIN approvals a
            ON a.sku = m.sku AND a.sku_version = m.sku_version AND a.withdrawn_at IS NULL
        WHERE m.batch_id = NEW.batch_id
    ) AND NOT EXISTS (
        SELECT FROM cases c JOIN decisions d ON d.case_id = c.case_id AND d.state = 'final' AND d.kind = 'spot_good'
        WHERE c.batch_id = NEW.batch_id AND c.kind = 'spot' AND NOT c.after_run
    ) THEN
        RAISE EXCEPTION 'batch % passes without a spot check (R-70)', OLD.batch_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pass_needs_spot_check';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_batch BEFORE UPDATE ON batches FOR EACH ROW EXECUTE FUNCTION check_batch();

CREATE FUNCTION never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER never_deleted BEFORE DELETE ON decisions FOR EACH ROW EXECUTE FUNCTION never_deleted();
CREATE TRIGGER never_deleted BEFORE DELETE ON approvals FOR EACH ROW EXECUTE FUNCTION never_deleted();
CREATE TRIGGER never_deleted BEFORE DELETE ON answers FOR EACH ROW EXECUTE FUNCTION never_deleted();

-- The rejection log (R-103): rejections of ours, and what marketplaces and buyers said, each with what it was about.
CREATE VIEW rejection_log AS
    SELECT d.sku, d.sku_version, c.slot, (v ->> 'variant_id')::uuid AS variant_id, 'review' AS origin,
        r ->> 'code' AS code, r ->> 'checklist_item' AS checklist_item, r ->> 'note' AS note,
        d.actor_id AS reviewer, i.generated #>> '{generator,name}' AS generator,
        i.generated #>> '{generator,version}' AS generator_version, d.ended_at AS at
    FROM decisions d JOIN cases c USING (case_id)
        CROSS JOIN LATERAL jsonb_array_elements(d.body -> 'variants') v
        CROSS JOIN LATERAL jsonb_array_elements(v -> 'reasons') r
        LEFT JOIN items i ON i.variant_id = (v ->> 'variant_id')::uuid
    WHERE d.state = 'final' AND d.kind = 'reject'
    UNION ALL
    SELECT o.sku, o.sku_version, a.slot, coalesce(o.variant_id, a.variant_id), o.body ->> 'marketplace',
        o.kind, o.body ->> 'checklist_item', o.body ->> 'reason',
        a.approver, i.generated #>> '{generator,name}',
        i.generated #>> '{generator,version}', (o.body ->> 'occurred_at')::timestamptz
    FROM outcomes o
        LEFT JOIN approvals a ON a.sku = o.sku AND a.sku_version = o.sku_version
            AND (a.variant_id = o.variant_id OR (o.variant_id IS NULL AND a.slot = 'main'))
        LEFT JOIN items i ON i.variant_id = coalesce(o.variant_id, a.variant_id)
    WHERE o.kind <> 'moderation_accepted';
