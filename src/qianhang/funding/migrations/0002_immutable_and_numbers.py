"""What was charged, paid out or appropriated is never changed or deleted, not even by raw SQL; and number sequences."""

from django.db import migrations

IMMUTABLE = ["funding_receipt", "funding_receiptline", "funding_payout", "funding_appropriation"]
NEVER_DELETED = ["funding_hold", "funding_voucher", "funding_voucherprogramme", "funding_wallet"]
SEQUENCES = ["funding_receipt_number", "funding_voucher_number"]

REFUSE = """
CREATE FUNCTION funding_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% on % is refused: a correction is a new row', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$body$;
"""


def _triggers() -> str:
    refuse_change = "\n".join(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION funding_refuse_change();"
        for table in IMMUTABLE
    )
    refuse_delete = "\n".join(
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION funding_refuse_change();"
        for table in NEVER_DELETED
    )
    return f"{refuse_change}\n{refuse_delete}"


def _drop_triggers() -> str:
    return "\n".join(
        [f"DROP TRIGGER {table}_immutable ON {table};" for table in IMMUTABLE]
        + [f"DROP TRIGGER {table}_kept ON {table};" for table in NEVER_DELETED]
    )


# The role exists only where `qianhang up` or an administrator made it; elsewhere the triggers stand alone.
GRANTS = f"""
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'qianhang_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON {", ".join(IMMUTABLE)} FROM qianhang_app;
        REVOKE DELETE, TRUNCATE ON {", ".join(NEVER_DELETED)} FROM qianhang_app;
        GRANT USAGE, SELECT ON SEQUENCE {", ".join(SEQUENCES)} TO qianhang_app;
    END IF;
END
$do$;
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "\n".join(f"CREATE SEQUENCE {name};" for name in SEQUENCES),
            "\n".join(f"DROP SEQUENCE {name};" for name in SEQUENCES),
        ),
        migrations.RunSQL(REFUSE, "DROP FUNCTION funding_refuse_change();"),
        migrations.RunSQL(_triggers(), _drop_triggers()),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
