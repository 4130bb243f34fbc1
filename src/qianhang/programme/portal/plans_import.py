"""Bringing in a plan: a file or pasted text, read at once, and what is wrong with it said in words."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from qianhang.core.access import Permission, authorize
from qianhang.core.errors import DomainError
from qianhang.core.web.pages import actor_of, render_page, show_problems, signed_in

from ..models import Plan
from ..services import import_plan
from ..services.import_plan import MAX_BYTES, Imported

MOST_PASTED = 500_000
MIB = 1024 * 1024
KINDS = (".txt", ".html", ".htm", ".docx", ".pdf")


class ImportForm(forms.Form):
    """A file, or text; one of the two."""

    document = forms.FileField(
        label=_lazy("Document"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(KINDS)}),
        help_text=_lazy("Text, web page, Word (.docx) or PDF with a text layer, at most 20 MB."),
    )
    text = forms.CharField(
        label=_lazy("Or its text"),
        required=False,
        strip=False,
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_lazy("Paste it as it is; what is only the web page around it is left out."),
    )
    plan = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        document, text = data.get("document"), (data.get("text") or "").strip()
        if document is None and not text and not self.errors:
            raise forms.ValidationError(_("Choose a file, or paste the text of the plan."))
        if document is not None and text:
            raise forms.ValidationError(_("Both a file and text were given. Clear the text, or choose no file."))
        if document is not None and document.size > MAX_BYTES:
            size = f"{document.size / MIB:.1f}"
            self.add_error(
                "document",
                _("{name} has {size} MB; at most {limit} MB are read. Save it without pictures, or as text.").format(
                    name=document.name, size=size, limit=MAX_BYTES // MIB
                ),
            )
        return data

    def content(self) -> tuple[bytes, str]:
        """The bytes and the name they came under."""
        document: UploadedFile | None = self.cleaned_data["document"]
        if document is not None:
            return document.read(), document.name or ""
        return self.cleaned_data["text"].encode(), ""


@signed_in
def plan_import(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    form = (
        ImportForm(request.POST, request.FILES)
        if request.method == "POST"
        else ImportForm(initial={"plan": request.GET.get("plan", "")})
    )
    if form.is_valid():
        data, filename = form.content()
        try:
            made = import_plan(actor=actor, data=data, filename=filename, plan_id=form.cleaned_data["plan"])
        except DomainError as refusal:
            _refuse(form, refusal, is_file=bool(filename))
        else:
            messages.success(request, _told(made))
            return HttpResponseRedirect(reverse("plan_review", args=[made.plan_id]))
    context = {"form": form, "plan": _wanted(request, form), "had_file": bool(request.FILES)}
    title = _("Import a new wording") if context["plan"] else _("Import a plan")
    return render_page(request, "programme/plan_import.html", context, title=title, status=422 if form.errors else 200)


def _refuse(form: ImportForm, refusal: DomainError, *, is_file: bool) -> None:
    """What cannot be read is said at the field it came through."""
    if refusal.problems:
        show_problems(form, refusal)
    else:
        form.add_error("document" if is_file else "text", str(refusal))


def _wanted(request: HttpRequest, form: ImportForm) -> Plan | None:
    """The plan that this is a new wording of, if the page was opened from one."""
    try:
        wanted = uuid.UUID(str(form["plan"].value() or ""))
    except ValueError:
        return None
    return Plan.objects.visible_to(actor_of(request)).filter(id=wanted).first()


def _told(made: Imported) -> str:
    if not made.is_new and not (made.new or made.gone):
        return _("This very document is here already; nothing has changed.")
    if made.version == 1:
        return ngettext("Read: {n} finding waits for you.", "Read: {n} findings wait for you.", made.new).format(
            n=made.new
        )
    return _("Read as wording {version}: {new} new, {again} found again, {gone} no longer in the text.").format(
        version=made.version, new=made.new, again=made.again, gone=made.gone
    )
