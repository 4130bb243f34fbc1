"""Read models over the ledger's tables. Rows are written by the SQL functions in sql/, never through the ORM."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """Four counters in one unit. `no_overdraft`: posted and pending debits never exceed posted credits."""

    id = models.BigIntegerField(primary_key=True)
    code = models.TextField(unique=True)
    unit = models.TextField()
    organisation_id = models.UUIDField(null=True)
    no_overdraft = models.BooleanField()
    debits_pending = models.BigIntegerField()
    debits_posted = models.BigIntegerField()
    credits_pending = models.BigIntegerField()
    credits_posted = models.BigIntegerField()
    opened_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "ledger_account"
        ordering = ["id"]
        verbose_name = _("account")

    def __str__(self) -> str:
        return self.code


class Transfer(models.Model):
    """One immutable movement. `freed` is what a post or void takes out of the pending counters."""

    class Kind(models.IntegerChoices):
        SINGLE = 0, _("Transfer")
        PENDING = 1, _("Hold")
        POST = 2, _("Settlement of a hold")
        VOID = 3, _("Release of a hold")

    seq = models.BigIntegerField(primary_key=True)
    id = models.UUIDField(unique=True)
    debit = models.BigIntegerField()
    credit = models.BigIntegerField()
    amount = models.BigIntegerField()
    freed = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=Kind.choices)
    pending_id = models.UUIDField(null=True)
    link = models.UUIDField(null=True)
    code = models.TextField()
    reference = models.UUIDField(null=True)
    timeout_s = models.IntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "ledger_transfer"
        ordering = ["seq"]
        verbose_name = _("transfer")

    def __str__(self) -> str:
        return str(self.id)
