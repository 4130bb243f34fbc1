"""What can be done with plans, tasks and numbers: one use case per file, one public function of the same name."""

from .accept_findings import accept_findings
from .add_finding import add_finding
from .ask_reminders import ask_reminders
from .bind_target import bind_target
from .edit_finding import edit_finding
from .edit_target import edit_target
from .fetch_outside_series import fetch_outside_series
from .give_opinion import give_opinion
from .import_plan import import_plan
from .link_tasks import link_tasks
from .link_units import link_units
from .mark_system import mark_system
from .observe import observe
from .open_manual_series import open_manual_series
from .open_outside_series import open_outside_series
from .propose_findings import propose_findings
from .publish_plan import publish_plan
from .reach_milestone import reach_milestone
from .record_manual_value import record_manual_value
from .reject_findings import reject_findings
from .report_progress import report_progress
from .review_manual_value import review_manual_value
from .send_outside_values import send_outside_values
from .set_stage import set_stage
from .staff_task import staff_task
from .store_evidence import store_evidence
from .unbind_target import unbind_target
from .unpublish_plan import unpublish_plan
from .update_task import update_task

__all__ = [
    "accept_findings",
    "add_finding",
    "ask_reminders",
    "bind_target",
    "edit_finding",
    "edit_target",
    "fetch_outside_series",
    "give_opinion",
    "import_plan",
    "link_tasks",
    "link_units",
    "mark_system",
    "observe",
    "open_manual_series",
    "open_outside_series",
    "propose_findings",
    "publish_plan",
    "reach_milestone",
    "record_manual_value",
    "reject_findings",
    "report_progress",
    "review_manual_value",
    "send_outside_values",
    "set_stage",
    "staff_task",
    "store_evidence",
    "unbind_target",
    "unpublish_plan",
    "update_task",
]
