"""The ledger's tables, doors and grants, written in SQL (see ../sql/), and read models over them."""

from django.db import migrations, models

from qianhang.core.sqlfiles import sql_file

PACKAGE = "qianhang.core.ledger"
FILES = ["tables.sql", "open_account.sql", "post_batch.sql", "decide_in_order.sql", "grants.sql"]
UNDO = """
DROP FUNCTION IF EXISTS ledger_post_batch, ledger_decide_in_order, ledger_is_same_request, ledger_open_account;
DROP TYPE IF EXISTS ledger_step;
DROP TABLE IF EXISTS ledger_transfer, ledger_account;
DROP FUNCTION IF EXISTS ledger_apply, ledger_refuse, ledger_refuse_account;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(sql="\n".join(sql_file(PACKAGE, name) for name in FILES), reverse_sql=UNDO),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("code", models.TextField(unique=True)),
                ("unit", models.TextField()),
                ("organisation_id", models.UUIDField(null=True)),
                ("no_overdraft", models.BooleanField()),
                ("debits_pending", models.BigIntegerField()),
                ("debits_posted", models.BigIntegerField()),
                ("credits_pending", models.BigIntegerField()),
                ("credits_posted", models.BigIntegerField()),
                ("opened_at", models.DateTimeField()),
            ],
            options={"verbose_name": "account", "db_table": "ledger_account", "ordering": ["id"], "managed": False},
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(unique=True)),
                ("debit", models.BigIntegerField()),
                ("credit", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("freed", models.BigIntegerField()),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[
                            (0, "Transfer"),
                            (1, "Hold"),
                            (2, "Settlement of a hold"),
                            (3, "Release of a hold"),
                        ]
                    ),
                ),
                ("pending_id", models.UUIDField(null=True)),
                ("link", models.UUIDField(null=True)),
                ("code", models.TextField()),
                ("reference", models.UUIDField(null=True)),
                ("timeout_s", models.IntegerField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={"verbose_name": "transfer", "db_table": "ledger_transfer", "ordering": ["seq"], "managed": False},
        ),
    ]
