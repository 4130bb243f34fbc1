"""The forms of manual and outside series."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from .targets_forms import number_field

_DATE = {"type": "date"}
MOST_HOURS = 24 * 31


class ManualSeriesForm(forms.Form):
    name = forms.CharField(label=_lazy("Name"), max_length=200)
    unit = forms.CharField(label=_lazy("Unit"), max_length=40, required=False)
    reporter_id = forms.TypedChoiceField(
        label=_lazy("Reported by"),
        coerce=uuid.UUID,
        empty_value=None,
        required=False,
        help_text=_lazy("Its people enter the values; the programme office confirms them."),
    )

    prefix = "manual"

    def __init__(self, *args: Any, owners: Sequence[tuple[str, str]]) -> None:
        super().__init__(*args)
        self.fields["reporter_id"].choices = [("", _lazy("The programme office")), *owners[1:]]  # type: ignore[attr-defined]


class OutsideSeriesForm(forms.Form):
    prefix = "outside"

    name = forms.CharField(label=_lazy("Name"), max_length=200)
    unit = forms.CharField(label=_lazy("Unit"), max_length=40, required=False)
    url = forms.CharField(
        label=_lazy("Address"),
        max_length=1000,
        required=False,
        widget=forms.URLInput,
        help_text=_lazy("Of a CSV or JSON file, fetched on schedule. Empty: its values are sent as files."),
    )
    date_column = forms.CharField(label=_lazy("Column of the day"), max_length=80, initial="date")
    value_column = forms.CharField(label=_lazy("Column of the value"), max_length=80, initial="value")
    every_hours = forms.IntegerField(
        label=_lazy("Fetched every"), min_value=1, max_value=MOST_HOURS, initial=24, help_text=_lazy("In hours.")
    )


class ValueForm(forms.Form):
    series = forms.UUIDField(widget=forms.HiddenInput)
    day = forms.DateField(label=_lazy("On the day"), widget=forms.DateInput(attrs=_DATE))
    value = number_field(label=_lazy("Value"))
    evidence = forms.FileField(
        label=_lazy("File of evidence"), help_text=_lazy("The statement the value is taken from, at most 20 MiB.")
    )
    note = forms.CharField(label=_lazy("Note"), max_length=500, required=False)


class ReviewForm(forms.Form):
    """Confirm or refuse; a refusal says why."""

    confirm = forms.TypedChoiceField(
        choices=[("yes", _lazy("Confirm")), ("no", _lazy("Refuse"))], coerce=lambda value: value == "yes"
    )
    note = forms.CharField(label=_lazy("Note"), max_length=500, required=False)


class ValuesFileForm(forms.Form):
    series = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(label=_lazy("CSV or JSON file"), help_text=_lazy("With the two columns named above."))
