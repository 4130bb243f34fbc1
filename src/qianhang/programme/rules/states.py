"""The states of a task and of a named system, and which may follow which."""

from enum import StrEnum


class TaskState(StrEnum):
    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    BLOCKED = "blocked"
    DONE = "done"
    DROPPED = "dropped"


class SystemState(StrEnum):
    PLANNED = "planned"
    BUILDING = "building"
    LIVE = "live"


T = TaskState

# A task that was done can be taken up again, because a review may find it is not; a dropped one can be revived.
NEXT: dict[TaskState, frozenset[TaskState]] = {
    T.NOT_STARTED: frozenset({T.UNDER_WAY, T.BLOCKED, T.DROPPED}),
    T.UNDER_WAY: frozenset({T.BLOCKED, T.DONE, T.DROPPED}),
    T.BLOCKED: frozenset({T.UNDER_WAY, T.DROPPED}),
    T.DONE: frozenset({T.UNDER_WAY}),
    T.DROPPED: frozenset({T.NOT_STARTED}),
}
OPEN = frozenset({T.NOT_STARTED, T.UNDER_WAY, T.BLOCKED})


def may_follow(before: TaskState, after: TaskState) -> bool:
    return after in NEXT[before]
