-- What was observed is never changed or removed; a value that is restated is a new revision.

CREATE FUNCTION programme_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what was observed or reported stays', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER programme_observation_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_observation
    FOR EACH STATEMENT EXECUTE FUNCTION programme_refuse();
CREATE TRIGGER programme_outsidevalue_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_outsidevalue
    FOR EACH STATEMENT EXECUTE FUNCTION programme_refuse();
CREATE TRIGGER programme_manualvalue_kept BEFORE DELETE OR TRUNCATE ON programme_manualvalue
    FOR EACH STATEMENT EXECUTE FUNCTION programme_refuse();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'qianhang_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON programme_observation, programme_outsidevalue FROM qianhang_app;
        REVOKE DELETE, TRUNCATE ON programme_manualvalue FROM qianhang_app;
    END IF;
END $$;
