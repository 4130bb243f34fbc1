"""Usage records. The table, its constraints and its refusal of any change are in sql/usage_record.sql."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class UsageRecord(models.Model):
    """A quantity of one item, used between two moments, in the item's unit. Immutable."""

    id = models.UUIDField(primary_key=True, editable=False)
    source = models.TextField(help_text=_("Who measured, such as a cluster."))
    key = models.TextField(help_text=_("The source's own name for this measurement; unique within the source."))
    organisation_id = models.UUIDField()
    reference = models.UUIDField(help_text=_("What used it, such as a run."))
    item = models.TextField()
    quantity = models.BigIntegerField()
    unit = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    attributes = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Made by SQL, so that Django's flush between tests leaves it alone: a truncate is refused.
        managed = False
        db_table = "metering_usagerecord"
        ordering = ["started_at", "item", "id"]
        verbose_name = _("usage record")

    def __str__(self) -> str:
        return f"{self.source}/{self.key}"
