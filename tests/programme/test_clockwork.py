"""What happens by itself: observations, fetches and reminders, each safe to be done twice."""

import ssl
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from qianhang.core.audit.models import AuditEntry
from qianhang.core.clock import now
from qianhang.core.outgoing import OutgoingClient
from qianhang.core.people.models import OrganisationState
from qianhang.programme import tasks
from qianhang.programme.models import Finding, Observation, OutsideSeries, OutsideValue, ProgrammeTask
from qianhang.programme.queries.upkeep import series_to_fetch
from qianhang.programme.services import accept_findings, fetch_outside_series, open_outside_series
from qianhang.wiring.housekeeping import CHORES


class Publisher(BaseHTTPRequestHandler):
    body = b"date,value\n2026-01-31,10\n2026-02-28,12\n"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_words: object) -> None:
        """Quiet."""


@pytest.fixture
def publisher(settings):
    """A real server on this machine, on an address that the installation has allowed."""
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    server = HTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_series_is_fetched_from_its_address_once(world, publisher):
    series = open_outside_series(actor=world.official, name="统计局", url=f"http://127.0.0.1:{publisher}/data.csv")
    with OutgoingClient(ports={publisher}, verify=ssl.create_default_context()) as client:
        news = [fetch_outside_series(actor=world.official, series_id=series.id, client=client) for _time in range(2)]
    assert news == [2, 0]
    assert list(OutsideValue.objects.values_list("value", flat=True)) == [10, 12]
    series.refresh_from_db()
    assert (series.problem, series.fetched_at == series.tried_at) == ("", True)


def test_series_are_due_when_they_say_and_wait_in_the_queue_once(world):
    fresh = open_outside_series(actor=world.official, name="a", url="https://example.org/a.csv", every_hours=2)
    OutsideSeries.objects.filter(id=fresh.id).update(tried_at=now() - timedelta(hours=1))
    due = open_outside_series(actor=world.official, name="b", url="https://example.org/b.csv", every_hours=2)
    OutsideSeries.objects.filter(id=due.id).update(tried_at=now() - timedelta(hours=3))
    never = open_outside_series(actor=world.official, name="c", url="https://example.org/c.csv")
    open_outside_series(actor=world.official, name="files only")
    assert series_to_fetch() == [never.id, due.id]
    assert (tasks.fetch_due_series(), tasks.fetch_due_series()) == (2, 0)


def test_what_the_clock_observes_twice_is_kept_once(world):
    tasks.observe_today()
    count = Observation.objects.count()
    tasks.observe_today()
    assert Observation.objects.count() == count > 0


def test_a_series_that_cannot_be_fetched_does_not_stop_the_worker(world):
    series = open_outside_series(actor=world.official, name="x", url="http://10.0.0.1/data.csv")
    tasks.fetch_series(str(series.id))
    series.refresh_from_db()
    assert "10.0.0.1" in series.problem


def test_a_department_that_registers_later_finds_its_tasks(world):
    plan, *_rest = world.plan()
    world.data.state = OrganisationState.REGISTERED
    world.data.save()
    found = list(Finding.objects.values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=plan.id, finding_ids=found)
    assert not ProgrammeTask.objects.of_unit(world.data.id).exists()
    world.data.state = OrganisationState.ACTIVE
    world.data.save()
    tasks.link_units()
    tasks.link_units()
    assert ProgrammeTask.objects.of_unit(world.data.id).count() == 2
    assert AuditEntry.objects.filter(action="unit.linked").count() == 1


def test_the_clock_runs_each_of_them():
    names = {chore.name for chore in CHORES}
    assert {"observe measures", "fetch outside series", "remind of tasks", "link units of plans"} <= names
