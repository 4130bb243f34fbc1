"""The frame around every page: region, person, organisations, and the side bar of this person's role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qianhang import __version__
from qianhang.core.access import Actor, Permission
from qianhang.core.people import queries as people
from qianhang.core.people.rules.saved_views import SavedView, read_views
from qianhang.core.web.pages import actor_of
from qianhang.programme.queries import plan_pages as programme

Text = str | Promise
P = Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the side bar. `also` are pages below it, which keep it marked as the current place."""

    name: str
    label: Text
    icon: str
    permission: Permission | None
    also: tuple[str, ...] = ()
    waiting: Callable[[Actor], int] | None = None


SIDE_BAR: tuple[tuple[Text, tuple[Entry, ...]], ...] = (
    (
        "",
        (Entry("dashboard", _("Dashboard"), "layout-dashboard", None),),
    ),
    (
        pgettext_lazy("room", "Programme"),
        (
            Entry(
                "plan_list",
                _("Plans"),
                "file-text",
                P.PLAN_VIEW,
                also=(
                    "plan",
                    "plan_import",
                    "plan_review",
                    "plan_versions",
                    "plan_board",
                    "target",
                    "plan_tasks",
                    "programme_task",
                    "plan_overdue",
                    "plan_departments",
                    "plan_report",
                    "plan_publish",
                ),
                waiting=lambda actor: programme.count_plans_waiting(actor=actor),
            ),
            Entry("wall", _("One screen"), "monitor", P.PLAN_VIEW, also=("plan_wall",)),
            Entry("my_work", _("My work"), "briefcase", P.PLAN_VIEW),
            Entry("system_list", _("Platforms and institutions"), "blocks", P.PLAN_VIEW, also=("system",)),
            Entry(
                "measure_list",
                _("Measures and series"),
                "ruler",
                P.PLAN_VIEW,
                also=("measure", "series_list", "manual_series", "outside_series"),
            ),
            Entry("plan_compare", _("Compare plans"), "columns-2", P.PLAN_OVERSEE),
        ),
    ),
    (
        _("Compute"),
        (
            Entry("job_new", _("Submit a job"), "play", P.JOB_SUBMIT),
            Entry("job_list", _("Jobs"), "list-checks", P.JOB_VIEW, also=("job",)),
            Entry("cluster_list", _("Clusters"), "server", P.CLUSTER_VIEW, also=("cluster",)),
            Entry("queue", _("Queue"), "layers", P.QUEUE_VIEW),
        ),
    ),
    (
        _("Funding"),
        (
            Entry("wallet", _("Wallet and vouchers"), "wallet", P.WALLET_VIEW, also=("receipt", "wallet_statement")),
            Entry("supplier", _("Supplier's account"), "hand-coins", P.STATEMENT_VIEW, also=("cluster_runs",)),
            Entry(
                "programme_list",
                _("Voucher programmes"),
                "ticket",
                P.VOUCHER_ISSUE,
                also=("programme", "programme_new", "programme_fund", "voucher_issue"),
            ),
            Entry("office_money", _("Wallets and payouts"), "banknote", P.WALLET_TOP_UP, also=("top_up", "payout")),
        ),
    ),
    (
        _("Your organisation"),
        (
            Entry("organisation", _("Profile"), "building-2", P.ORGANISATION_VIEW, also=("organisation_edit",)),
            Entry("members", _("Members"), "users", P.MEMBERS_MANAGE),
            Entry("keys", _("API keys"), "key-round", P.KEYS_MANAGE, also=("key_new",)),
        ),
    ),
    (
        _("Programme office"),
        (
            Entry(
                "organisation_list",
                _("Register of organisations"),
                "landmark",
                P.ORGANISATION_VERIFY,
                also=("organisation_review",),
                waiting=lambda actor: people.count_waiting(actor=actor),
            ),
            Entry("audit", _("Audit trail"), "scroll-text", P.AUDIT_VIEW, also=("audit_entry",)),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: Text
    icon: str
    current: bool
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    title: Text
    links: tuple[Link, ...]


class Frame:
    """Worked out when a template asks: a fragment without the frame costs no query."""

    version = __version__

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor = actor_of(request)

    @property
    def region(self) -> str:
        return settings.REGION_NAME_EN if get_language() == "en" else settings.REGION_NAME

    @cached_property
    def theme(self) -> str:
        """`light` or `dark` if the person chose; nothing follows the system."""
        kept = self.request.COOKIES.get(settings.THEME_COOKIE_NAME)
        if kept is None and not self.actor.is_anonymous:
            kept = getattr(self.request.user, "theme", "")
        return kept if kept in {"light", "dark"} else ""

    @property
    def has_other_sign_in(self) -> bool:
        """Whether people may also sign in through an identity provider."""
        return bool(settings.SOCIALACCOUNT_PROVIDERS)

    @property
    def person(self) -> str:
        return "" if self.actor.is_anonymous else self.actor.name

    @property
    def email(self) -> str:
        return getattr(self.request.user, "email", "")

    @cached_property
    def organisations(self) -> Sequence[people.Standing]:
        return () if self.actor.is_anonymous else people.organisations_of(actor=self.actor)

    @property
    def organisation(self) -> str:
        return next((one.shown_name for one in self.organisations if one.is_current), "")

    @property
    def search_url(self) -> str:
        return reverse("job_list") if self.actor.may(P.JOB_VIEW) else ""

    @cached_property
    def saved_views(self) -> Sequence[SavedView]:
        """This person's views of the list at this address."""
        kept = [] if self.actor.is_anonymous else getattr(self.request.user, "saved_views", [])
        return [view for view in read_views(kept) if view.path == self.request.path]

    @cached_property
    def nav(self) -> tuple[Group, ...]:
        if self.actor.is_anonymous:
            return ()
        groups = (Group(title, self._links(entries)) for title, entries in SIDE_BAR)
        return tuple(group for group in groups if group.links)

    def _links(self, entries: tuple[Entry, ...]) -> tuple[Link, ...]:
        match = self.request.resolver_match
        here = match.view_name if match else ""
        return tuple(
            Link(
                url=reverse(entry.name),
                label=entry.label,
                icon=entry.icon,
                current=here == entry.name or here in entry.also,
                count=entry.waiting(self.actor) if entry.waiting else 0,
            )
            for entry in entries
            if entry.permission is None or self.actor.may(entry.permission)
        )


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` in every template."""
    return {"frame": Frame(request)}
