"""One action for many rows of a list: what was ticked is shown again and confirmed, then done one by one.

@signed_in
@require_POST
def job_bulk(request):
    return answer_bulk(request, actions=(CANCEL,), names=partial(_names, actor), back=reverse("job_list"))

Each row goes through the same use case as a click on that row alone, in its own transaction: what is refused for one
row says so by name and leaves the others done. A second click finds everything done and says that nothing changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qianhang.core.errors import DomainError

from .pages import Text, render_page, safe_next

MOST_ROWS = 200
MOST_SAID = 5

Names = Callable[[Sequence[UUID]], Sequence[tuple[UUID, str]]]


@dataclass(frozen=True, slots=True)
class BulkAction:
    """`run` does it to one row with a reason, says whether anything changed, and raises a DomainError to refuse.

    `warning` is what a person should know before confirming.
    """

    name: str
    label: Text
    run: Callable[[UUID, str], bool]
    warning: Text = ""
    danger: bool = False
    needs_reason: bool = False


@dataclass(slots=True)
class Outcome:
    done: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of each row that was refused."""


def answer_bulk(request: HttpRequest, *, actions: Sequence[BulkAction], names: Names, back: str) -> HttpResponse:
    """Asks for confirmation, or does it if that was given. `names` knows the rows this person may see, and no others.

    The form sends `action`, `id` (many), `next`, and on the second page `confirmed` and `reason`.
    """
    action = next((one for one in actions if one.name == request.POST.get("action")), None)
    if action is None:
        raise Http404
    back = safe_next(request, otherwise=back)
    ids = _ids(request)
    if len(ids) > MOST_ROWS:
        messages.error(request, _("At most {most} at a time.").format(most=MOST_ROWS))
        return HttpResponseRedirect(back)
    rows = list(names(ids)) if ids else []
    if not rows:
        messages.info(request, _("Nothing was selected. Tick the rows first."))
        return HttpResponseRedirect(back)
    reason = " ".join(request.POST.get("reason", "").split())
    missing = action.needs_reason and not reason
    if "confirmed" not in request.POST or missing or len(reason) > 500:
        wrong = "confirmed" in request.POST
        context = {
            "action": action,
            "rows": rows,
            "back": back,
            "reason": reason,
            "reason_optional": not action.needs_reason,
            "wrong": wrong,
        }
        return render_page(request, "portal/bulk.html", context, title=action.label, status=422 if wrong else 200)
    _say(request, run_bulk(action, rows=rows, reason=reason))
    return HttpResponseRedirect(back)


def run_bulk(action: BulkAction, *, rows: Sequence[tuple[UUID, str]], reason: str) -> Outcome:
    outcome = Outcome()
    for row_id, name in rows:
        try:
            changed = action.run(row_id, reason)
        except DomainError as refusal:
            outcome.refused.append((name, str(refusal)))
        else:
            outcome.done += changed
            outcome.unchanged += not changed
    return outcome


def _ids(request: HttpRequest) -> list[UUID]:
    """What was ticked, once each; what is no id was not ticked on a page of ours."""
    found = []
    for text in request.POST.getlist("id"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _say(request: HttpRequest, outcome: Outcome) -> None:
    if outcome.done:
        messages.success(request, ngettext("{n} done.", "{n} done.", outcome.done).format(n=outcome.done))
    if outcome.unchanged:
        said = ngettext("{n} was so already and stayed as it is.", "{n} were so already and stayed as they are.",
                        outcome.unchanged)  # fmt: skip
        messages.info(request, said.format(n=outcome.unchanged))
    for name, why in outcome.refused[:MOST_SAID]:
        messages.warning(request, _("{name} was left as it is: {why}").format(name=name, why=why))
    if (more := len(outcome.refused) - MOST_SAID) > 0:
        said = ngettext("{n} more was left as it is.", "{n} more were left as they are.", more)
        messages.warning(request, said.format(n=more))
