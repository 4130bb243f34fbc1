"""The table of usage records, written in SQL (see ../sql/), and the model over it."""

import django.db.models.functions.datetime
from django.db import migrations, models

from qianhang.core.sqlfiles import sql_file

UNDO = "DROP TABLE IF EXISTS metering_usagerecord; DROP FUNCTION IF EXISTS metering_refuse;"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(sql=sql_file("qianhang.core.metering", "usage_record.sql"), reverse_sql=UNDO),
        migrations.CreateModel(
            name="UsageRecord",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("source", models.TextField(help_text="Who measured, such as a cluster.")),
                (
                    "key",
                    models.TextField(
                        help_text="The source's own name for this measurement; unique within the source."
                    ),
                ),
                ("organisation_id", models.UUIDField()),
                ("reference", models.UUIDField(help_text="What used it, such as a run.")),
                ("item", models.TextField()),
                ("quantity", models.BigIntegerField()),
                ("unit", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("attributes", models.JSONField(default=dict)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "usage record",
                "db_table": "metering_usagerecord",
                "ordering": ["started_at", "item", "id"],
                "managed": False,
            },
        ),
    ]
