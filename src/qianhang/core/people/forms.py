"""Forms of the people pages. They parse; what is right or wrong is decided by the services."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import OrganisationKind, Permission, Role

from .models import SizeClass, User
from .rules.statements import NOT_BY_FORM


class SignUpForm(forms.Form):
    """Goes in front of the sign-in library's own e-mail and password fields."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = " ".join(self.cleaned_data["name"].split())
        user.save(update_fields=["name"])


class OrganisationForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind of organisation"),
        choices=[("", "–"), *((k.value, k.label) for k in OrganisationKind if k not in NOT_BY_FORM)],
    )
    name = forms.CharField(label=_("Full name"), help_text=_("As on the licence or certificate."), max_length=200)
    name_en = forms.CharField(label=_("English name"), max_length=200, required=False)
    credit_code = forms.CharField(
        label=_("Unified social credit code"),
        help_text=_("18 characters; checked with its check digit. Only the kind “Other” may leave it out."),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    size_class = forms.ChoiceField(
        label=_("Size class"),
        help_text=_("For enterprises, by the statistical standard. Some vouchers are for small firms only."),
        choices=[("", "–"), *SizeClass.choices],
        required=False,
    )
    registered_in = forms.CharField(label=_("Place of registration"), max_length=120, required=False)


class EditOrganisationForm(OrganisationForm):
    kind = None  # type: ignore[assignment]  # What an organisation is does not change by form.

    def fix(self, names: Sequence[str]) -> None:
        """Shows these fields and does not let them be changed, whatever is sent."""
        for name in names:
            self.fields[name].disabled = True
            self.fields[name].help_text = _("This was verified. Ask the programme office to change it.")


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=[("zh-hans", "中文"), ("en", "English")])
    theme = forms.ChoiceField(
        label=_("Theme"), choices=[("", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))], required=False
    )


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.DEVELOPER)


LIVES = [(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("1 year"))]


class KeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), help_text=_("What uses it, such as “training server”."), max_length=80)
    days = forms.TypedChoiceField(label=_("Valid for"), choices=LIVES, coerce=int, initial=90)

    def __init__(self, *args: Any, held: frozenset[Permission], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(p.value, p.label) for p in Permission if p in held]
        self.fields["scopes"] = forms.MultipleChoiceField(
            label=_("Scopes"),
            help_text=_("The key can do these things and nothing else, and only while your role can."),
            widget=forms.CheckboxSelectMultiple,
            choices=choices,
        )

    @property
    def life(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        choices=[(name, name) for name in ("verify", "reject", "suspend", "reinstate")], widget=forms.HiddenInput
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Shown to the organisation and kept in the audit trail."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
