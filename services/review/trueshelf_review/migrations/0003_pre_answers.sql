-- Every item of scope variant that the slot's approver answers is answered, and only what may not apply does not (R-71).

CREATE FUNCTION check_approval_answers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE c cases; items jsonb; wanting text;
BEGIN
    SELECT * INTO c FROM cases WHERE case_id = NEW.case_id;
    SELECT body -> 'items' INTO items FROM policies
        WHERE kind = 'checklist' AND name = c.checklist_name AND version = c.checklist_version
            AND sha256 = c.checklist_sha256;
    IF items IS NULL THEN
        RAISE EXCEPTION 'approval % rests on checklist % %, which nobody published', NEW.approval_id,
            c.checklist_name, c.checklist_version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_needs_checklist';
    END IF;
    SELECT string_agg(i ->> 'code', ', ') INTO wanting FROM jsonb_array_elements(items) i
        WHERE i ->> 'scope' = 'variant'
            AND (jsonb_array_length(i -> 'slots') = 0 OR i -> 'slots' ? NEW.slot)
            AND NOT EXISTS (
                SELECT FROM answers a WHERE a.decision_id = NEW.decision_id AND a.item = i ->> 'code'
                    AND (a.answer = 'yes' OR (i ->> 'may_not_apply')::boolean)
            );
    IF wanting IS NOT NULL THEN
        RAISE EXCEPTION 'approval % leaves open: % (R-71)', NEW.approval_id, wanting
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_needs_answers';
    END IF;
    RETURN NEW;
END $$;
-- Named so that it fires after check_approval.
CREATE TRIGGER check_approval_answers BEFORE INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION check_approval_answers();
