"""Submitting a job: the form, the editor, the files, the quote, and sending it once however often it is clicked."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.clock import derived_id, new_id
from qianhang.core.errors import DomainError, FieldProblem, NotFound
from qianhang.core.units.money import exact_yuan
from qianhang.core.web.errors import IdempotencyKeyReused
from qianhang.core.web.idempotency import answer_once
from qianhang.core.web.language import in_reader_language
from qianhang.core.web.pages import actor_of, render_page, signed_in
from qianhang.funding import queries as funding
from qianhang.funding.shapes import WalletView

from .. import overviews, queries
from ..explanations import spec_refused
from ..overviews import UploadedFile
from ..rules.job_spec import read_job_spec
from ..rules.spec_problems import SpecInvalid
from ..rules.spec_text import parse_spec_text
from ..services import quote_job, store_upload, submit_job
from ..shapes import QuoteView
from .job_form import JobForm, as_fields

FORM, TEXT = "form", "text"
STARTER = """\
name: first job
command: python train.py
resources:
  cpus: 1
  memory: 1GiB
time_limit: 10m
outputs: ["outputs/**"]
"""


@dataclass
class Draft:
    """What the page holds while a job is being written: a form or a text, and the files that are already here."""

    mode: str
    form: JobForm
    text: str = STARTER
    source: UploadedFile | None = None
    inputs: list[UploadedFile] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)
    """What cannot be put beside a field of the form."""
    wallet: WalletView | None = None

    def document(self, *, previewing: bool = False) -> object:
        """The job spec as it stands, unchecked. A preview does without a command, which decides nothing about where
        a job runs. Raises SpecInvalid."""
        if self.mode == TEXT:
            return parse_spec_text(self.text)
        document = self.form.document()
        if previewing:
            document.setdefault("command", "true")
        if self.source is not None:
            document["source"] = {"upload": str(self.source.id)}
        if self.inputs:
            document["inputs"] = [{"upload": str(one.id), "path": one.name} for one in self.inputs]
        return document

    def show(self, error: DomainError) -> None:
        if self.mode == FORM:
            self.form.show(error)
        else:
            self.problems += error.problems or [FieldProblem(path="", message=str(error), code=error.code)]


@signed_in
@never_cache
def job_new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.JOB_SUBMIT)
    if request.method == "POST":
        return _answer(request, actor)
    draft = _opened(request, actor)
    return _page(request, draft, quote=None)


@signed_in
@never_cache
@require_POST
def job_quote(request: HttpRequest) -> HttpResponse:
    """The quote alone, for the page to put in its place as the reader types."""
    actor = actor_of(request)
    authorize(actor, Permission.JOB_SUBMIT)
    draft = _read(request, actor)
    quote, refusal = _quote(actor, draft)
    context = {"quote": quote, "refusal": refusal, "wallet": draft.wallet}
    return render(request, "compute/quote.html", context)


def _answer(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What a click on one of the page's buttons does."""
    draft = _read(request, actor)
    wanted = request.POST.get("do", "submit")
    try:
        _receive_files(request, actor, draft)
        if wanted == "text":
            return _page(request, _to_text(draft), quote=None)
        if wanted == "quote":
            return _page(request, draft, quote=quote_job(actor=actor, spec=draft.document()))
        return _submit(request, actor, draft.document())
    except SpecInvalid as invalid:
        draft.show(spec_refused(invalid))
    except IdempotencyKeyReused:
        messages.info(request, _("This form was sent before. Look at the newest job, or send it again as a new one."))
    except DomainError as refusal:
        draft.show(refusal)
    quote, _refusal = _quote(actor, draft)
    return _page(request, draft, quote=quote, status=422)


def _submit(request: HttpRequest, actor: Actor, document: object) -> HttpResponse:
    """The same content under the same form's key makes one job, so a double click, a reload and a click after Back
    all lead to the same job; other content makes another."""
    content = json.dumps(document, sort_keys=True, default=str)
    key = str(derived_id("job_new", request.POST.get("key", ""), content))

    def run() -> HttpResponse:
        job = submit_job(actor=actor, spec=document)
        return HttpResponseRedirect(reverse("job", args=[job.id]))

    with transaction.atomic():
        return answer_once(request, actor, key, "page:job_new", run)


def _quote(actor: Actor, draft: Draft) -> tuple[QuoteView | None, DomainError | None]:
    try:
        return quote_job(actor=actor, spec=draft.document(previewing=True)), None
    except SpecInvalid as invalid:
        return None, spec_refused(invalid)
    except DomainError as refusal:
        return None, refusal


