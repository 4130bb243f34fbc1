"""Connectors by name. The composition root registers them; a cluster's row says which one it uses."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from qianhang.compute.ports import ClusterConnector

Factory = Callable[[Mapping[str, Any]], ClusterConnector]


class ClusterLike(Protocol):
    """What the registry needs to know of a cluster."""

    @property
    def connector(self) -> str: ...

    @property
    def settings(self) -> Mapping[str, Any]: ...


class UnknownConnector(Exception):
    """No connector of this name is registered."""


_factories: dict[str, Factory] = {}


def register(name: str, factory: Factory) -> None:
    """Makes a connector known; a second registration of the same name replaces the first."""
    _factories[name] = factory


def names() -> list[str]:
    return sorted(_factories)


def connector_for(cluster: ClusterLike) -> ClusterConnector:
    """Raises UnknownConnector."""
    if cluster.connector not in _factories:
        raise UnknownConnector(f"No connector called {cluster.connector!r}; known: {', '.join(names()) or 'none'}.")
    return _factories[cluster.connector](cluster.settings)
