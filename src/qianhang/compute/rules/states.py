"""The states of a job and of a run, and which may follow which: one table for both."""

from enum import StrEnum


class State(StrEnum):
    QUEUED = "queued"
    PLACED = "placed"
    STARTING = "starting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    REQUEUED = "requeued"


S = State

# A job walks this table. A run (one attempt) begins at PLACED and never leaves its final state; the job goes on from
# LOST to REQUEUED while its retry budget lasts.
NEXT: dict[State, frozenset[State]] = {
    S.QUEUED: frozenset({S.PLACED, S.CANCELLED, S.FAILED}),
    S.REQUEUED: frozenset({S.PLACED, S.CANCELLED, S.FAILED}),
    S.PLACED: frozenset({S.STARTING, S.CANCELLED, S.FAILED, S.LOST}),
    S.STARTING: frozenset({S.RUNNING, S.SUCCEEDED, S.FAILED, S.CANCELLED, S.LOST}),
    S.RUNNING: frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED, S.LOST}),
    S.LOST: frozenset({S.REQUEUED}),
    S.SUCCEEDED: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELLED: frozenset(),
}

WAITING = frozenset({S.QUEUED, S.REQUEUED})
ACTIVE = frozenset({S.PLACED, S.STARTING, S.RUNNING})
ENDED = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED, S.LOST})


def may_follow(before: State, after: State) -> bool:
    return after in NEXT[before]
