"""The forms of a target: what feeds it, who owns it, where its way begins, what it should have reached in between."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from qianhang.core.access import Actor, OrganisationKind
from qianhang.core.people import queries as people
from qianhang.core.people.models import OrganisationState

from ..queries.series import manual_series, outside_series
from ..queries.target import SuggestionView, measures_list
from .words import figure

ANOTHER = "another"
MEASURE, MANUAL, OUTSIDE = "measure", "manual", "outside"
_DATE = {"type": "date"}


def number_field(**options: Any) -> forms.DecimalField:
    """A number as the models keep it."""
    return forms.DecimalField(
        max_digits=30,
        decimal_places=9,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        **options,
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Exactly one of the three, as bind_target takes it."""

    measure: str = ""
    manual_id: uuid.UUID | None = None
    outside_id: uuid.UUID | None = None


class BindForm(forms.Form):
    """A suggestion, or any other source; and, where the units differ, how many of one make the other."""

    source = forms.ChoiceField(label=_lazy("What counts it"), widget=forms.RadioSelect)
    another = forms.ChoiceField(label=_lazy("Another source"), required=False)
    factor = forms.DecimalField(
        label=_lazy("Factor"),
        required=False,
        max_digits=40,
        min_value=Decimal("1e-30"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_lazy("How many of the target's units make one of the source's. Empty: found by the units."),
    )

    def __init__(self, *args: Any, actor: Actor, suggestions: Sequence[SuggestionView], unit: str) -> None:
        super().__init__(*args)
        offered = [(f"{MEASURE}:{one.code}", _suggested(one, unit)) for one in suggestions]
        self.fields["source"].choices = [*offered, (ANOTHER, _("Another source, chosen below"))]  # type: ignore[attr-defined]
        self.fields["source"].initial = offered[0][0] if offered else ANOTHER
        self.fields["another"].choices = _every_source(actor)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("source") == ANOTHER and not data.get("another"):
            self.add_error("another", _("Choose a measure or a series."))
        return data

    def chosen(self) -> Source:
        data = self.cleaned_data
        kind, _colon, name = (data["another"] if data["source"] == ANOTHER else data["source"]).partition(":")
        if kind == MEASURE:
            return Source(measure=name)
        return Source(manual_id=uuid.UUID(name)) if kind == MANUAL else Source(outside_id=uuid.UUID(name))


def _suggested(one: SuggestionView, unit: str) -> str:
    """The name, and why it is suggested."""
    why = [_("words alike by {percent}%").format(percent=one.percent)]
    if one.unit and one.factor != 1:
        why.append(_("1 {its} = {factor} {ours}").format(its=one.unit, factor=figure(one.factor), ours=unit))
    elif one.unit:
        why.append(_("same unit: {unit}").format(unit=one.unit))
    return f"{one.name} ({_(', ').join(why)})"


def _every_source(actor: Actor) -> list[tuple[str, Any]]:
    measures = [(f"{MEASURE}:{one.code}", _named(one.name, one.unit)) for one in measures_list()]
    manual = [(f"{MANUAL}:{one.id}", _named(one.name, one.unit)) for one in manual_series(actor=actor)]
    outside = [(f"{OUTSIDE}:{one.id}", _named(one.name, one.unit)) for one in outside_series(actor=actor)]
    groups = ((_("Measures of the platform"), measures), (_("Manual series"), manual), (_("Outside series"), outside))
    return [("", _("Choose")), *((label, rows) for label, rows in groups if rows)]


def _named(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def owner_choices(actor: Actor) -> list[tuple[str, str]]:
    """The programme office and the departments, which are who can own a part of a plan."""
    kinds = {OrganisationKind.DEPARTMENT, OrganisationKind.PROGRAMME_OFFICE}
    rows = people.organisations(actor=actor, state=OrganisationState.ACTIVE)
    return [("", _("Nobody yet")), *((str(one.pk), one.shown_name) for one in rows if one.kind in kinds)]


class OwnerField(forms.TypedChoiceField):
    """An organisation's id, or None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"coerce": uuid.UUID, "empty_value": None, "required": False, **options})


class TargetForm(forms.Form):
    owner_id = OwnerField(label=pgettext_lazy("of a task", "Owner"))
    baseline = number_field(label=_lazy("Baseline"), required=False)
    baseline_on = forms.DateField(label=_lazy("On the day"), required=False, widget=forms.DateInput(attrs=_DATE))

    def __init__(self, *args: Any, owners: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["owner_id"].choices = owners  # type: ignore[attr-defined]


class StageForm(forms.Form):
    deadline = forms.DateField(label=_lazy("By the day"), widget=forms.DateInput(attrs=_DATE))
    value = number_field(
        label=_lazy("Value"), required=False, help_text=_lazy("Empty takes the stage of that day away.")
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_lazy("Reason"), max_length=500, required=True)
