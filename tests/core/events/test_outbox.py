import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from qianhang.core import events
from qianhang.core.clock import now
from qianhang.core.events import outbox
from qianhang.core.events.models import OutboxEvent, OutboxState
from qianhang.core.events.outbox import Event, Relayed, prune, relay, revive

pytestmark = pytest.mark.django_db(transaction=True)


class Listener:
    """A handler that remembers, and fails as often as it is told."""

    def __init__(self, *, fail: int = 0) -> None:
        self.heard: list[str] = []
        self.fail = fail

    def __call__(self, event: Event) -> None:
        if self.fail:
            self.fail -= 1
            raise ValueError("not now\x00")
        self.heard.append(f"{event.name}:{event.key}:{event.payload.get('n', '')}")


def announce(name: str = "job.finished", key: str = "1", *, stream: str | None = None, n: int = 0) -> None:
    events.announce(name=name, key=key, payload={"n": n}, stream=stream)


def state() -> tuple[str, int]:
    event = OutboxEvent.objects.get()
    return event.state, event.attempts


def make_due() -> None:
    OutboxEvent.objects.update(due_at=now())


def test_news_reaches_every_handler_of_its_name_once():
    one, two, other = Listener(), Listener(), Listener()
    announce(n=7)
    handlers = {"job.finished": [one, two], "job.started": [other]}
    assert relay(handlers=handlers) == Relayed(delivered=1)
    assert relay(handlers=handlers) == Relayed()
    assert (one.heard, two.heard, other.heard) == (["job.finished:1:7"], ["job.finished:1:7"], [])


def test_news_of_a_transaction_that_rolled_back_was_never_there():
    with transaction.atomic():
        announce()
        transaction.set_rollback(True)
    assert OutboxEvent.objects.count() == 0


def test_the_same_news_twice_is_one_event():
    listener = Listener()
    announce(n=1)
    announce(n=2)
    relay(handlers={"job.finished": [listener]})
    assert listener.heard == ["job.finished:1:1"]


def test_a_failing_handler_is_tried_again_later_and_the_error_is_kept():
    listener = Listener(fail=1)
    handlers = {"job.finished": [listener]}
    announce()
    assert relay(handlers=handlers) == Relayed(failed=1)
    assert relay(handlers=handlers) == Relayed(), "not due yet"
    assert OutboxEvent.objects.get().last_error == "ValueError: not now"
    make_due()
    assert relay(handlers=handlers) == Relayed(delivered=1)
    assert (listener.heard, state()) == (["job.finished:1:0"], (OutboxState.DELIVERED, 1))


def test_what_a_handler_wrote_before_it_failed_is_undone():
    def writes_then_fails(_event: Event) -> None:
        announce("side.effect", "x")
        raise ValueError

    announce()
    relay(handlers={"job.finished": [writes_then_fails], "side.effect": []})
    assert not OutboxEvent.objects.filter(name="side.effect").exists()


def test_after_ten_attempts_an_event_is_set_aside_and_can_be_revived():
    listener = Listener(fail=outbox.MAX_ATTEMPTS)
    handlers = {"job.finished": [listener]}
    announce()
    for _attempt in range(outbox.MAX_ATTEMPTS):
        make_due()
        relay(handlers=handlers)
    assert state() == (OutboxState.DEAD, outbox.MAX_ATTEMPTS)
    make_due()
    assert relay(handlers=handlers) == Relayed()
    assert revive(seq=OutboxEvent.objects.get().seq)
    assert relay(handlers=handlers) == Relayed(delivered=1)


def test_a_stream_keeps_its_order_while_others_go_on():
    listener = Listener(fail=1)
    handlers = {"job.finished": [listener], "job.paid": [listener]}
    announce("job.finished", "1", stream="a")
    announce("job.paid", "1", stream="a")
    announce("job.finished", "2", stream="b")
    assert relay(handlers=handlers) == Relayed(delivered=1, failed=1)
    assert listener.heard == ["job.finished:2:0"]
    make_due()
    relay(handlers=handlers)
    assert listener.heard == ["job.finished:2:0", "job.finished:1:0", "job.paid:1:0"]


def test_four_relays_at_once_deliver_each_event_once_and_in_order():
    seen: list[tuple[str, int]] = []
    guard = threading.Lock()

    def handle(event: Event) -> None:
        with guard:
            seen.append((event.key.split("/")[0], event.payload["n"]))

    for n in range(40):
        announce("n", f"{n % 4}/{n}", stream=str(n % 4), n=n)

    def work() -> None:
        try:
            while relay(handlers={"n": [handle]}).delivered:
                pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay(handlers={"n": [handle]})
    assert sorted(n for _stream, n in seen) == list(range(40))
    for stream in "0123":
        order = [n for key, n in seen if key == stream]
        assert order == sorted(order)


def test_pruning_keeps_what_is_waiting_or_dead():
    announce("heard", "1")
    relay(handlers={})
    announce("waiting", "2")
    announce("dead", "3")
    OutboxEvent.objects.filter(name="dead").update(state=OutboxState.DEAD)
    assert prune(before=now() + timedelta(seconds=1)) == 1
    assert sorted(OutboxEvent.objects.values_list("name", flat=True)) == ["dead", "waiting"]


def test_announcing_is_one_statement(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(1):
        announce()
