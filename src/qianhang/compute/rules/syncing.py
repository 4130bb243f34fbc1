"""What a cluster's report means for a run. A report may be late or come twice; a run never goes back."""

from .states import ENDED, State

_ORDER = {State.PLACED: 0, State.STARTING: 1, State.RUNNING: 2}


def next_state(current: State, reported: State, *, cancel_requested: bool) -> State | None:
    """The state to move to, or None when the report says nothing new.

    A run whose cancellation was asked for and that the cluster no longer knows counts as cancelled: there is nothing
    left to cancel, and it must not be tried again.
    """
    if current in ENDED:
        return None
    if reported is State.LOST and cancel_requested:
        return State.CANCELLED
    if reported in ENDED:
        return reported
    if _ORDER.get(reported, -1) > _ORDER.get(current, -1):
        return reported
    return None
