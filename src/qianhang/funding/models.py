"""Voucher programmes, vouchers, holds, receipts and payouts. Balances live in core.ledger, never here."""

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission, ScopedQuerySet
from qianhang.core.clock import new_id, now
from qianhang.core.people.models import Organisation
from qianhang.core.units.money import CNY

PPM = 1_000_000

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class OwnedQuerySet(ScopedQuerySet[M_co]):
    """Rows of one organisation, seen by its members with wallet.view and by the programme office."""

    office = Permission.VOUCHER_ISSUE

    def visible_to(self, actor: Actor) -> Self:
        if actor.is_system or actor.may(self.office) or actor.may(Permission.QUEUE_VIEW):
            return self
        if actor.is_anonymous or actor.organisation_id is None or not actor.may(Permission.WALLET_VIEW):
            return self.none()
        return self.filter(organisation_id=actor.organisation_id)


class ProgrammeQuerySet(OwnedQuerySet["VoucherProgramme"]):
    """See OwnedQuerySet; named, so that a fetched row has its type."""


class VoucherQuerySet(OwnedQuerySet["Voucher"]):
    """See OwnedQuerySet."""


class HoldQuerySet(OwnedQuerySet["Hold"]):
    """See OwnedQuerySet."""


class PayoutQuerySet(OwnedQuerySet["Payout"]):
    """See OwnedQuerySet."""


class ReceiptQuerySet(OwnedQuerySet["Receipt"]):
    def visible_to(self, actor: Actor) -> Self:
        """The payer, the supplier who is owed, and the programme office. The supplier is told less: see
        `Receipt.shows_payer_to`."""
        paid = super().visible_to(actor)
        if actor.organisation_id is not None and actor.may(Permission.STATEMENT_VIEW):
            return paid | self.filter(supplier_id=actor.organisation_id)
        return paid


class Wallet(models.Model):
    """Which ledger accounts are an organisation's. One clearing account for each payer, so that organisations never
    wait for each other's row when money is held."""

    organisation = models.OneToOneField(Organisation, primary_key=True, on_delete=models.PROTECT, related_name="+")
    account = models.BigIntegerField(unique=True)
    clearing_account = models.BigIntegerField(unique=True)
    opened_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("wallet")


class VoucherProgramme(models.Model):
    """A scheme that pays a share. Kind and unit are open vocabularies; what else a scheme says goes into `rules`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="voucher_programmes", verbose_name=_("owner")
    )
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160, blank=True, default="")
    kind = models.CharField(max_length=30, default="compute")
    unit = models.CharField(max_length=30, default=CNY)
    legal_basis = models.CharField(max_length=300, blank=True, default="")
    share_ppm = models.PositiveIntegerField(help_text=_("The share the voucher pays, in millionths."))
    cap = models.BigIntegerField(help_text=_("The most one voucher pays, in the programme's unit."))
    valid_days = models.PositiveIntegerField()
    rules = models.JSONField(default=dict, blank=True)
    pool_account = models.BigIntegerField(help_text=_("The ledger account that holds the budget."))
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("voucher programme")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(share_ppm__gt=0, share_ppm__lte=PPM), name="funding_share_is_a_share"),
            models.CheckConstraint(condition=Q(cap__gt=0), name="funding_cap_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Appropriation(models.Model):
    """Budget put into a programme's pool, and by whom. Immutable; the value itself is the transfer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(VoucherProgramme, on_delete=models.PROTECT, related_name="appropriations")
    payer = models.CharField(max_length=160, help_text=_("Whose budget, such as the province's or the city's."))
    amount = models.BigIntegerField(help_text=_("In the programme's unit."))
    reason = models.CharField(max_length=500)
    transfer = models.UUIDField(unique=True)
    made_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("appropriation")
        ordering = ["-made_at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="funding_appropriation_positive")]


class Voucher(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        FROZEN = "frozen", _("Frozen")
        REVOKED = "revoked", _("Revoked")
        EXPIRED = "expired", _("Expired")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(VoucherProgramme, on_delete=models.PROTECT, related_name="vouchers")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="vouchers", verbose_name=_("holder")
    )
    number = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    state_reason = models.CharField(max_length=500, blank=True, default="")
    share_ppm = models.PositiveIntegerField()
    face = models.BigIntegerField(help_text=_("What it may pay in all, in the programme's unit."))
    account = models.BigIntegerField(unique=True)
    issued_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()

    objects = VoucherQuerySet.as_manager()

    class Meta:
        verbose_name = _("voucher")
        ordering = ["-issued_at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(face__gt=0), name="funding_face_positive")]
        indexes = [
            models.Index(
                fields=["expires_at"], name="funding_voucher_expiry", condition=Q(state__in=["active", "frozen"])
            )
        ]

    def __str__(self) -> str:
        return self.number


class Hold(models.Model):
    """Money set aside for one reference (a run) until it is settled or released: at most two pending transfers."""

    class State(models.TextChoices):
        HELD = "held", _("Held")
        SETTLED = "settled", _("Settled")
        RELEASED = "released", _("Released")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.UUIDField(unique=True, help_text=_("What the money is held for, such as a run."))
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    amount_micro = models.BigIntegerField()
    wallet_micro = models.BigIntegerField()
    voucher_micro = models.BigIntegerField(default=0)
    voucher = models.ForeignKey(Voucher, null=True, blank=True, on_delete=models.PROTECT, related_name="holds")
    wallet_transfer = models.UUIDField(null=True, blank=True)
    voucher_transfer = models.UUIDField(null=True, blank=True)
    closed_reason = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_micro=models.F("wallet_micro") + models.F("voucher_micro")),
                name="funding_hold_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(wallet_micro__gte=0, voucher_micro__gte=0), name="funding_hold_not_negative"
            ),
        ]


