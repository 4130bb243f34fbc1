-- Walks through a batch in order, in memory: the exact answer where rows of one batch depend on each other (an id
-- twice, a pending transfer and its post together, money received and spent, links that fail). Reads the locked
-- accounts, writes nothing; 10 µs a row on top, where updating a hot account row by row grows with its square.
CREATE FUNCTION ledger_decide_in_order(p_steps ledger_step[]) RETURNS ledger_step[]
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_hashjoin = on AS $$
DECLARE
    v_max       CONSTANT bigint := 4611686018427387903;
    v_size      CONSTANT integer := cardinality(p_steps);
    v_steps     ledger_step[] := p_steps;
    v_echo      ledger_step[] := '{}';
    -- Accounts, by position; a step's accounts are positions in these.
    v_account   bigint[];
    v_guarded   boolean[];
    v_dp        bigint[];
    v_d         bigint[];
    v_cp        bigint[];
    v_c         bigint[];
    -- Steps, by position: the first step with the same id, with the same link, with the same pending_id, and the
    -- first step whose id is this step's pending_id.
    v_order     integer[];
    v_first     integer[];
    v_group     integer[];
    v_rival     integer[];
    v_source    integer[];
    v_debit     integer[];
    v_credit    integer[];
    v_holder    integer[] := array_fill(NULL::integer, ARRAY[v_size]);   -- by v_first: the step that holds the id
    v_resolved  boolean[] := array_fill(false, ARRAY[v_size]);           -- by v_rival
    v_applied   integer[] := '{}';                                       -- of the current link, to be undone
    v_current   integer := 0;
    v_failed    boolean := false;
    s           ledger_step;
    p           ledger_step;
    v_result    text;
    k           integer;
    j           integer;
    a           integer;
    b           integer;
