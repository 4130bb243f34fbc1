"""Which task waits for which: no task may come to wait for itself."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def cycle_with(needs: Mapping[Name, Iterable[Name]], task: Name, needed: Name) -> list[Name]:
    """The circle that `task needs needed` would close, beginning and ending with `task`; empty when there is none."""
    if task == needed:
        return [task, task]
    came_from: dict[Name, Name] = {}
    waiting, seen = [needed], {needed}
    while waiting:
        one = waiting.pop()
        for after in needs.get(one, ()):
            if after in seen:
                continue
            seen.add(after)
            came_from[after] = one
            if after == task:
                return _walk(came_from, task, needed)
            waiting.append(after)
    return []


def _walk(came_from: Mapping[Name, Name], task: Name, needed: Name) -> list[Name]:
    back = [task]
    while back[-1] != needed:
        back.append(came_from[back[-1]])
    return [task, *reversed(back)]
