"""The outbox: news written in the same transaction as what it tells."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from qianhang.core.clock import now


class OutboxState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Given up")


class OutboxEvent(models.Model):
    seq = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    stream = models.CharField(max_length=120, help_text=_("Events of one stream are delivered in order."))
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=OutboxState.choices, default=OutboxState.PENDING)
    announced_at = models.DateTimeField(default=now, editable=False)
    due_at = models.DateTimeField(default=now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=1000, blank=True, default="")
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["name", "key"], name="events_announced_once")]
        indexes = [
            models.Index(fields=["seq"], name="events_pending", condition=models.Q(state="pending")),
            models.Index(fields=["stream", "seq"], name="events_by_stream", condition=models.Q(state="pending")),
            models.Index(fields=["delivered_at"], name="events_delivered", condition=models.Q(state="delivered")),
        ]
