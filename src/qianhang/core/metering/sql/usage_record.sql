-- What was used, as the meter saw it. Rows are never changed or removed: money was charged on them.

CREATE TABLE metering_usagerecord (
    id              uuid PRIMARY KEY,
    source          text NOT NULL,
    key             text NOT NULL,
    organisation_id uuid NOT NULL,
    reference       uuid NOT NULL,
    item            text NOT NULL,
    quantity        bigint NOT NULL,
    unit            text NOT NULL,
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz NOT NULL,
    attributes      jsonb NOT NULL DEFAULT '{}',
    recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT metering_recorded_once UNIQUE (source, key),
    CONSTRAINT metering_named CHECK (
        length(source) BETWEEN 1 AND 60 AND length(key) BETWEEN 1 AND 200
        AND length(item) BETWEEN 1 AND 60 AND length(unit) BETWEEN 1 AND 40
    ),
    CONSTRAINT metering_quantity_not_negative CHECK (quantity >= 0),
    CONSTRAINT metering_ends_after_start CHECK (ended_at >= started_at),
    CONSTRAINT metering_attributes_object CHECK (jsonb_typeof(attributes) = 'object')
);
CREATE INDEX metering_reference ON metering_usagerecord (reference);
CREATE INDEX metering_by_organisation ON metering_usagerecord (organisation_id, item, started_at);

CREATE FUNCTION metering_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'usage records are append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Record a correction of its own.';
END $$;
CREATE TRIGGER metering_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON metering_usagerecord
    FOR EACH STATEMENT EXECUTE FUNCTION metering_refuse();

REVOKE ALL ON metering_usagerecord FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'qianhang_app') THEN
        REVOKE ALL ON metering_usagerecord FROM qianhang_app;
        GRANT SELECT, INSERT ON metering_usagerecord TO qianhang_app;
    END IF;
END $$;
