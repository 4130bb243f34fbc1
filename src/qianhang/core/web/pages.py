"""What every page view shares: rendering, refusals as pages, lists whose state lives in the URL, CSV.

@signed_in
def job_list(request):
    listing = Listing.of(request, names=("state", "q"))
    page = queries.jobs(actor=actor_of(request), **listing.values, cursor=listing.cursor)
    if listing.wants_csv:
        return csv_response("jobs.csv", header, rows)
    return render_page(request, "compute/job_list.html", {"page": page, "listing": listing}, title=_("Jobs"))
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, Self
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from qianhang.core.access import Actor, Permission
from qianhang.core.errors import DomainError, Forbidden, StepUpRequired, Unauthenticated

from .frame import API_PREFIX

P = ParamSpec("P")
Text = str | Promise
CURSOR, EXPORT = "cursor", "export"


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request; nobody, where the identity middleware has not run (an error before it)."""
    return getattr(request, "actor", None) or Actor.anonymous()


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    title: Text = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """A whole page. `title` is the document's title and, by habit, the page's only h1."""
    filled = {"actor": actor_of(request), "title": title, **(context or {})}
    return render(request, template, filled, status=status)


def signed_in(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Sends a visitor to the sign-in page, and back here afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if actor_of(request).is_anonymous:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]  # `wraps` hides that the first argument is positional


def safe_next(request: HttpRequest, *, otherwise: str) -> str:
    """Where a form says to return to, if that is on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else otherwise


class DomainErrorPages(MiddlewareMixin):
    """A refusal that a page view did not turn into a form error becomes a page that says what to do next.

    The API turns its own refusals into problem+json before they get here.
    """

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError) or request.path.startswith(API_PREFIX):
            return None
        if isinstance(error, Unauthenticated):
            return redirect_to_login(request.get_full_path())
        if isinstance(error, StepUpRequired):
            # The form's content is gone after the detour, so come back to the page that holds the form.
            back = request.get_full_path() if request.method == "GET" else _referring_path(request)
            return HttpResponseRedirect(reverse("account_reauthenticate") + "?" + urlencode({"next": back}))
        return refusal_page(request, error)


def _referring_path(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if own else request.path


def refusal_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    if isinstance(error, Forbidden) and not actor_of(request).may(Permission.CLUSTER_VIEW):
        return _not_open_yet(request, error)
    context = {"status": error.status, "code": error.code, "message": str(error), "problems": error.problems}
    known = error.status if error.status in ERROR_TITLES else HTTPStatus.BAD_REQUEST
    return render_page(request, "portal/error.html", context, title=ERROR_TITLES[known], status=error.status)


def _not_open_yet(request: HttpRequest, error: Forbidden) -> HttpResponse:
    """Every role may see the clusters; who may not acts for no organisation, or for one that is not active."""
    if actor_of(request).organisation_id is None:
        message = _("You belong to no organisation yet. Register one, or ask its owner for an invitation.")
    else:
        message = _("Your organisation is not active. Its page says what it waits for.")
    context = {"status": error.status, "code": error.code, "message": message, "organisation_first": True}
    return render_page(request, "portal/error.html", context, title=_("Not open yet"), status=error.status)


ERROR_TITLES: dict[int, Text] = {
    400: _("This request cannot be understood"),
    401: _("Sign in first"),
    403: _("Your role does not include this"),
    404: _("There is nothing here"),
    405: _("This page does not work that way"),
    409: _("That cannot be done now"),
    413: _("This is too large"),
    422: _("Some fields need a correction"),
    429: _("Too many attempts"),
    500: _("Something broke on our side"),
    502: _("Not available right now"),
    503: _("Not available right now"),
}

_NEXT_STEP: dict[int, Text] = {
    400: _("Go back, check what was entered and try again."),
    403: _(
        "Ask an administrator of your organisation for the role, or switch to another organisation at the top right."
    ),
    404: _("The address may be mistyped, or what was here belongs to another organisation."),
    429: _("Wait a few minutes, then try again. Nothing has been changed."),
    500: _("Nothing half-done was kept. Try again; if it happens again, tell the operator the request number below."),
}


def error_page(request: HttpRequest, *, status: int, message: Text = "") -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return HttpResponse(status=status)  # core.web.frame answers the API's clients with a problem document
    context = {"status": status, "code": "", "message": message or _NEXT_STEP.get(status, ""), "problems": ()}
    return render_page(request, "portal/error.html", context, title=ERROR_TITLES[status], status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, status=HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, status=HTTPStatus.FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    return error_page(request, status=HTTPStatus.NOT_FOUND)


def too_many_attempts(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    response = error_page(request, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = "300"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        status=HTTPStatus.FORBIDDEN,
        message=_("The form was too old or came from another site. Go back, reload the page and send it again."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the frame: what broke may be the database that the frame asks."""
    request_id = getattr(request, "request_id", "")
    context = {"title": ERROR_TITLES[500], "message": _NEXT_STEP[500], "request_id": request_id}
    return render(None, "portal/500.html", context, status=HTTPStatus.INTERNAL_SERVER_ERROR)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list page's state, all of it in the URL, so that a bookmark is a saved view."""

    path: str
    params: QueryDict
    values: Mapping[str, str]
    """The filters that were set, by name; what was left empty or is unknown is not in it."""

    @classmethod
    def of(
        cls, request: HttpRequest, *, names: Sequence[str], choices: Mapping[str, Iterable[str]] | None = None
    ) -> Self:
        """Reads the filters called `names`; a value outside its `choices` is ignored, as a stale bookmark is."""
        allowed = {name: set(values) for name, values in (choices or {}).items()}
        read = {name: request.GET.get(name, "").strip()[:200] for name in names}
        kept = {n: v for n, v in read.items() if v and "\0" not in v and (n not in allowed or v in allowed[n])}
        return cls(path=request.path, params=request.GET, values=kept)

    @property
    def cursor(self) -> str | None:
        return self.params.get(CURSOR) or None

    @property
    def wants_csv(self) -> bool:
        return self.params.get(EXPORT) == "csv"

    @property
    def is_filtered(self) -> bool:
        return bool(self.values)

    def url(self, **changes: str | None) -> str:
        """This list with some parameters changed (None removes one), from its first page unless a cursor is given."""
        merged: dict[str, str | None] = {**self.values, **changes}
        query = urlencode({name: value for name, value in merged.items() if value})
        return f"{self.path}?{query}" if query else self.path

    @property
    def query(self) -> str:
        """The filters alone, in one order, so that a saved view knows itself again."""
        return urlencode(sorted(self.values.items()))

    def next_url(self, cursor: str | None) -> str:
        return self.url(**{CURSOR: cursor}) if cursor else ""

    @property
    def first_url(self) -> str:
        return self.url() if self.cursor else ""

    @property
    def csv_url(self) -> str:
        return self.url(**{EXPORT: "csv"})


