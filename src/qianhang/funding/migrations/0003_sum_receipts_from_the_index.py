"""A supplier's monthly sums read this index alone, not every receipt."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funding", "0002_immutable_and_numbers")]

    operations = [
        migrations.RemoveIndex(model_name="receipt", name="funding_receipt_owed"),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                fields=["supplier", "-issued_at", "-id"], include=["total_micro"], name="funding_receipt_owed"
            ),
        ),
    ]
