"""The audit browser: the trail with its filters, one entry with what it changed, and the seal over it.

Here and not in core.audit for the reason that audit_api.py gives.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from qianhang.core.access import Actor
from qianhang.core.audit import queries
from qianhang.core.audit.models import AuditEntry
from qianhang.core.errors import NotFound
from qianhang.core.web.pages import Listing, actor_of, csv_response, read_day, render_page, signed_in
from qianhang.core.web.paging import paginate

from . import queries as people

FILTERS = ("action", "subject", "subject_id", "organisation", "since", "until")
CSV_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Change:
    """One fact of an entry, before and after, as JSON text."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Was one thing and became another; what is new altogether needs no mark."""
        return bool(self.before) and self.before != self.after


@signed_in
def audit_list(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    listing = Listing.of(request, names=FILTERS)
    entries = _found(actor, listing)
    if listing.wants_csv:
        return csv_response("audit.csv", _csv_header(), _csv_rows(entries))
    page = paginate(entries, key="pk", cursor=listing.cursor)
    seal = queries.head()
    organisations = people.organisation_names([one.organisation_id for one in page.items if one.organisation_id])
    return render_page(
        request,
        "audit/list.html",
        {
            "lines": [(entry, _name(organisations, entry.organisation_id)) for entry in page.items],
            "listing": listing,
            "next_url": listing.next_url(page.next),
            "organisations": people.organisations(actor=actor),
            "seal": seal,
            "head_hash": bytes(seal.hash).hex() if seal else "",
            "sealed_to": seal.last_seq if seal else 0,
        },
        title=_("Audit trail"),
    )


@signed_in
def audit_entry(request: HttpRequest, seq: int) -> HttpResponse:
    actor = actor_of(request)
    # A number beyond what the column holds is an entry that does not exist, not an error of the database.
    entry = queries.entries(actor=actor).filter(pk=seq).first() if seq < 2**63 else None
    if entry is None:
        raise NotFound(what="audit entry")
    named = [one for one in (entry.organisation_id, entry.actor_organisation) if one]
    organisations = people.organisation_names(named)
    return render_page(
        request,
        "audit/entry.html",
        {
            "entry": entry,
            "changes": changes_of(entry.before, entry.after),
            "organisation": _name(organisations, entry.organisation_id),
            "actor_organisation": _name(organisations, entry.actor_organisation),
            "is_sealed": queries.is_sealed(entry),
            "related": list(queries.entries(actor=actor, subject=entry.subject, subject_id=entry.subject_id)[:20]),
        },
        title=_("Audit entry {number}").format(number=entry.seq),
    )


def _name(names: Mapping[uuid.UUID, str], organisation_id: uuid.UUID | None) -> str:
    return names.get(organisation_id, "") if organisation_id else ""


def changes_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Change]:
    """Every fact named on either side, in the order of its name."""
    names = sorted({*(before or {}), *(after or {})})
    return [Change(name, _shown(before, name), _shown(after, name)) for name in names]


def _shown(side: Mapping[str, Any] | None, name: str) -> str:
    if side is None or name not in side:
        return ""
    value = side[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _found(actor: Actor, listing: Listing) -> QuerySet[AuditEntry]:
    values = listing.values
    until = read_day(values.get("until", ""))
    return queries.entries(
        actor=actor,
        action=values.get("action", ""),
        subject=values.get("subject", ""),
        subject_id=values.get("subject_id", ""),
        organisation_id=_id(values.get("organisation", "")),
        since=read_day(values.get("since", "")),
        until=until and until + timedelta(days=1),
    )


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _csv_header() -> list[str]:
    return [
        _("Number"), _("When"), _("Who"), _("Kind"), _("Action"), _("Subject"), _("Subject's id"), _("Organisation"),
        _("Before"), _("After"), _("Reason"), _("Request"),
    ]  # fmt: skip


def _csv_rows(entries: QuerySet[AuditEntry]) -> Iterator[list[Any]]:
    cursor: str | None = None
    while True:
        page = paginate(entries, key="pk", cursor=cursor, limit=CSV_CHUNK)
        for one in page.items:
            sides = (side and json.dumps(side, ensure_ascii=False) for side in (one.before, one.after))
            yield [
                one.seq, f"{timezone.localtime(one.at):%Y-%m-%d %H:%M:%S}", one.actor_name, one.actor_kind, one.action,
                one.subject, one.subject_id, one.organisation_id, *sides, one.reason, one.request_id,
            ]  # fmt: skip
        cursor = page.next
        if cursor is None:
            return


urlpatterns = [
    path("audit/", audit_list, name="audit"),
    path("audit/<int:seq>/", audit_entry, name="audit_entry"),
]
