"""What can be done with plans, tasks and numbers: one use case per file, one public function of the same name."""

from .accept_findings import accept_findings
from .add_finding import add_finding
from .edit_finding import edit_finding
from .import_plan import import_plan
from .reject_findings import reject_findings

__all__ = ["accept_findings", "add_finding", "edit_finding", "import_plan", "reject_findings"]
