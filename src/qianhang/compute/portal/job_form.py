"""The form for the common case of a job.

Its fields carry the job spec's own dotted names, so one reader (rules/) checks what comes from the form, from the
editor and over the API, and every problem it finds belongs to a field.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import DomainError

from ..rules.job_spec import read_job_spec
from ..rules.spec_problems import SpecInvalid
from ..rules.spec_text import form_document

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Words
else:
    Words = str | Promise
Choices = Sequence[tuple[str, Words]]

VOUCHER_CHOICES: "Choices" = (("auto", _("The one that pays most")), ("none", _("None: pay all from the wallet")))
DEFAULTS = {
    "resources.cpus": "1",
    "resources.cards": "0",
    "resources.memory": "1GiB",
    "time_limit": "10m",
    "outputs": "outputs/**",
    "voucher": "auto",
    "retries": "1",
    "weights.price": "1",
    "weights.start": "1",
    "weights.latency": "0.5",
    "weights.green": "0.5",
}


# `optional` is only said of the field: what is left empty takes the default that the field shows, or is found missing.


def _text(label: Words, hint: Words = "", *, optional: bool = False, **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, help_text=hint, required=not optional, strip=False, widget=widget)


def _number(label: Words, hint: Words = "", *, optional: bool = False, **attrs: Any) -> forms.CharField:
    """Text, so that what was typed stays as it was typed; the reader says what is wrong with it."""
    return _text(label, hint, optional=optional, inputmode="decimal", **attrs)


def _lines(label: Words, hint: Words = "", *, optional: bool = False, rows: int = 3, **attrs: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "class": "is-code", "spellcheck": "false", **attrs})
    return forms.CharField(label=label, help_text=hint, required=not optional, strip=False, widget=widget)


def _choice(label: Words, choices: Choices, hint: Words = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, help_text=hint, choices=choices)


def _flag(label: Words, hint: Words = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=hint, required=False)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together; `folded` ones wait behind a line until someone wants them."""

    title: str | Promise
    names: Sequence[str]
    in_a_row: bool = False
    folded: bool = False
    fields: Sequence[BoundField] = ()

    @property
    def is_open(self) -> bool:
        """A folded group opens itself when something in it is wrong or was filled in."""
        return any(field.errors or (field.value() or "") != DEFAULTS.get(field.name, "") for field in self.fields)


GROUPS = (
    Group(_("What runs"), ("name", "command")),
    Group(_("What it needs"), ("resources.cpus", "resources.memory", "resources.cards", "time_limit"), in_a_row=True),
    Group(_("Where"), ("near.region", "resources.domestic_only")),
    Group(_("What it may cost"), ("budget", "voucher"), in_a_row=True),
    Group(
        _("What matters more, in relation to each other"),
        ("weights.price", "weights.start", "weights.latency", "weights.green"),
        in_a_row=True,
        folded=True,
    ),
    Group(_("Variables, secrets, outputs, network"), ("env", "secrets", "outputs", "retries", "network"), folded=True),
)


# Where the page asks for what the job spec calls so: the field's name and its label.
_FILES = {"source": ("archive", _("Source archive")), "inputs": ("files", _("Single files"))}


