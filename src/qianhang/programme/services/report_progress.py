import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.clock import now
from qianhang.core.errors import NotFound

from ..access import reportable_task
from ..errors import required_text, wrong
from ..models import Evidence, ProgressReport


@transaction.atomic
def report_progress(
    *, actor: Actor, task_id: uuid.UUID, percent: int, text: str, evidence_ids: Sequence[uuid.UUID] = ()
) -> ProgressReport:
    """Reports how far a task is, in words and per cent, with files that prove it. A report is never changed.

    Raises: NotFound, Forbidden; InvalidInput.
    """
    task = reportable_task(actor, task_id)
    if not 0 <= percent <= 100:
        raise wrong("percent", _("Between 0 and 100."))
    words = required_text(text, path="text", most=4000)
    proofs = list(Evidence.objects.visible_to(actor).filter(id__in=set(evidence_ids)))
    if len(proofs) != len(set(evidence_ids)):
        raise NotFound(what=Evidence._meta.verbose_name)
    report = ProgressReport.objects.create(
        task=task,
        organisation_id=actor.home,
        percent=percent,
        text=words,
        made_by_id=actor.user_id,
        made_by_name=actor.name[:160],
    )
    report.evidence.set(proofs)
    before = task.percent
    task.percent, task.changed_at = percent, now()
    task.save(update_fields=["percent", "changed_at"])
    audit.record(
        actor=actor,
        action="task.reported",
        subject="task",
        subject_id=task.id,
        organisation_id=task.plan.organisation_id,
        before={"percent": before},
        after={"percent": percent, "report": report.id, "evidence": [one.id for one in proofs]},
    )
    return report
