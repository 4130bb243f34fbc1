"""The clusters, one cluster, and what its supplier may change about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import DomainError
from qianhang.core.units.money import yuan_to_micro
from qianhang.core.web.language import in_reader_language
from qianhang.core.web.pages import Listing, actor_of, csv_response, render_page, show_problems, signed_in
from qianhang.core.web.paging import paginate

from .. import overviews, queries
from ..cluster_shapes import ClusterView, PoolView
from ..labels import STATE_CHOICES
from ..models import Cluster, Price
from ..services import set_cluster_state, set_price
from .words import isolation_in_words

# What a supplier may turn a cluster into, as an order, and from which states.
ORDERS: Sequence[tuple[str, str | Promise, frozenset[str]]] = (
    (Cluster.State.ACTIVE, _lazy("Open it"), frozenset({Cluster.State.DRAINING, Cluster.State.OFFLINE})),
    (Cluster.State.DRAINING, _lazy("Take no new jobs"), frozenset({Cluster.State.ACTIVE, Cluster.State.OFFLINE})),
    (Cluster.State.OFFLINE, _lazy("Close it"), frozenset({Cluster.State.ACTIVE, Cluster.State.DRAINING})),
)


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """A cluster on a page, its pools added up. Amounts in micro-yuan."""

    cluster: ClusterView

    @property
    def name(self) -> str:
        return in_reader_language(self.cluster.name, self.cluster.name_en)

    @property
    def cards(self) -> int:
        return sum(pool.cards for pool in self.cluster.pools)

    @property
    def cards_free(self) -> int:
        return sum(pool.cards_free for pool in self.cluster.pools)

    @property
    def cpus(self) -> int:
        return sum(pool.cpus for pool in self.cluster.pools)

    @property
    def cpus_free(self) -> int:
        return sum(pool.cpus_free for pool in self.cluster.pools)

    @property
    def card_names(self) -> list[str]:
        return sorted({pool.card for pool in self.cluster.pools if pool.card})

    @property
    def card_hour_micro(self) -> int | None:
        """The lowest price of its pools."""
        return min(
            (pool.card_hour_micro for pool in self.cluster.pools if pool.card_hour_micro is not None), default=None
        )

    @property
    def cpu_hour_micro(self) -> int | None:
        return min(
            (pool.cpu_hour_micro for pool in self.cluster.pools if pool.cpu_hour_micro is not None), default=None
        )


@signed_in
def cluster_list(request: HttpRequest) -> HttpResponseBase:
    actor = actor_of(request)
    authorize(actor, Permission.CLUSTER_VIEW)
    lines = [ClusterLine(one) for one in queries.clusters(actor=actor)]
    listing = Listing.of(request, names=())
    if listing.wants_csv:
        return csv_response("clusters.csv", _csv_header(), [_csv_row(line) for line in lines])
    built = [line for line in lines if not line.cluster.planned]
    return render_page(
        request,
        "compute/cluster_list.html",
        {
            "listing": listing,
            "built": built,
            "planned": [line for line in lines if line.cluster.planned],
            "cards_free": sum(line.cards_free for line in built),
            "cards": sum(line.cards for line in built),
            "cpus_free": sum(line.cpus_free for line in built),
            "cpus": sum(line.cpus for line in built),
        },
        title=_("Clusters"),
    )


def _csv_header() -> list[str]:
    return [
        _("Short name"), _("Name"), _("Supplier"), _("State"), _("Announced only"), _("Region"), _("Cards"),
        _("Cards free"), _("CPUs"), _("CPUs free"), _("Card-hour (micro-yuan)"), _("CPU-hour (micro-yuan)"),
        _("PUE (thousandths)"), _("Green power (thousandths)"), _("Isolation"),
    ]  # fmt: skip


def _csv_row(line: ClusterLine) -> list[object]:
    one = line.cluster
    return [
        one.slug, one.name, one.supplier_name, one.state_label, int(one.planned), one.region_name, line.cards,
        line.cards_free, line.cpus, line.cpus_free, line.card_hour_micro, line.cpu_hour_micro, one.pue_milli,
        one.green_milli, one.isolation,
    ]  # fmt: skip


class PriceForm(forms.Form):
    """A price in yuan for an hour of one item in one pool."""

    pool = forms.ChoiceField(label=_lazy("Node pool"))
    item = forms.ChoiceField(label=_lazy("What for"), choices=Price.Item.choices)
    micro_yuan = forms.CharField(
        label=_lazy("Price in yuan for an hour"),
        help_text=_lazy("Up to six decimals. Holds from now on; jobs that were quoted keep their price."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, data: object = None, *, pools: Sequence[PoolView]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["pool"].choices = [(str(pool.id), pool.name) for pool in pools]  # type: ignore[attr-defined]

    def clean_micro_yuan(self) -> int:
        try:
            return yuan_to_micro(self.cleaned_data["micro_yuan"])
        except ValueError as error:
            raise forms.ValidationError(
                _("Write an amount in yuan with at most six decimals, such as 0.25.")
            ) from error


@signed_in
def cluster_page(request: HttpRequest, slug: str) -> HttpResponse:
    actor = actor_of(request)
    authorize(actor, Permission.CLUSTER_VIEW)
    cluster = queries.cluster(actor=actor, slug=slug)
    return _page(request, actor, cluster, form=PriceForm(pools=cluster.pools))


def _page(
    request: HttpRequest, actor: Actor, cluster: ClusterView, *, form: PriceForm, status: int = 200
) -> HttpResponse:
    own = actor.organisation_id == cluster.supplier_id and actor.may(Permission.CLUSTER_MANAGE)
    context = {
        "line": ClusterLine(cluster),
        "cluster": cluster,
        "isolation": isolation_in_words(cluster.isolation),
        "own": own,
        "form": form,
        "orders": [(state, label) for state, label, before in ORDERS if cluster.state in before],
    }
    title = in_reader_language(cluster.name, cluster.name_en)
    return render_page(request, "compute/cluster.html", context, title=title, status=status)


@signed_in
@require_POST
def cluster_state(request: HttpRequest, slug: str) -> HttpResponse:
    actor = actor_of(request)
    cluster = queries.cluster(actor=actor, slug=slug)
    reason = request.POST.get("reason", "").strip()[:500]
    set_cluster_state(actor=actor, cluster_id=cluster.id, state=request.POST.get("state", ""), reason=reason)
    messages.success(request, _("The cluster's state is set."))
    return HttpResponseRedirect(reverse("cluster", args=[slug]))


@signed_in
@require_POST
def cluster_price(request: HttpRequest, slug: str) -> HttpResponse:
    actor = actor_of(request)
    cluster = queries.cluster(actor=actor, slug=slug)
    authorize(actor, Permission.CLUSTER_MANAGE, organisation_id=cluster.supplier_id, what="cluster")
    form = PriceForm(request.POST, pools=cluster.pools)
    if form.is_valid():
        try:
            set_price(
                actor=actor,
                pool_id=form.cleaned_data["pool"],
                item=form.cleaned_data["item"],
                micro_yuan=form.cleaned_data["micro_yuan"],
            )
        except DomainError as refusal:
            show_problems(form, refusal)
        else:
            messages.success(request, _("The price holds from now on."))
            return HttpResponseRedirect(reverse("cluster", args=[slug]))
    return _page(request, actor, cluster, form=form, status=422)


@signed_in
def cluster_runs(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The runs on one of the actor's own clusters, as its supplier sees them."""
    actor = actor_of(request)
    cluster = queries.cluster(actor=actor, slug=slug)
    authorize(actor, Permission.STATEMENT_VIEW, organisation_id=cluster.supplier_id, what="cluster")
    listing = Listing.of(request, names=("state",), choices={"state": [state for state, _label in STATE_CHOICES]})
    rows = overviews.supplied_runs(actor=actor, cluster=slug, state=listing.values.get("state", ""))
    page = paginate(rows, key="placed_at", cursor=listing.cursor)
    return render_page(
        request,
        "compute/cluster_runs.html",
        {
            "line": ClusterLine(cluster),
            "runs": overviews.supplied_views(actor=actor, rows=page.items),
            "listing": listing,
            "next_url": listing.next_url(page.next),
            "states": STATE_CHOICES,
        },
        title=_("Runs on {cluster}").format(cluster=in_reader_language(cluster.name, cluster.name_en)),
    )
