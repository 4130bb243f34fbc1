"""The shape of a plan's task tree: who is whose parent, and whose list of units covers whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Node:
    path: str
    parent: str | None


def ancestors(path: str, nodes: Mapping[str, Node]) -> list[str]:
    """The paths above, nearest first. A tree that a person edited into a circle ends where it would begin again."""
    found: list[str] = []
    node = nodes.get(path)
    while node is not None and node.parent is not None and node.parent in nodes:
        if node.parent in found or node.parent == path:
            break
        found.append(node.parent)
        node = nodes[node.parent]
    return found


def covering(path: str, nodes: Mapping[str, Node], lists: Mapping[str, Name]) -> Name | None:
    """The list of units that holds for a task: its own, else the nearest one above it."""
    for one in (path, *ancestors(path, nodes)):
        if one in lists:
            return lists[one]
    return None


def nearest(path: str, nodes: Mapping[str, Node]) -> str | None:
    """The task a section belongs to: itself, or the longest beginning of its path that is one (`三/第一步` -> `三`)."""
    while path:
        if path in nodes:
            return path
        path = path.rpartition("/")[0]
    return None
