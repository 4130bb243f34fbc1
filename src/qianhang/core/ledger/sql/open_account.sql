-- Opens an account, or finds the one with this code; the caller compares what comes back with what was asked.
CREATE FUNCTION ledger_open_account(p_code text, p_unit text, p_organisation_id uuid, p_no_overdraft boolean)
RETURNS ledger_account
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_account ledger_account;
BEGIN
    SELECT * INTO v_account FROM ledger_account WHERE code = p_code;
    IF NOT FOUND THEN
        INSERT INTO ledger_account (code, unit, organisation_id, no_overdraft)
        VALUES (p_code, p_unit, p_organisation_id, p_no_overdraft)
        ON CONFLICT (code) DO NOTHING;
        SELECT * INTO v_account FROM ledger_account WHERE code = p_code;
    END IF;
    RETURN v_account;
END $$;
