"""What the states of jobs and runs are called."""

from django.utils.translation import gettext_lazy as _

from .rules.states import State

STATE_LABELS = {
    State.QUEUED: _("Queued"),
    State.PLACED: _("Placed"),
    State.STARTING: _("Starting"),
    State.RUNNING: _("Running"),
    State.SUCCEEDED: _("Succeeded"),
    State.FAILED: _("Failed"),
    State.CANCELLED: _("Cancelled"),
    State.LOST: _("Lost"),
    State.REQUEUED: _("Requeued"),
}
STATE_CHOICES = [(state.value, label) for state, label in STATE_LABELS.items()]
