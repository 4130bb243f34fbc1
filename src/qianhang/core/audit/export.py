"""Export and check the trail: the use cases behind `qianhang audit`."""

from collections.abc import Iterator

from qianhang.core.access import Actor, Permission, authorize

from .chain import export_lines
from .entries import record
from .verify import Report, verify_export


def export_audit(*, actor: Actor) -> Iterator[bytes]:
    """The whole trail, line by line, for `verify.py`. That it was exported is itself an entry.

    Raises Unauthenticated, Forbidden (no audit.view) before the first line.
    """
    authorize(actor, Permission.AUDIT_VIEW)
    record(actor=actor, action="audit.exported", subject="audit", subject_id="trail")
    return (line + b"\n" for line in export_lines())


def verify_audit(*, actor: Actor, head: str | None = None) -> Report:
    """Checks the trail as it stands in the database, with the same code that checks a file.

    Raises Unauthenticated, Forbidden (no audit.view).
    """
    authorize(actor, Permission.AUDIT_VIEW)
    return verify_export(export_lines(), head=head)