class Receipt(models.Model):
    """What one reference cost, who paid, who is owed. Immutable; adds up exactly by constraint."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=32, unique=True)
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="receipt")
    reference = models.UUIDField(unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="receipts")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="receipts_owed")
    lines_micro = models.BigIntegerField(help_text=_("The exact sum of the lines."))
    rounding_micro = models.BigIntegerField(
        default=0, help_text=_("What rounding to a whole fen changed; 0 since charges are exact.")
    )
    waived_micro = models.BigIntegerField(default=0, help_text=_("Used beyond what was held, and not charged."))
    total_micro = models.BigIntegerField()
    voucher_micro = models.BigIntegerField(default=0)
    wallet_micro = models.BigIntegerField()
    released_micro = models.BigIntegerField()
    occurred_at = models.DateTimeField(help_text=_("When what is charged had ended."))
    issued_at = models.DateTimeField(default=now, editable=False)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    total_micro=models.F("lines_micro") + models.F("rounding_micro") - models.F("waived_micro")
                ),
                name="funding_receipt_lines_add_up",
            ),
            models.CheckConstraint(
                condition=Q(total_micro=models.F("voucher_micro") + models.F("wallet_micro")),
                name="funding_receipt_payers_add_up",
            ),
            models.CheckConstraint(
                condition=Q(lines_micro__gte=0, waived_micro__gte=0, voucher_micro__gte=0)
                & Q(wallet_micro__gte=0, released_micro__gte=0),
                name="funding_receipt_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-issued_at", "-id"], name="funding_receipt_newest"),
            models.Index(fields=["-issued_at", "-id"], name="funding_receipt_all_newest"),
            models.Index(
                fields=["supplier", "-issued_at", "-id"], include=["total_micro"], name="funding_receipt_owed"
            ),
        ]

    def shows_payer_to(self, actor: Actor) -> bool:
        """Whether who paid, and how, is `actor`'s to know: the payer's and the programme office's. The supplier is
        told what it is owed, and for what."""
        if actor.is_system or actor.may(Permission.VOUCHER_ISSUE) or actor.may(Permission.QUEUE_VIEW):
            return True
        return actor.organisation_id == self.organisation_id and actor.may(Permission.WALLET_VIEW)


class ReceiptLine(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="lines")
    usage_record = models.UUIDField(help_text=_("The usage record that this line rates."))
    item = models.CharField(max_length=30)
    quantity = models.BigIntegerField()
    unit = models.CharField(max_length=20)
    price_micro = models.BigIntegerField(help_text=_("Per hour, for time-based items."))
    amount_micro = models.BigIntegerField()

    class Meta:
        ordering = ["item", "id"]
        constraints = [models.UniqueConstraint(fields=["usage_record"], name="funding_usage_rated_once")]


class Payout(models.Model):
    """Money paid out to a supplier from what it is owed, in whole fen."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="payouts", verbose_name=_("supplier")
    )
    amount_micro = models.BigIntegerField()
    bank_reference = models.CharField(max_length=120)
    transfer = models.UUIDField(unique=True)
    made_at = models.DateTimeField(default=now, editable=False)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout")
        ordering = ["-made_at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(amount_micro__gt=0), name="funding_payout_positive")]