class JobForm(forms.Form):
    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        regions: Choices,
        vouchers: Choices,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={**DEFAULTS, **(initial or {})})
        self.fields.update(_fields(regions, vouchers))
        # Files are kept beside the form, since a browser does not send them twice; so are the problems with them.
        self.file_problems: dict[str, list[str]] = {}

    @property
    def groups(self) -> list[Group]:
        return [Group(g.title, g.names, g.in_a_row, g.folded, [self[name] for name in g.names]) for g in GROUPS]

    @property
    def given(self) -> dict[str, str]:
        """What was typed, by dotted name."""
        return {name: str(self[name].data or "") for name in self.fields}

    def document(self) -> dict[str, Any]:
        """The job spec that was filled in, unchecked. Raises SpecInvalid for what should be a number and is none."""
        return form_document({name: text for name, text in self.given.items() if text not in {"", "False"}})

    def full_clean(self) -> None:
        """Nothing: the job spec's reader checks what was typed, and `show` brings its verdict here."""
        self._errors, self.cleaned_data = ErrorDict(), {}

    def show(self, error: DomainError) -> None:
        """Puts each problem beside the field it is about; what no field is about goes on top."""
        for problem in error.problems:
            name = self._field_for(problem.path)
            label = None if name else _FILES.get(problem.path.partition(".")[0].partition("[")[0])
            if label:
                self.file_problems.setdefault(label[0], []).append(problem.message)
            said = f"{label[1] if label else problem.path}: {problem.message}"
            self.add_error(name, problem.message if name else said)
        if not error.problems:
            self.add_error(NON_FIELD_ERRORS, str(error))

    def _field_for(self, path: str) -> str | None:
        """`secrets.KEY` belongs to secrets, and `near` to near.region."""
        parts = path.split(".")
        inside = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        around = (name for name in self.fields if path and name.startswith(f"{path}."))
        return next((name for name in (*inside, *around) if name in self.fields), None)


def _fields(regions: Choices, vouchers: Choices) -> dict[str, forms.Field]:
    return {
        "name": _text(
            _("Name"), _("Shown in lists. Left empty, the command's first words."), optional=True, maxlength=120
        ),
        "command": _lines(
            _("Command"),
            _("Runs through sh in the folder that your files make. Python and NumPy are there."),
            placeholder="python train.py --epochs 3",
        ),
        "resources.cpus": _number(_("CPUs")),
        "resources.memory": _text(_("Memory"), placeholder="2GiB"),
        "resources.cards": _number(_("Cards (GPU, NPU)")),
        "time_limit": _text(_("Time limit"), _("Such as 90s, 10m, 2h.")),
        "near.region": _choice(_("Near"), [("", _("Anywhere")), *regions], _("Clusters closer to it rank higher.")),
        "resources.domestic_only": _flag(_("Domestic cards only")),
        "budget": _number(_("Budget in yuan"), _("Left empty, the quote."), optional=True),
        "voucher": _choice(_("Voucher"), [*VOUCHER_CHOICES, *vouchers], _("Pays its share.")),
        "weights.price": _number(_("Price")),
        "weights.start": _number(_("Early start")),
        "weights.latency": _number(_("Latency")),
        "weights.green": _number(_("Green power")),
        "env": _lines(
            _("Variables"), _("One NAME=value on each line. Everybody who sees the job sees them."), optional=True
        ),
        "secrets": _lines(
            _("Secrets"), _("One NAME=value on each line. Encrypted, given to the job, never shown again."),
            optional=True, autocomplete="off",
        ),
        "outputs": _lines(_("Outputs"), _("Which files to bring back, one pattern on each line."), rows=2),
        "retries": _number(_("Further attempts when a cluster loses the job")),
        "network": _flag(_("Let the job use the network"), _("Only clusters that can grant it are asked.")),
    }  # fmt: skip


def as_fields(spec: Mapping[str, Any]) -> dict[str, str] | None:
    """A stored job spec as the form's fields; None when it says something that the form cannot."""
    fields: dict[str, str] = {}
    for name in (name for group in GROUPS for name in group.names):
        value: Any = spec
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            fields[name] = _as_text(name, value)
    attached = {key: spec[key] for key in ("source", "inputs") if key in spec}
    try:
        again = read_job_spec({**form_document(fields), **attached}).spec.normalised()
    except SpecInvalid:
        return None
    same = again == {key: value for key, value in spec.items() if key != "secret_names"}
    return fields if same and "git" not in spec.get("source", {}) else None


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}={text}" for key, text in value.items())
    if name == "resources.memory":
        return f"{value // 1024}GiB" if value % 1024 == 0 else f"{value}MiB"
    if name == "time_limit":
        return f"{value // 60}m" if value % 60 == 0 else f"{value}s"
    if isinstance(value, float):
        return f"{value:g}"
    return "\n".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
