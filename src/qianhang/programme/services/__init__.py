"""What can be done with plans, tasks and numbers: one use case per file, one public function of the same name."""

from .accept_findings import accept_findings
from .add_finding import add_finding
from .bind_target import bind_target
from .edit_finding import edit_finding
from .edit_target import edit_target
from .fetch_outside_series import fetch_outside_series
from .import_plan import import_plan
from .observe import observe
from .open_manual_series import open_manual_series
from .open_outside_series import open_outside_series
from .record_manual_value import record_manual_value
from .reject_findings import reject_findings
from .review_manual_value import review_manual_value
from .send_outside_values import send_outside_values
from .store_evidence import store_evidence
from .unbind_target import unbind_target

__all__ = [
    "accept_findings",
    "add_finding",
    "bind_target",
    "edit_finding",
    "edit_target",
    "fetch_outside_series",
    "import_plan",
    "observe",
    "open_manual_series",
    "open_outside_series",
    "record_manual_value",
    "reject_findings",
    "review_manual_value",
    "send_outside_values",
    "store_evidence",
    "unbind_target",
]
