"""What a POST answered under its Idempotency-Key."""

from django.db import models

from qianhang.core.clock import now


class IdempotencyRecord(models.Model):
    """Written in the transaction of what the POST made, so that both exist or neither does."""

    id = models.BigAutoField(primary_key=True)
    owner = models.UUIDField()
    key = models.CharField(max_length=200)
    operation = models.CharField(max_length=80)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    content_type = models.CharField(max_length=80, default="")
    location = models.CharField(max_length=300, default="")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key", "operation"], name="web_idempotent_once")]
        indexes = [models.Index(fields=["created_at"], name="web_idempotency_age")]
