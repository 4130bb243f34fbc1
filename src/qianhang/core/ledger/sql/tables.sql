-- The ledger's two tables. Semantics follow TigerBeetle: four counters per account, immutable transfers.
--
-- Who keeps what true:
--   an account's limits     CHECK constraints, evaluated on the latest, locked row
--   counters = transfers    one statement trigger on ledger_transfer is the only thing that moves a counter
--   history stays           triggers refuse update, delete and truncate, for the owner too
--   one door                the application's role may SELECT and call functions, nothing else (grants.sql)

CREATE TABLE ledger_account (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code            text NOT NULL,
    unit            text NOT NULL,
    organisation_id uuid,
    no_overdraft    boolean NOT NULL,
    debits_pending  bigint NOT NULL DEFAULT 0,
    debits_posted   bigint NOT NULL DEFAULT 0,
    credits_pending bigint NOT NULL DEFAULT 0,
    credits_posted  bigint NOT NULL DEFAULT 0,
    opened_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT ledger_account_code_unique UNIQUE (code),
    CONSTRAINT ledger_account_code_named CHECK (code <> '' AND length(code) <= 200),
    CONSTRAINT ledger_account_unit_named CHECK (unit <> '' AND length(unit) <= 40),
    -- 2^62 - 1: the sum of any two counters still fits a bigint.
    CONSTRAINT ledger_account_in_range CHECK (
        least(debits_pending, debits_posted, credits_pending, credits_posted) >= 0
        AND greatest(debits_pending, debits_posted, credits_pending, credits_posted) <= 4611686018427387903
    ),
    CONSTRAINT ledger_account_no_overdraft CHECK (
        NOT no_overdraft OR debits_pending + debits_posted <= credits_posted
    )
) WITH (
    -- A hot account is rewritten by every batch: room on its page keeps those updates out of the indexes.
    fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.05
);
CREATE INDEX ledger_account_organisation ON ledger_account (organisation_id) WHERE organisation_id IS NOT NULL;

-- No foreign key to the accounts: it would lock two account rows per transfer, in no order (deadlocks), and the
-- write door has the accounts locked and checked already. `ledger verify` looks for strays.
CREATE TABLE ledger_transfer (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         uuid NOT NULL,
    debit      bigint NOT NULL,
    credit     bigint NOT NULL,
    amount     bigint NOT NULL,
    freed      bigint NOT NULL DEFAULT 0,
    kind       smallint NOT NULL,
    pending_id uuid,
    link       uuid,
    code       text NOT NULL DEFAULT '',
    reference  uuid,
    timeout_s  integer,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT ledger_transfer_id_unique UNIQUE (id),
    CONSTRAINT ledger_transfer_two_accounts CHECK (debit <> credit),
    CONSTRAINT ledger_transfer_amount_in_range CHECK (amount BETWEEN 1 AND 4611686018427387903),
    -- kind 0 single, 1 pending, 2 post, 3 void. A resolution frees the whole pending amount; a post moves `amount`
    -- of it, a void moves nothing (its amount repeats what was freed).
    CONSTRAINT ledger_transfer_shape CHECK (
        CASE kind
            WHEN 0 THEN freed = 0 AND pending_id IS NULL AND timeout_s IS NULL
            WHEN 1 THEN freed = 0 AND pending_id IS NULL AND (timeout_s IS NULL OR timeout_s > 0)
            WHEN 2 THEN freed >= amount AND pending_id IS NOT NULL AND timeout_s IS NULL
            WHEN 3 THEN freed = amount AND pending_id IS NOT NULL AND timeout_s IS NULL
            ELSE false
        END
    )
);
COMMENT ON COLUMN ledger_transfer.freed IS
    'What leaves the pending counters: the amount of the resolved pending transfer.';
-- A pending transfer is resolved at most once, whatever the code above believes.
CREATE UNIQUE INDEX ledger_transfer_resolved_once ON ledger_transfer (pending_id) WHERE pending_id IS NOT NULL;
CREATE INDEX ledger_transfer_reference ON ledger_transfer (reference, seq) WHERE reference IS NOT NULL;
CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit, seq);
CREATE INDEX ledger_transfer_credit ON ledger_transfer (credit, seq);
-- What the time-out sweep reads.
CREATE INDEX ledger_transfer_with_timeout ON ledger_transfer (at) WHERE timeout_s IS NOT NULL;


-- Counters move here and nowhere else, once per account and statement.
CREATE FUNCTION ledger_apply() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE ledger_account AS a
    SET debits_pending  = a.debits_pending + d.debits_pending,
        debits_posted   = a.debits_posted + d.debits_posted,
        credits_pending = a.credits_pending + d.credits_pending,
        credits_posted  = a.credits_posted + d.credits_posted
    FROM (
        SELECT account,
               sum(debits_pending)::bigint  AS debits_pending,
               sum(debits_posted)::bigint   AS debits_posted,
               sum(credits_pending)::bigint AS credits_pending,
               sum(credits_posted)::bigint  AS credits_posted
        FROM (
            SELECT debit AS account,
                   CASE kind WHEN 1 THEN amount ELSE -freed END AS debits_pending,
                   CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END AS debits_posted,
                   0 AS credits_pending,
                   0 AS credits_posted
            FROM added
            UNION ALL
            SELECT credit,
                   0,
                   0,
                   CASE kind WHEN 1 THEN amount ELSE -freed END,
                   CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END
            FROM added
        ) AS leg
        GROUP BY account
    ) AS d
    WHERE a.id = d.account;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_apply AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_apply();


CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Post a transfer that corrects the mistake.';
END $$;

CREATE TRIGGER ledger_transfer_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_account_stays BEFORE DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();


-- Direct changes of an account are refused: what it is never changes, and its counters move only from ledger_apply
-- (trigger depth 1 there, 0 in a direct statement). Conditions stand in WHEN, which costs no function call per row.
CREATE FUNCTION ledger_refuse_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account % opens empty and changes only through posted transfers', NEW.code
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER ledger_account_opens_empty BEFORE INSERT ON ledger_account FOR EACH ROW
    WHEN (NEW.debits_pending + NEW.debits_posted + NEW.credits_pending + NEW.credits_posted <> 0)
    EXECUTE FUNCTION ledger_refuse_account();
CREATE TRIGGER ledger_account_guarded BEFORE UPDATE ON ledger_account FOR EACH ROW
    WHEN (
        pg_trigger_depth() < 1
        OR OLD.id <> NEW.id OR OLD.code <> NEW.code OR OLD.unit <> NEW.unit OR OLD.no_overdraft <> NEW.no_overdraft
        OR OLD.opened_at <> NEW.opened_at OR OLD.organisation_id IS DISTINCT FROM NEW.organisation_id
    )
    EXECUTE FUNCTION ledger_refuse_account();
