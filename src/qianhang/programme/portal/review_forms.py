"""The fields of a finding, one form for each kind."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from ..models import FindingKind
from .words import COMPARATOR_CHOICES, PERIODS, ROOMS

_BETWEEN_NAMES = re.compile(r"[、，,;；\n]+")


class NamesField(forms.CharField):
    """Names in their order, between commas or on lines of their own; cleans to a list."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        return [name.strip() for name in _BETWEEN_NAMES.split(super().clean(value) or "") if name.strip()]


class FindingForm(forms.Form):
    """What the fields hold is a finding's `content`; the service checks it. The reason is for those who ask later."""

    note_of_review = forms.CharField(label=_lazy("Why (kept with the decision)"), max_length=500, required=False)

    def content(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "note_of_review"}

    @property
    def reason(self) -> str:
        return str(self.cleaned_data.get("note_of_review", ""))


class TargetForm(FindingForm):
    field_order = (
        "indicator", "comparator", "value", "value_max", "unit", "deadline", "period", "aim", "scope", "section",
        "note",
    )  # fmt: skip

    indicator = forms.CharField(label=_lazy("Indicator"), max_length=300)
    comparator = forms.ChoiceField(label=_lazy("How it is bounded"), choices=COMPARATOR_CHOICES)
    value = forms.CharField(label=_lazy("Value"), max_length=60, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    value_max = forms.CharField(
        label=_lazy("Upper value"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    unit = forms.CharField(label=_lazy("Unit"), max_length=40, required=False)
    deadline = forms.CharField(
        label=_lazy("Deadline"), required=False, max_length=10, widget=forms.DateInput(attrs={"type": "date"})
    )
    period = forms.ChoiceField(label=_lazy("Repeats"), required=False, choices=[("", _lazy("once")), *PERIODS.items()])
    aim = forms.BooleanField(label=_lazy("An aim (力争), not a promise"), required=False)
    scope = forms.CharField(label=_lazy("Scope"), max_length=200, required=False)
    section = forms.CharField(label=_lazy("Task or section"), max_length=200, required=False)
    note = forms.CharField(label=_lazy("Remark"), max_length=500, required=False)


class TaskForm(FindingForm):
    field_order = ("number", "title", "path", "parent", "kind", "body")

    number = forms.CharField(label=_lazy("Number as printed"), max_length=40, required=False)
    title = forms.CharField(label=_lazy("Title"), max_length=300)
    path = forms.CharField(label=_lazy("Place in the tree"), max_length=200)
    parent = forms.CharField(label=_lazy("Task above it"), max_length=200, required=False)
    kind = forms.ChoiceField(
        label=_lazy("Heading"),
        choices=[("numbered", _lazy("numbered")), ("labelled", _lazy("a lead-in without number"))],
    )
    body = forms.CharField(
        label=_lazy("Text"), required=False, max_length=200_000, widget=forms.Textarea(attrs={"rows": 4})
    )


class ResponsibilityForm(FindingForm):
    field_order = ("task", "mode", "lead", "cooperating", "responsible", "open_list", "generic")

    task = forms.CharField(label=_lazy("Task"), max_length=200)
    mode = forms.CharField(label=_lazy("Wording"), max_length=40, required=False)
    lead = NamesField(label=_lazy("Lead"), required=False)
    cooperating = NamesField(label=_lazy("Cooperating"), required=False)
    responsible = NamesField(label=_lazy("Responsible"), required=False)
    open_list = forms.BooleanField(label=_lazy("Others may belong to it (等)"), required=False)
    generic = forms.CharField(label=_lazy("Owner without a name"), max_length=200, required=False)


class SystemForm(FindingForm):
    field_order = ("name", "named", "type", "domain", "action", "room")

    name = forms.CharField(label=_lazy("Name"), max_length=300)
    named = forms.BooleanField(label=_lazy("It has a name of its own"), required=False, initial=True)
    type = forms.CharField(label=_lazy("Type of system"), max_length=60, required=False)
    domain = forms.CharField(label=_lazy("Domain"), max_length=80, required=False)
    action = forms.CharField(label=_lazy("What is done with it"), max_length=80, required=False)
    room = forms.ChoiceField(label=_lazy("Room that serves it"), choices=list(ROOMS.items()), initial="outside")


class MilestoneForm(FindingForm):
    field_order = ("quote", "deadline", "kind")

    quote = forms.CharField(label=_lazy("What is to be so"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    deadline = forms.CharField(
        label=_lazy("Deadline"), required=False, max_length=10, widget=forms.DateInput(attrs={"type": "date"})
    )
    kind = forms.ChoiceField(
        label=_lazy("Sort"), choices=[("milestone", _lazy("milestone")), ("coverage", _lazy("full coverage"))]
    )


FORMS: Mapping[str, type[FindingForm]] = {
    FindingKind.TARGET: TargetForm,
    FindingKind.TASK: TaskForm,
    FindingKind.RESPONSIBILITY: ResponsibilityForm,
    FindingKind.SYSTEM: SystemForm,
    FindingKind.MILESTONE: MilestoneForm,
}
# What a quoted stretch of the document most likely is, in each kind.
QUOTED_AS: Mapping[str, str] = {
    FindingKind.TARGET: "indicator",
    FindingKind.TASK: "title",
    FindingKind.SYSTEM: "name",
    FindingKind.MILESTONE: "quote",
}


class QuoteForm(forms.Form):
    """Where in the document an added finding stands; the words are found there, whatever their line ends."""

    quoted = forms.CharField(
        label=_lazy("Its words in the document"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_lazy("Select them at the left, or copy them here. They become its quote."),
    )
    near = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
