"""Announced clusters have a capacity, and nothing ever runs on them."""

import dataclasses
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from qianhang.compute.connectors import registry
from qianhang.compute.connectors.planning import PlanningConnector
from qianhang.compute.ports import Capability, NotSupported, PoolInventory

from .contract import shell

SETTINGS = {
    "pools": [
        {
            "name": "a",
            "nodes": 64,
            "cpus_per_node": 192,
            "memory_mib_per_node": 1_048_576,
            "cards_per_node": 8,
            "card_vendor": "Ascend",
            "card_model": "910C",
        },
        {"name": "cpu", "nodes": 10, "cpus_per_node": 64, "memory_mib_per_node": 262_144},
    ]
}


def test_its_inventory_is_what_was_announced() -> None:
    inventory = PlanningConnector.from_settings(SETTINGS).inventory()
    assert inventory.pools == (
        PoolInventory("a", 64, 192, 1_048_576, 8, "Ascend", "910C"),
        PoolInventory("cpu", 10, 64, 262_144),
    )
    assert (inventory.isolation, inventory.isolation_note) == ("", "Announced, not built: nothing runs here.")


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.submit(shell("true")),
        lambda c: c.status([uuid.uuid4()]),
        lambda c: c.cancel(uuid.uuid4()),
        lambda c: c.read_log(uuid.uuid4()),
        lambda c: c.list_outputs(uuid.uuid4()),
        lambda c: c.fetch_output(uuid.uuid4(), "x", Path("/nowhere")),
        lambda c: c.usage(uuid.uuid4()),
        lambda c: c.forget(uuid.uuid4()),
    ],
)
def test_everything_that_needs_a_machine_is_refused(act: Callable[[PlanningConnector], object]) -> None:
    connector = PlanningConnector.from_settings(SETTINGS)
    assert connector.capabilities == {Capability.INVENTORY}
    with pytest.raises(NotSupported, match="announced, not built"):
        act(connector)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ("a", r"pools\[0\] is not an object"),
        ({"name": "a", "gpus": 1}, r"pools\[0\].gpus is not known; known: name, nodes"),
        ({"name": "a", "nodes": "64"}, r"pools\[0\].nodes must be of type int"),
        ({"name": "a", "nodes": True}, r"pools\[0\].nodes must be of type int"),
        ({"name": "a", "nodes": -1}, r"pools\[0\].nodes must not be negative"),
        ({"name": "a"}, r"pools\[0\].*missing 3 required"),
    ],
)
def test_settings_that_do_not_fit_are_named(pool: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PlanningConnector.from_settings({"pools": [pool]})


@dataclasses.dataclass
class FakeCluster:
    connector: str
    settings: dict[str, object]


def test_a_cluster_gets_the_connector_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_factories", {})
    registry.register("planning", PlanningConnector.from_settings)
    connector = registry.connector_for(FakeCluster("planning", SETTINGS))
    assert len(connector.inventory().pools) == 2
    with pytest.raises(registry.UnknownConnector, match="No connector called 'slurm'; known: planning"):
        registry.connector_for(FakeCluster("slurm", {}))
