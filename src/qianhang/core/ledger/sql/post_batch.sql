-- The write door: takes a batch of transfers as arrays, returns one result code per transfer, in order.
--
-- The result is as if the transfers had been posted one at a time in the order given, except that transfers with
-- the same link count at the place of the first of them, all or none. Correct at READ COMMITTED:
--   1. every account the batch touches is locked in id order (no two batches can wait for each other in a circle);
--   2. only then, in a new snapshot, is anything read that a decision rests on;
--   3. if no order of the rows could make a difference, what is right is right for all rows at once (fast path);
--      else ledger_decide_in_order walks through the rows in memory, with the counters in arrays;
--   4. one INSERT writes what was accepted; its trigger moves each account's counters once. If a constraint objects,
--      the sub-transaction is rolled back and step 3 is done again, in order. So two batches that bring the same new
--      id and share no account meet at the unique index: the later one waits, reads again, and finds that it `exists`.

CREATE TYPE ledger_step AS (
    i          integer,   -- place in the batch, from 1
    id         uuid,
    debit      bigint,    -- of a post or void: taken from its pending transfer
    credit     bigint,
    amount     bigint,
    freed      bigint,    -- NULL: resolves a pending transfer that is not in the table (yet)
    kind       smallint,
    pending_id uuid,
    link       uuid,
    code       text,
    reference  uuid,
    timeout_s  integer,
    result     text       -- NULL: nothing speaks against it so far
);

-- A replay must say the same in every field. A post or void may leave its accounts out, a void its amount.
CREATE FUNCTION ledger_is_same_request(asked ledger_step, kept ledger_step) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT asked.kind IS NOT DISTINCT FROM kept.kind
        AND (asked.debit IS NOT DISTINCT FROM kept.debit OR asked.debit IS NULL AND asked.kind IN (2, 3))
        AND (asked.credit IS NOT DISTINCT FROM kept.credit OR asked.credit IS NULL AND asked.kind IN (2, 3))
        AND (asked.amount IS NOT DISTINCT FROM kept.amount OR asked.amount = 0 AND asked.kind = 3)
        AND asked.pending_id IS NOT DISTINCT FROM kept.pending_id
        AND asked.link IS NOT DISTINCT FROM kept.link
        AND asked.code IS NOT DISTINCT FROM kept.code
        AND asked.reference IS NOT DISTINCT FROM kept.reference
        AND asked.timeout_s IS NOT DISTINCT FROM kept.timeout_s
$$;


