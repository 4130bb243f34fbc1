"""A waiting job that fits no cluster any more: it says so, holds up nobody, and ends."""

import sys
from datetime import timedelta

import pytest
from django.urls import reverse

from qianhang.compute import fleet, queries, services
from qianhang.compute.identity import WORKER
from qianhang.compute.models import Cluster, Job
from qianhang.core.clock import now
from qianhang.funding import queries as funding

from .conftest import SYSTEM, World, command
from .pages import submitted, text_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def unfit(world: World, local_cluster) -> Job:
    """A job whose only cluster was retired before it could start."""
    world.credit(1)
    job = submitted(world)
    _state(local_cluster, Cluster.State.RETIRED)
    assert services.place_waiting(actor=WORKER) == []
    job.refresh_from_db()
    return job


def _state(cluster: Cluster, state: str) -> None:
    Cluster.objects.filter(id=cluster.id).update(state=state)
    fleet.forget()


def _look_again(*, hours: int = 24) -> list:
    return services.look_again(actor=WORKER, give_up_before=now() - hours * HOUR)


def _held(world: World) -> int:
    return funding.wallet_of(actor=SYSTEM, organisation_id=world.firm.id).held_micro


def test_it_says_since_when_and_until_when(world, unfit, developer):
    assert (unfit.state, unfit.reason_code) == ("queued", "no_cluster_fits")
    detail = queries.job_detail(actor=world.developer, job_id=unfit.id)
    assert (detail.unfit_since, detail.unfit_until) == (unfit.unfit_since, unfit.unfit_since + 24 * HOUR)
    seen = text_of(developer.get(reverse("job", args=[unfit.id])))
    assert "No cluster fits this job any more. This has been so since" in seen
    assert "the job ends as failed and its money is free again" in seen
    assert _look_again() == []
    unfit.refresh_from_db()
    assert detail.unfit_since == unfit.unfit_since


def test_after_its_time_it_ends_as_failed_and_its_money_is_free(world, unfit):
    assert _held(world) == unfit.budget_micro > 0
    Job.objects.update(unfit_since=now() - 25 * HOUR)
    assert _look_again(hours=26) == []
    unfit.refresh_from_db()
    assert (unfit.state, _held(world)) == ("queued", unfit.budget_micro)
    for _twice in range(2):
        assert _look_again() == []
    unfit.refresh_from_db()
    assert (unfit.state, unfit.reason_code) == ("failed", "no_cluster_fits")
    assert _held(world) == 0
    detail = queries.job_detail(actor=world.developer, job_id=unfit.id)
    assert [step.after for step in detail.transitions] == ["queued", "failed"]
    assert (detail.unfit_since, detail.unfit_until) == (None, None)


def test_it_is_placed_when_a_cluster_fits_again_even_at_the_last_moment(world, unfit, local_cluster):
    Job.objects.update(unfit_since=now() - 25 * HOUR)
    _state(local_cluster, Cluster.State.ACTIVE)
    assert len(_look_again()) == 1
    unfit.refresh_from_db()
    assert (unfit.state, unfit.unfit_since) == ("placed", None)


def test_it_holds_up_nobody(world, unfit, local_cluster, monkeypatch):
    monkeypatch.setattr(sys.modules["qianhang.compute.services.place_waiting"], "FRUITLESS", 1)
    Job.objects.filter(id=unfit.id).update(spec=unfit.spec | {"image": "no-such:1"})
    _state(local_cluster, Cluster.State.ACTIVE)
    later = services.submit_job(actor=world.developer, spec=command("true"))
    assert len(services.place_waiting(actor=WORKER)) == 1
    later.refresh_from_db()
    assert later.state == "placed"
