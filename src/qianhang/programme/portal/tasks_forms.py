"""The forms of a task's page."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from ..models import ExpertOpinion
from .targets_forms import OwnerField

_DATE = {"type": "date"}
Choices = Sequence[tuple[Any, str]]


class StateForm(forms.Form):
    """Offers the steps that the table allows. Another one, from a page grown old, is refused by the use case in words
    that say which states these are."""

    state = forms.CharField(label=_lazy("New state"), max_length=20, widget=forms.Select)
    reason = forms.CharField(
        label=_lazy("Reason"),
        max_length=500,
        required=False,
        help_text=_lazy("Needed to block or drop a task. It stands in the audit trail."),
    )

    def __init__(self, *args: Any, steps: Choices) -> None:
        super().__init__(*args)
        self.fields["state"].widget.choices = steps  # type: ignore[attr-defined]


class PlanningForm(forms.Form):
    owner_id = OwnerField(label=pgettext_lazy("of a task", "Owner"))
    starts_on = forms.DateField(label=_lazy("Starts on"), required=False, widget=forms.DateInput(attrs=_DATE))
    due_on = forms.DateField(label=_lazy("Due on"), required=False, widget=forms.DateInput(attrs=_DATE))

    def __init__(self, *args: Any, owners: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["owner_id"].choices = owners  # type: ignore[attr-defined]


class ManyForm(forms.Form):
    """Some of a list, by their ids."""

    chosen = forms.TypedMultipleChoiceField(coerce=uuid.UUID, required=False)

    def __init__(self, *args: Any, label: Any, choices: Choices, boxes: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["chosen"]
        field.label = label
        if boxes:
            field.widget = forms.CheckboxSelectMultiple()
        else:
            field.widget = forms.SelectMultiple(attrs={"size": 8})
        field.choices = [(str(value), name) for value, name in choices]  # type: ignore[attr-defined]


class ReportForm(forms.Form):
    task = forms.UUIDField(widget=forms.HiddenInput)
    percent = forms.IntegerField(label=_lazy("How far, in per cent"), min_value=0, max_value=100)
    text = forms.CharField(
        label=_lazy("What was done, what is next"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    evidence = forms.FileField(
        label=_lazy("File of evidence"), required=False, help_text=_lazy("At most 20 MiB; more with a next report.")
    )


VERDICTS = ExpertOpinion._meta.get_field("verdict").choices or []


class OpinionForm(forms.Form):
    verdict = forms.ChoiceField(label=_lazy("Opinion"), choices=VERDICTS)
    text = forms.CharField(label=_lazy("Why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class MilestoneForm(forms.Form):
    task = forms.UUIDField(widget=forms.HiddenInput)
    milestone = forms.UUIDField(widget=forms.HiddenInput)
    reached_on = forms.DateField(label=_lazy("Reached on"), required=False, widget=forms.DateInput(attrs=_DATE))
    evidence = forms.FileField(label=_lazy("File of evidence"), required=False)
