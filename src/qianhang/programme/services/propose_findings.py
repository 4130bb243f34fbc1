import time
import uuid

from django.db import transaction

from qianhang.core import audit
from qianhang.core.access import Actor

from ..access import managed_plan
from ..errors import ProposerSilent
from ..models import Finding, FindingOrigin
from ..ports import FindingProposer, ProposerFailed
from ..proposer import proposer
from ..rules.proposals import Proposed, checked, stretches_of
from ..taking import stored_fields

MOST_STRETCHES = 40
# A person waits for the answer, and a slow model must not keep the server's threads: what it said by then is kept.
MOST_SECONDS = 120.0
MOST_KEPT = 500


def propose_findings(*, actor: Actor, plan_id: uuid.UUID, by: FindingProposer | None = None) -> int:
    """Asks the configured model what the rules may have missed, and keeps it as proposals. Returns how many.

    A proposal is marked as the model's, stands in the text in the very words of its quote, and is nothing but a line in
    the review until a person accepts it. What is there already is not proposed again.

    Raises: NotFound, Forbidden; NoProposer; ProposerSilent; AddressRefused, FetchFailed.
    """
    plan = managed_plan(actor, plan_id)
    document = plan.documents.order_by("-version")[0]
    model = by or proposer()
    said: list[Proposed] = []
    asked, began = 0, time.monotonic()
    try:
        # A model takes its time: no lock and no transaction of ours while it does.
        for stretch in stretches_of(document.text)[:MOST_STRETCHES]:
            if asked and time.monotonic() - began > MOST_SECONDS:
                break
            asked += 1
            said += [Proposed(one.kind, one.content, one.quote) for one in model.propose(stretch)]
    except ProposerFailed as failed:
        raise ProposerSilent(name=model.name, why=failed.why) from failed
    with transaction.atomic():
        plan = managed_plan(actor, plan_id, lock=True)
        known = Finding.objects.filter(plan=plan).values_list("key", flat=True)
        drafts = checked(document.text, said, known=known, rule=f"model:{model.name}")[:MOST_KEPT]
        Finding.objects.bulk_create(
            [
                Finding(
                    plan=plan,
                    document=document,
                    kind=draft.kind,
                    key=draft.key,
                    origin=FindingOrigin.MODEL,
                    **stored_fields(draft),
                )
                for draft in drafts
            ]
        )
        audit.record(
            actor=actor,
            action="findings.proposed",
            subject="plan",
            subject_id=plan.id,
            organisation_id=plan.organisation_id,
            after={"model": model.name, "asked": asked, "said": len(said), "kept": len(drafts)},
        )
    return len(drafts)
