"""Amounts and shares as people write them, and the forms of the programme office."""

import uuid
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from qianhang.core.clock import new_id
from qianhang.core.units.money import yuan_to_micro

PPM_PER_PERCENT = 10_000


class YuanField(forms.CharField):
    """An amount in yuan; cleans to micro-yuan, or to None where it may be left empty."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "max_length": 30, **options})

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return yuan_to_micro(text)
        except ValueError as error:
            raise forms.ValidationError(_("Write an amount in yuan, such as 1200.50.")) from error


class PercentField(forms.CharField):
    """A share in per cent, with up to four decimals; cleans to millionths."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "max_length": 12, **options})

    def clean(self, value: Any) -> int:
        try:
            ppm = Decimal(super().clean(value).strip().rstrip("%")) * PPM_PER_PERCENT
        except InvalidOperation as error:
            raise forms.ValidationError(_("Write a share in per cent, such as 50.")) from error
        if not ppm.is_finite() or ppm != ppm.to_integral_value() or not 0 < ppm <= 100 * PPM_PER_PERCENT:
            raise forms.ValidationError(_("A share is above 0 and at most 100 per cent."))
        return int(ppm)


class OnceForm(forms.Form):
    """A form that moves money: its hidden key names the decision, so a second click finds the first one's result."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["key"].initial = str(new_id())


def _organisations(names: Iterable[tuple[uuid.UUID, str]]) -> list[tuple[str, str]]:
    """Nobody is chosen beforehand: money must not reach whoever happens to stand first in the list."""
    return [("", "–"), *((str(one), name) for one, name in names)]


class TopUpForm(OnceForm):
    organisation_id = forms.TypedChoiceField(label=_lazy("Organisation"), coerce=uuid.UUID)
    amount_micro = YuanField(label=_lazy("Amount in yuan"))
    reason = forms.CharField(
        label=_lazy("Reason"), max_length=500, help_text=_lazy("Such as the bank's reference of the payment.")
    )

    def __init__(self, data: Any = None, *, organisations: Iterable[tuple[uuid.UUID, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["organisation_id"].choices = _organisations(organisations)  # type: ignore[attr-defined]


class PayoutForm(OnceForm):
    supplier_id = forms.TypedChoiceField(label=_lazy("Supplier"), coerce=uuid.UUID)
    amount_micro = YuanField(label=_lazy("Amount in yuan"))
    bank_reference = forms.CharField(label=_lazy("Bank reference"), max_length=120)

    def __init__(self, data: Any = None, *, suppliers: Iterable[tuple[uuid.UUID, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["supplier_id"].choices = _organisations(suppliers)  # type: ignore[attr-defined]


class ProgrammeForm(forms.Form):
    name = forms.CharField(label=_lazy("Name"), max_length=160)
    name_en = forms.CharField(label=_lazy("English name"), max_length=160, required=False)
    slug = forms.SlugField(
        label=_lazy("Short name"), max_length=60, help_text=_lazy("Letters, digits and hyphens, such as compute-2026.")
    )
    share_ppm = PercentField(label=_lazy("Share that a voucher pays, in per cent"))
    cap = YuanField(label=_lazy("The most one voucher pays, in yuan"))
    valid_days = forms.IntegerField(label=_lazy("Days a voucher lives"), min_value=1, max_value=3660)
    legal_basis = forms.CharField(
        label=_lazy("Legal basis"),
        max_length=300,
        required=False,
        help_text=_lazy("The document and clause that the programme rests on."),
    )


class FundForm(OnceForm):
    amount = YuanField(label=_lazy("Amount in yuan"))
    payer = forms.CharField(label=_lazy("Whose budget"), max_length=160, required=False)
    reason = forms.CharField(label=_lazy("Reason"), max_length=500)


class IssueForm(OnceForm):
    organisation_id = forms.TypedChoiceField(label=_lazy("Organisation"), coerce=uuid.UUID)
    face = YuanField(
        label=_lazy("Face value in yuan"), required=False, help_text=_lazy("Left empty, the most the programme allows.")
    )
    reason = forms.CharField(label=_lazy("Reason"), max_length=500, required=False)

    def __init__(self, data: Any = None, *, organisations: Iterable[tuple[uuid.UUID, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["organisation_id"].choices = _organisations(organisations)  # type: ignore[attr-defined]
