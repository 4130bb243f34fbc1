"""What a reviewer does: accept, reject, edit, add. Each comes back to the page where it was, at the next finding."""

import uuid
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import DomainError, InvalidInput, NotFound
from qianhang.core.outgoing import AddressRefused, FetchFailed
from qianhang.core.web.pages import actor_of, show_problems, signed_in

from ..errors import NoProposer, ProposerSilent
from ..models import Finding
from ..queries import review as queries
from ..queries.review import Review
from ..rules.quoting import find_quote
from ..services import accept_findings, add_finding, edit_finding, propose_findings, reject_findings
from .review import Desk, edit_form, frame_of, listing_of, read_id, review_page
from .review_cards import card_of, state_labels
from .review_forms import FORMS, QuoteForm

# More cards than this are quicker to load as a page than to exchange one by one.
MOST_EXCHANGED = 20


@signed_in
@require_POST
def plan_decide(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponseBase:
    """Accepts or rejects one finding, or accepts every open one that is certain enough."""
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    if request.POST.get("do") == "accept_sure":
        return _accept_sure(request, actor, plan_id)
    if request.POST.get("do") == "propose":
        return _propose(request, actor, plan_id)
    accepted, rejected = read_id(request.POST.get("accept", "")), read_id(request.POST.get("reject", ""))
    if accepted is not None:
        try:
            done = accept_findings(actor=actor, plan_id=plan_id, finding_ids=[accepted])
        except InvalidInput as refusal:
            return _unacceptable(request, plan_id, accepted, refusal)
    elif rejected is not None:
        done = reject_findings(actor=actor, plan_id=plan_id, finding_ids=[rejected])
    else:
        raise NotFound(what="finding")
    return _back(request, plan_id, done, after=accepted or rejected)


def _unacceptable(
    request: HttpRequest, plan_id: uuid.UUID, finding_id: uuid.UUID, refusal: InvalidInput
) -> HttpResponseBase:
    """What was read cannot be kept as it stands, such as a number that no column holds: a person must edit it."""
    why = " ".join(dict.fromkeys(problem.message for problem in refusal.problems))
    messages.error(request, _("This cannot be accepted as it stands. {why} Edit it first.").format(why=why))
    if request.headers.get("HX-Request"):
        # The page reloads itself on a refusal, and shows the message.
        return HttpResponse(status=refusal.status)
    return _back(request, plan_id, [], after=finding_id)


def _accept_sure(request: HttpRequest, actor: Actor, plan_id: uuid.UUID) -> HttpResponseBase:
    review = queries.review_of(actor=actor, plan_id=plan_id)
    try:
        above = Decimal(request.POST.get("above", ""))
    except InvalidOperation:
        above = Decimal(2)
    if not (above.is_finite() and 0 <= above <= 1):
        messages.error(request, _("Nothing was accepted: write a confidence between 0 and 1, such as 0.9."))
        return _back(request, plan_id, [])
    sure = queries.sure_ones(review, above=above, kind=_filters(request).get("kind", ""))
    try:
        done = accept_findings(actor=actor, plan_id=plan_id, finding_ids=sure) if sure else []
    except InvalidInput as refusal:
        return _unacceptable(request, plan_id, _first_of(refusal, otherwise=sure[0]), refusal)
    messages.success(
        request,
        ngettext("{n} finding accepted.", "{n} findings accepted.", len(done)).format(n=len(done))
        if done
        else _("Nothing was accepted: no open finding is that certain."),
    )
    return _back(request, plan_id, [])


def _first_of(refusal: InvalidInput, *, otherwise: uuid.UUID) -> uuid.UUID:
    """The finding that the first problem is about: its path begins with it."""
    return read_id(refusal.problems[0].path.partition(".")[0]) or otherwise


def _propose(request: HttpRequest, actor: Actor, plan_id: uuid.UUID) -> HttpResponseBase:
    """Asks the configured model what was missed; what it says comes in as proposals."""
    try:
        made = propose_findings(actor=actor, plan_id=plan_id)
    except (NoProposer, ProposerSilent, FetchFailed, AddressRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        said = ngettext("The model proposes {n} more finding.", "The model proposes {n} more findings.", made)
        messages.success(request, said.format(n=made) if made else _("The model proposes nothing more."))
    return _back(request, plan_id, [])


def _filters(request: HttpRequest) -> QueryDict:
    """The page's filters as the form carries them."""
    return QueryDict(request.POST.get("back", "")[:500])


def _back(
    request: HttpRequest, plan_id: uuid.UUID, done: Sequence[Finding], *, after: uuid.UUID | None = None
) -> HttpResponseBase:
    """The changed cards to a page that asked for them alone; else the page, at the next open finding."""
    review = queries.review_of(actor=actor_of(request), plan_id=plan_id)
    request.GET = _filters(request)  # type: ignore[assignment]  # the page's own, which the form carried here
    if request.headers.get("HX-Request") and after is not None and len(done) <= MOST_EXCHANGED:
        states, changed = state_labels(), {one.id for one in done} or {after}
        cards = [card_of(one, states) for one in review.findings if one.finding.id in changed]
        context = {**frame_of(review), "cards": cards, "may_change": True, "back": request.GET.urlencode()}
        return render(request, "programme/review_changed.html", context)
    return HttpResponseRedirect(listing_of(request, plan_id).url() + _next_place(review, after))


def _next_place(review: Review, after: uuid.UUID | None) -> str:
    """The anchor of the next open finding, else of the one that was decided."""
    here = None if after is None else review.of_id(after)
    if here is None:
        return ""
    following = (
        one.number
        for one in review.findings
        if one.number > here.number and one.on(queries.OPEN) and one.finding.kind == here.finding.kind
    )
    return f"#f{next(following, here.number)}"


@signed_in
@require_POST
def plan_edit(request: HttpRequest, plan_id: uuid.UUID, finding_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    review = queries.review_of(actor=actor, plan_id=plan_id)
    one = review.of_id(finding_id)
    if one is None:
        raise NotFound(what="finding")
    form = edit_form(one, request.POST)
    if form.is_valid():
        try:
            edit_finding(actor=actor, plan_id=plan_id, finding_id=finding_id, changes=form.content(), note=form.reason)
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _("Saved and accepted as you wrote it."))
            return _back(request, plan_id, [], after=finding_id)
    request.GET = _filters(request)  # type: ignore[assignment]
    return review_page(request, review, Desk(editing=finding_id, edit_form=form), status=422)


@signed_in
@require_POST
def plan_add(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.PLAN_MANAGE)
    review = queries.review_of(actor=actor, plan_id=plan_id)
    kind = request.POST.get("kind", "")
    if kind not in FORMS:
        raise NotFound(what="kind")
    form, quoting = FORMS[kind](request.POST, prefix="new"), QuoteForm(request.POST, prefix="new")
    if form.is_valid() and quoting.is_valid():
        quoted = quoting.cleaned_data["quoted"]
        place = find_quote(review.document.text, quoted, near=quoting.cleaned_data["near"]) if quoted else None
        if quoted and place is None:
            quoting.add_error("quoted", _("These words are not in the document. Copy them as they stand there."))
        else:
            offset, length = place or (None, None)
            try:
                made = add_finding(
                    actor=actor,
                    plan_id=plan_id,
                    kind=kind,
                    content=form.content(),
                    offset=offset,
                    length=length,
                    note=form.reason,
                )
            except DomainError as refusal:
                show_problems(form, refusal)
            else:
                messages.success(request, _("Added. It is marked as written by a person."))
                return _back(request, plan_id, [], after=made.id)
    request.GET = _filters(request)  # type: ignore[assignment]
    return review_page(request, review, Desk(adding=kind, add_form=form, quote_form=quoting), status=422)