# ── reading the page ─────────────────────────────────────────────────────────────────────────────────────────────


def _read(request: HttpRequest, actor: Actor) -> Draft:
    draft = _draft(actor, mode=TEXT if request.POST.get("as") == TEXT else FORM, data=request.POST)
    draft.text = request.POST.get("spec", "").replace("\r\n", "\n")
    kept = overviews.uploads(actor=actor, ids=_ids(request.POST.getlist("source") + request.POST.getlist("input")))
    draft.source = next((kept[one] for one in _ids(request.POST.getlist("source")) if one in kept), None)
    draft.inputs = [kept[one] for one in _ids(request.POST.getlist("input")) if one in kept]
    return draft


def _draft(
    actor: Actor, *, mode: str, data: Mapping[str, Any] | None, initial: Mapping[str, Any] | None = None
) -> Draft:
    regions = [(code, in_reader_language(*names)) for code, *names in queries.cluster_regions(actor=actor)]
    vouchers, wallet = [], None
    if actor.organisation_id is not None and actor.may(Permission.WALLET_VIEW):
        wallet = funding.wallet_of(actor=actor, organisation_id=actor.organisation_id)
        vouchers = [
            (one.number, _("{number}: pays {share}, {left} yuan left").format(
                number=one.number, share=f"{one.share_ppm / 10_000:g}%", left=exact_yuan(one.available_micro)))
            for one in funding.usable_vouchers(actor=actor, organisation_id=actor.organisation_id)
        ]  # fmt: skip
    return Draft(mode, JobForm(data, regions=regions, vouchers=vouchers, initial=initial), wallet=wallet)


def _receive_files(request: HttpRequest, actor: Actor, draft: Draft) -> None:
    """Keeps what came along, so that a correction elsewhere does not ask for the files again."""
    for upload in request.FILES.getlist("archive"):
        kept = store_upload(actor=actor, name=upload.name or "", chunks=upload.chunks())
        draft.source = overviews.uploads(actor=actor, ids=[kept.id])[kept.id]
    for upload in request.FILES.getlist("files"):
        kept = store_upload(actor=actor, name=upload.name or "", chunks=upload.chunks())
        file = overviews.uploads(actor=actor, ids=[kept.id])[kept.id]
        draft.inputs = [one for one in draft.inputs if one.name != file.name] + [file]


def _ids(texts: Sequence[str]) -> list[uuid.UUID]:
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _opened(request: HttpRequest, actor: Actor) -> Draft:
    """An empty page, or one filled from an earlier job (`?from=`); what the form cannot say opens in the editor."""
    mode = TEXT if request.GET.get("as") == TEXT else FORM
    earlier = _ids([request.GET.get("from", "")])
    if not earlier:
        return _draft(actor, mode=mode, data=None)
    detail = queries.job_detail(actor=actor, job_id=earlier[0])
    if detail.spec is None:
        raise NotFound(what=_("job"))
    spec = {key: value for key, value in detail.spec.items() if key != "secret_names"}
    if secrets := detail.spec.get("secret_names"):
        names = ", ".join(secrets)
        messages.info(request, _("Secrets are not kept for a new job. Enter them again: {names}.").format(names=names))
    fields = as_fields(spec)
    draft = _draft(actor, mode=FORM if fields is not None else TEXT, data=None, initial=fields)
    if fields is None:
        draft.text = _as_yaml(spec)
        return draft
    source, inputs = spec.get("source", {}).get("upload", ""), [item["upload"] for item in spec.get("inputs", ())]
    kept = overviews.uploads(actor=actor, ids=_ids([source, *inputs]))
    draft.source = next((kept[one] for one in _ids([source]) if one in kept), None)
    draft.inputs = [kept[one] for one in _ids(inputs) if one in kept]
    return draft


def _to_text(draft: Draft) -> Draft:
    """The form as a text that says the same. Raises SpecInvalid when the form is not right yet."""
    document = draft.document()
    read_job_spec(document)
    draft.text, draft.mode = _as_yaml(document), TEXT
    return draft


def _as_yaml(document: object) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def _page(request: HttpRequest, draft: Draft, *, quote: QuoteView | None, status: int = 200) -> HttpResponse:
    context = {"draft": draft, "form": draft.form, "quote": quote, "wallet": draft.wallet, "key": str(new_id())}
    return render_page(request, "compute/job_new.html", context, title=_("Submit a job"), status=status)
