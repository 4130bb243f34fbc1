-- What somebody handed in, reported or said stays as it was. Only what is worked out from it, who reviewed it, and the
-- name of a person who has left may still change: the columns each trigger names.

CREATE FUNCTION programme_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV THEN
        RAISE EXCEPTION '% on % is refused: what was handed in stays', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION programme_keep_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: it has been reviewed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER programme_plandocument_kept BEFORE UPDATE ON programme_plandocument
    FOR EACH ROW EXECUTE FUNCTION programme_keep('found', 'meta', 'reading_version', 'imported_by_id');
CREATE TRIGGER programme_evidence_kept BEFORE UPDATE ON programme_evidence
    FOR EACH ROW EXECUTE FUNCTION programme_keep('uploaded_by_id');
CREATE TRIGGER programme_progressreport_kept BEFORE UPDATE ON programme_progressreport
    FOR EACH ROW EXECUTE FUNCTION programme_keep('made_by_id');
CREATE TRIGGER programme_expertopinion_kept BEFORE UPDATE ON programme_expertopinion
    FOR EACH ROW EXECUTE FUNCTION programme_keep('given_by_id');
CREATE TRIGGER programme_manualvalue_words_kept BEFORE UPDATE ON programme_manualvalue
    FOR EACH ROW EXECUTE FUNCTION programme_keep('state', 'reviewed_by_id', 'reviewed_at', 'review_note');
CREATE TRIGGER programme_manualvalue_reviewed_once BEFORE UPDATE ON programme_manualvalue
    FOR EACH ROW WHEN (OLD.state <> 'waiting') EXECUTE FUNCTION programme_keep_reviewed();

CREATE TRIGGER programme_plandocument_stays BEFORE DELETE OR TRUNCATE ON programme_plandocument
    FOR EACH STATEMENT EXECUTE FUNCTION programme_refuse();
CREATE TRIGGER programme_evidence_stays BEFORE DELETE OR TRUNCATE ON programme_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION programme_refuse();
CREATE TRIGGER programme_progressreport_stays BEFORE DELETE OR TRUNCATE ON programme_progressreport
    FOR EACH STATEMENT EXECUTE FUNCTION programme_refuse();
CREATE TRIGGER programme_expertopinion_stays BEFORE DELETE OR TRUNCATE ON programme_expertopinion
    FOR EACH STATEMENT EXECUTE FUNCTION programme_refuse();
