"""What funding counts for the scoreboard. Each number opens to the vouchers and receipts behind it. Amounts in yuan."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor
from qianhang.core.measures import Counted, EvidenceRow, Measure
from qianhang.core.units.money import CNY, MICRO_PER_YUAN

from .models import Receipt, Voucher

YUAN = "元"


def _yuan(micro: int | None) -> Decimal:
    return Decimal(micro or 0) / MICRO_PER_YUAN


def _issued(at: datetime) -> Counted:
    count = Voucher.objects.filter(issued_at__lte=at).count()
    return Counted(Decimal(count), count)


def _issued_value(at: datetime) -> Counted:
    sums = Voucher.objects.filter(issued_at__lte=at, programme__unit=CNY).aggregate(face=Sum("face"), all=Count("id"))
    return Counted(_yuan(sums["face"]), sums["all"])


def _issued_rows(actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
    rows = Voucher.objects.visible_to(actor).filter(issued_at__lte=at).select_related("organisation", "programme")
    return [
        EvidenceRow(
            kind="voucher",
            reference=str(row.id),
            label=f"{row.number} · {row.organisation.name}",
            value=_yuan(row.face) if row.programme.unit == CNY else Decimal(row.face),
            unit=YUAN if row.programme.unit == CNY else row.programme.unit,
            at=row.issued_at,
            organisation_id=row.organisation_id,
        )
        for row in rows.order_by("-issued_at", "-id")[:limit]
    ]


def _redeemed(at: datetime) -> Counted:
    sums = Receipt.objects.filter(issued_at__lte=at, voucher_micro__gt=0).aggregate(
        paid=Sum("voucher_micro"), all=Count("id")
    )
    return Counted(_yuan(sums["paid"]), sums["all"])


def _redeemed_rows(actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
    rows = Receipt.objects.visible_to(actor).filter(issued_at__lte=at, voucher_micro__gt=0)
    return [
        EvidenceRow(
            kind="receipt",
            reference=str(row.id),
            label=f"{row.number} · {row.organisation.name}",
            value=_yuan(row.voucher_micro),
            unit=YUAN,
            at=row.issued_at,
            organisation_id=row.organisation_id,
        )
        for row in rows.select_related("organisation").order_by("-issued_at", "-id")[:limit]
    ]


def _helped(at: datetime) -> Counted:
    paid = Receipt.objects.filter(issued_at__lte=at, voucher_micro__gt=0).order_by()
    count = paid.values("organisation_id").distinct().count()
    return Counted(Decimal(count), count)


def _helped_rows(actor: Actor, at: datetime, limit: int) -> Sequence[EvidenceRow]:
    """One row an organisation, with what vouchers paid for it."""
    paid = Receipt.objects.visible_to(actor).filter(issued_at__lte=at, voucher_micro__gt=0).order_by()
    rows = paid.values("organisation_id", "organisation__name").annotate(
        sum=Sum("voucher_micro"), last=Max("issued_at")
    )
    return [
        EvidenceRow(
            kind="organisation",
            reference=str(row["organisation_id"]),
            label=row["organisation__name"],
            value=_yuan(row["sum"]),
            unit=YUAN,
            at=row["last"],
            organisation_id=row["organisation_id"],
        )
        for row in rows.order_by("-last")[:limit]
    ]


MEASURES: Sequence[Measure] = (
    Measure(
        code="funding.vouchers_issued",
        unit="张",
        name=_("Vouchers issued"),
        definition=_("Vouchers given to organisations, since the beginning."),
        counted=_("Every voucher issued by the moment of observation, whatever became of it."),
        words=("发放算力券", "算力券发放", "发放券", "算力券", "创新券"),
        count=_issued,
        evidence=_issued_rows,
    ),
    Measure(
        code="funding.voucher_value_issued",
        unit=YUAN,
        name=_("Value of vouchers issued"),
        definition=_("The face value of all vouchers in money, since the beginning."),
        counted=_("The sum of the faces of vouchers issued by the moment of observation."),
        words=("算力券金额", "算力券总额", "发放算力券", "算力券规模", "算力券"),
        count=_issued_value,
        evidence=_issued_rows,
        base_unit="CNY",
    ),
    Measure(
        code="funding.voucher_value_redeemed",
        unit=YUAN,
        name=_("Value of vouchers redeemed"),
        definition=_("What vouchers have paid, since the beginning."),
        counted=_("The voucher share of every receipt issued by the moment of observation."),
        words=("算力券兑付", "兑付算力券", "算力券使用", "兑现算力券", "降低企业用算成本"),
        count=_redeemed,
        evidence=_redeemed_rows,
        base_unit="CNY",
    ),
    Measure(
        code="funding.organisations_helped",
        unit="家",
        name=_("Organisations helped by vouchers"),
        definition=_("Organisations for which a voucher has paid at least once."),
        counted=_("Organisations with a receipt that a voucher paid a part of, by the moment of observation."),
        words=("惠及企业", "支持企业", "受益企业", "补贴企业", "惠及中小企业", "算力券惠及企业"),
        count=_helped,
        evidence=_helped_rows,
    ),
)