BEGIN
    SELECT array_agg(id ORDER BY id), array_agg(no_overdraft ORDER BY id), array_agg(debits_pending ORDER BY id),
           array_agg(debits_posted ORDER BY id), array_agg(credits_pending ORDER BY id),
           array_agg(credits_posted ORDER BY id)
    INTO v_account, v_guarded, v_dp, v_d, v_cp, v_c
    FROM ledger_account
    WHERE id IN (SELECT debit FROM unnest(p_steps) AS x UNION SELECT credit FROM unnest(p_steps) AS x);

    WITH placed AS (
        SELECT i, id, pending_id, debit, credit,
               min(i) OVER (PARTITION BY id) AS first,
               CASE WHEN link IS NULL THEN i ELSE min(i) OVER (PARTITION BY link) END AS grp,
               min(i) OVER (PARTITION BY pending_id) AS rival
        FROM unnest(p_steps) AS step
    ), account AS (
        SELECT id, position FROM unnest(v_account) WITH ORDINALITY AS x (id, position)
    )
    SELECT array_agg(placed.i ORDER BY placed.grp, placed.i), array_agg(placed.first ORDER BY placed.i),
           array_agg(placed.grp ORDER BY placed.i), array_agg(placed.rival ORDER BY placed.i),
           array_agg(source.first ORDER BY placed.i), array_agg(debit.position ORDER BY placed.i),
           array_agg(credit.position ORDER BY placed.i)
    INTO v_order, v_first, v_group, v_rival, v_source, v_debit, v_credit
    FROM placed
    LEFT JOIN placed AS source ON source.id = placed.pending_id AND source.i = source.first
    LEFT JOIN account AS debit ON debit.id = placed.debit
    LEFT JOIN account AS credit ON credit.id = placed.credit;

    FOREACH k IN ARRAY v_order LOOP
        s := v_steps[k];
        v_result := s.result;
        IF v_group[k] <> v_current THEN
            v_current := v_group[k];
            v_applied := '{}';
            v_failed := false;
        END IF;

        -- A linked request that came twice in one batch: the second gets the answer of the first, below.
        IF s.link IS NOT NULL AND v_first[k] < k AND ledger_is_same_request(s, p_steps[v_first[k]]) THEN
            v_echo := v_echo || s;
            CONTINUE;
        END IF;

        -- An id that is taken comes before any other reason.
        IF v_result IS NULL OR v_result NOT IN ('exists', 'exists_different') THEN
            j := v_holder[v_first[k]];
            IF j IS NOT NULL THEN
                v_result := CASE WHEN ledger_is_same_request(s, v_steps[j]) THEN 'exists' ELSE 'exists_different' END;
            ELSIF v_failed THEN
                v_result := 'linked_failed';
            END IF;
        END IF;

        IF s.pending_id IS NOT NULL AND (v_result IS NULL OR v_result IN ('exceeds_pending', 'pending_expired')) THEN
            IF s.freed IS NULL THEN
                p := v_steps[v_holder[v_source[k]]];
                IF p.kind = 1 THEN
                    s.freed := p.amount;
                    v_debit[k] := v_debit[p.i];
                    v_credit[k] := v_credit[p.i];
                    IF s.debit <> p.debit OR s.credit <> p.credit
                        OR s.kind = 3 AND s.amount NOT IN (0, p.amount)
                    THEN
                        v_result := 'pending_different';
                    ELSIF v_resolved[v_rival[k]] THEN
                        v_result := 'pending_resolved';
                    ELSIF s.amount > p.amount THEN
                        v_result := 'exceeds_pending';
                    END IF;
                    s.debit := p.debit;
                    s.credit := p.credit;
                ELSE
                    v_result := 'pending_not_found';
                END IF;
            ELSIF v_resolved[v_rival[k]] THEN
                v_result := 'pending_resolved';
            END IF;
        END IF;

        IF v_result IS NULL THEN
            a := v_debit[k];
            b := v_credit[k];
            IF s.kind = 0 THEN
                IF greatest(v_d[a], v_c[b]) > v_max - s.amount THEN
                    v_result := 'overflows';
                ELSIF v_guarded[a] AND v_dp[a] + v_d[a] > v_c[a] - s.amount THEN
                    v_result := 'exceeds_credits';
                ELSE
                    v_d[a] := v_d[a] + s.amount;
                    v_c[b] := v_c[b] + s.amount;
                END IF;
            ELSIF s.kind = 1 THEN
                IF greatest(v_dp[a], v_cp[b]) > v_max - s.amount THEN
                    v_result := 'overflows';
                ELSIF v_guarded[a] AND v_dp[a] + v_d[a] > v_c[a] - s.amount THEN
                    v_result := 'exceeds_credits';
                ELSE
                    v_dp[a] := v_dp[a] + s.amount;
                    v_cp[b] := v_cp[b] + s.amount;
                END IF;
            ELSIF s.kind = 2 AND greatest(v_d[a], v_c[b]) > v_max - s.amount THEN
                v_result := 'overflows';
            ELSE
                v_dp[a] := v_dp[a] - s.freed;
                v_cp[b] := v_cp[b] - s.freed;
                IF s.kind = 2 THEN
                    v_d[a] := v_d[a] + s.amount;
                    v_c[b] := v_c[b] + s.amount;
                END IF;
                IF v_result IS NULL THEN
                    v_resolved[v_rival[k]] := true;
                END IF;
            END IF;
        END IF;

        s.result := coalesce(v_result, 'ok');
        v_steps[k] := s;
        IF v_result IS NULL THEN
            v_holder[v_first[k]] := k;
            IF s.link IS NOT NULL THEN
                v_applied := v_applied || k;
            END IF;
        ELSIF s.link IS NOT NULL THEN
            v_failed := true;
            FOREACH j IN ARRAY v_applied LOOP
                p := v_steps[j];
                a := v_debit[j];
                b := v_credit[j];
                v_holder[v_first[j]] := NULL;
                IF p.kind = 1 THEN
                    v_dp[a] := v_dp[a] - p.amount;
                    v_cp[b] := v_cp[b] - p.amount;
                ELSE
                    v_dp[a] := v_dp[a] + p.freed;
                    v_cp[b] := v_cp[b] + p.freed;
                    IF p.kind IN (0, 2) THEN
                        v_d[a] := v_d[a] - p.amount;
                        v_c[b] := v_c[b] - p.amount;
                    END IF;
                    IF p.pending_id IS NOT NULL THEN
                        v_resolved[v_rival[j]] := false;
                    END IF;
                END IF;
                p.result := 'linked_failed';
                v_steps[j] := p;
            END LOOP;
            v_applied := '{}';
        END IF;
    END LOOP;

    FOREACH s IN ARRAY v_echo LOOP
        k := s.i;
        p := v_steps[v_first[k]];
        s.result := CASE p.result WHEN 'ok' THEN 'exists' ELSE p.result END;
        v_steps[k] := s;
    END LOOP;
    RETURN v_steps;
END $$;