-- p_at lets a caller claim a later clock than the database's, never an earlier one: time-outs cannot be cheated.
CREATE FUNCTION ledger_post_batch(
    p_ids uuid[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_kinds smallint[],
    p_pending_ids uuid[], p_links uuid[], p_codes text[], p_references uuid[], p_timeouts_s integer[],
    p_all_or_none boolean DEFAULT false, p_at timestamptz DEFAULT NULL
) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
-- A batch looks up single rows by key: one plan, made once per session (planning anew costs three times the work of a
-- single transfer), which must not scan the tables because it was made when they were small.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_size     CONSTANT integer := coalesce(cardinality(p_ids), 0);
    v_max      CONSTANT bigint := 4611686018427387903;
    v_accounts bigint[];
    v_steps    ledger_step[];
    v_in_order boolean := false;
    v_retries  integer := 0;
    v_at       timestamptz;
BEGIN
    IF v_size = 0 THEN
        RETURN '{}';
    ELSIF v_size > 8190 THEN
        RAISE EXCEPTION 'a batch holds at most 8190 transfers, not %', v_size USING ERRCODE = 'program_limit_exceeded';
    END IF;

    SELECT array_agg(DISTINCT account) INTO v_accounts
    FROM (
        SELECT unnest(p_debits) AS account
        UNION ALL SELECT unnest(p_credits)
        UNION ALL SELECT debit FROM ledger_transfer WHERE id = ANY (p_pending_ids)
        UNION ALL SELECT credit FROM ledger_transfer WHERE id = ANY (p_pending_ids)
    ) AS named;
    PERFORM FROM ledger_account WHERE id = ANY (v_accounts) ORDER BY id FOR NO KEY UPDATE;
    v_at := greatest(p_at, clock_timestamp());

    LOOP
        SELECT array_agg(
            ROW (
                asked.i, asked.id, coalesce(asked.debit, pending.debit), coalesce(asked.credit, pending.credit),
                asked.amount, CASE WHEN asked.kind IN (2, 3) THEN pending.amount ELSE 0 END, asked.kind,
                asked.pending_id, asked.link, asked.code, asked.reference, asked.timeout_s,
                CASE
                    WHEN kept.id IS NOT NULL THEN
                        CASE WHEN ledger_is_same_request(
                            ROW (asked.i, asked.id, asked.debit, asked.credit, asked.amount, 0, asked.kind, asked.pending_id,
                                 asked.link, asked.code, asked.reference, asked.timeout_s, NULL)::ledger_step,
                            ROW (asked.i, kept.id, kept.debit, kept.credit, kept.amount, 0, kept.kind, kept.pending_id,
                                 kept.link, kept.code, kept.reference, kept.timeout_s, NULL)::ledger_step
                        ) THEN 'exists' ELSE 'exists_different' END
                    WHEN asked.id IS NULL OR asked.amount IS NULL OR asked.code IS NULL
                        OR asked.kind IS NULL OR asked.kind NOT IN (0, 1, 2, 3)
                        OR (asked.pending_id IS NOT NULL) <> (asked.kind IN (2, 3))
                        OR asked.timeout_s IS NOT NULL AND (asked.kind <> 1 OR asked.timeout_s <= 0)
                    THEN 'malformed'
                    WHEN asked.amount > v_max OR asked.amount < CASE asked.kind WHEN 3 THEN 0 ELSE 1 END
                    THEN 'invalid_amount'
                    WHEN asked.kind IN (0, 1) THEN
                        CASE
                            WHEN debit.id IS NULL OR credit.id IS NULL THEN 'account_not_found'
                            WHEN debit.id = credit.id THEN 'same_account'
                            WHEN debit.unit <> credit.unit THEN 'unit_mismatch'
                        END
                    WHEN pending.id IS NULL AND asked.pending_id = ANY (p_ids) THEN NULL
                    WHEN pending.id IS NULL OR pending.kind <> 1 THEN 'pending_not_found'
                    WHEN asked.debit <> pending.debit OR asked.credit <> pending.credit
                        OR asked.kind = 3 AND asked.amount NOT IN (0, pending.amount)
                    THEN 'pending_different'
                    WHEN resolution.id IS NOT NULL THEN 'pending_resolved'
                    WHEN asked.amount > pending.amount THEN 'exceeds_pending'
                    WHEN asked.kind = 2 AND pending.at + pending.timeout_s * interval '1 second' <= v_at
                    THEN 'pending_expired'
                END
            )::ledger_step
            ORDER BY asked.i
        ) INTO v_steps
        FROM unnest(
            p_ids, p_debits, p_credits, p_amounts, p_kinds, p_pending_ids, p_links, p_codes, p_references, p_timeouts_s
        ) WITH ORDINALITY AS asked (id, debit, credit, amount, kind, pending_id, link, code, reference, timeout_s, i)
        LEFT JOIN ledger_transfer AS kept ON kept.id = asked.id
        LEFT JOIN ledger_account AS debit ON debit.id = asked.debit
        LEFT JOIN ledger_account AS credit ON credit.id = asked.credit
        LEFT JOIN ledger_transfer AS pending ON pending.id = asked.pending_id
        LEFT JOIN ledger_transfer AS resolution ON resolution.pending_id = asked.pending_id;

        -- Could the order of the rows matter? (A counter that would run over shows at the INSERT, below.)
        SELECT v_in_order
            OR count(DISTINCT id) < v_size
            OR count(DISTINCT pending_id) < count(pending_id)
            OR bool_or(result IS NULL AND freed IS NULL)  -- a pending transfer is resolved in the batch that makes it
            -- something of a link is not acceptable, or there already while the rest is not
            OR count(link) > 0 AND EXISTS (
                SELECT FROM unnest(v_steps) AS s WHERE link IS NOT NULL
                GROUP BY link HAVING count(result) > 0 AND (count(result) < count(*) OR bool_or(result <> 'exists'))
            )
            -- an account's funds would not last if all its debits came first
            OR EXISTS (
                SELECT FROM (
                    SELECT debit AS account, sum(amount) AS wanted
                    FROM unnest(v_steps) AS s WHERE result IS NULL AND kind IN (0, 1) GROUP BY debit
                ) AS d
                JOIN ledger_account AS a ON a.id = d.account
                WHERE a.no_overdraft AND d.wanted > a.credits_posted - a.debits_posted - a.debits_pending
            )
        INTO v_in_order
        FROM unnest(v_steps) AS step;
        IF v_in_order THEN
            v_steps := ledger_decide_in_order(v_steps);
        END IF;

        IF p_all_or_none AND EXISTS (
            SELECT FROM unnest(v_steps) AS s WHERE coalesce(result, 'ok') NOT IN ('ok', 'exists')
        ) THEN
            RETURN ARRAY(SELECT coalesce(nullif(result, 'ok'), 'linked_failed') FROM unnest(v_steps) AS s ORDER BY i);
        END IF;

        BEGIN
            INSERT INTO ledger_transfer
                (id, debit, credit, amount, freed, kind, pending_id, link, code, reference, timeout_s)
            SELECT id, debit, credit, CASE kind WHEN 3 THEN freed ELSE amount END, freed, kind, pending_id, link, code,
                   reference, timeout_s
            FROM unnest(v_steps) AS step
            WHERE coalesce(result, 'ok') = 'ok'
            ORDER BY i;
            RETURN ARRAY(SELECT coalesce(result, 'ok') FROM unnest(v_steps) AS s ORDER BY i);
        EXCEPTION
            -- An id that somebody else committed meanwhile, or a counter that would run over: read again and go in order.
            -- Somebody else can be in the way once per row, not more.
            WHEN unique_violation OR check_violation OR numeric_value_out_of_range THEN
                v_retries := v_retries + 1;
                IF v_retries > v_size + 1 THEN
                    RAISE;
                END IF;
                v_in_order := true;
        END;
    END LOOP;
END $$;
