import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize

from ..errors import required_text, wrong
from ..models import ExpertOpinion, Plan, ProgrammeTask

VERDICTS = ("support", "concern", "oppose")


@transaction.atomic
def give_opinion(
    *, actor: Actor, plan_id: uuid.UUID, verdict: str, text: str, task_id: uuid.UUID | None = None
) -> ExpertOpinion:
    """What a member of the expert committee says about a plan that they can see, or about one of its tasks.

    Raises: Unauthenticated, Forbidden, NotFound; InvalidInput.
    """
    authorize(actor, Permission.OPINION_GIVE)
    plan = Plan.objects.fetch(actor, id=plan_id)
    task = None
    if task_id is not None:
        task = ProgrammeTask.objects.active().fetch(actor, id=task_id, plan=plan)
    if verdict not in VERDICTS:
        raise wrong("verdict", _("This is not one of the choices."))
    opinion = ExpertOpinion.objects.create(
        plan=plan,
        task=task,
        verdict=verdict,
        text=required_text(text, path="text", most=4000),
        given_by_id=actor.user_id,
        given_by_name=actor.name[:160],
        organisation_id=actor.organisation_id,
    )
    audit.record(
        actor=actor,
        action="opinion.given",
        subject="plan",
        subject_id=plan.id,
        organisation_id=plan.organisation_id,
        after={"opinion": opinion.id, "verdict": verdict, "task": task_id},
    )
    return opinion
