-- The application's role reads the tables and calls the doors. Default privileges may have given it more.
REVOKE ALL ON ledger_account, ledger_transfer FROM PUBLIC;
REVOKE ALL ON FUNCTION
    ledger_open_account(text, text, uuid, boolean),
    ledger_post_batch(uuid[], bigint[], bigint[], bigint[], smallint[], uuid[], uuid[], text[], uuid[], integer[],
                      boolean, timestamptz),
    ledger_decide_in_order(ledger_step[]),
    ledger_is_same_request(ledger_step, ledger_step),
    ledger_apply(), ledger_refuse(), ledger_refuse_account()
FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'qianhang_app') THEN
        REVOKE ALL ON ledger_account, ledger_transfer FROM qianhang_app;
        GRANT SELECT ON ledger_account, ledger_transfer TO qianhang_app;
        GRANT EXECUTE ON FUNCTION
            ledger_open_account(text, text, uuid, boolean),
            ledger_post_batch(uuid[], bigint[], bigint[], bigint[], smallint[], uuid[], uuid[], text[], uuid[],
                              integer[], boolean, timestamptz)
        TO qianhang_app;
    END IF;
END $$;