def read_day(text: str) -> datetime | None:
    """Midnight of a date in the installation's time zone; None for a mistyped one, and for one at the end of time,
    which could not even be shifted by a day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if 1900 <= day.year <= 9000 else None


def local_stamp(moment: datetime | None) -> str:
    """A moment for a spreadsheet: to the second, in the installation's time zone."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


class _Echo:
    def write(self, value: str) -> str:
        return value


# A cell that a spreadsheet would run as a formula is shown as text instead (OWASP, CSV injection).
# Chinese editions take the full-width signs for the same.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value


def csv_response(filename: str, header: Sequence[Text], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The rows as a download, streamed; with a byte order mark, so that Excel reads Chinese."""
    writer = csv.writer(_Echo())

    def lines() -> Iterable[str]:
        yield "\ufeff" + writer.writerow([str(name) for name in header])
        for row in rows:
            yield writer.writerow([_cell(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def show_problems(form: Any, error: DomainError) -> None:
    """Puts a refusal onto the form it came from: each problem to its field where there is one, else on top."""
    for problem in error.problems:
        name = problem.path if problem.path in form.fields else None
        form.add_error(name, problem.message if name else f"{problem.path}: {problem.message}")
    if not error.problems:
        form.add_error(None, str(error))


def remember(response: HttpResponseBase, *, name: str, value: str) -> None:
    """A preference cookie: a year, readable by the server alone."""
    response.set_cookie(
        name, value, max_age=31_536_000, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
