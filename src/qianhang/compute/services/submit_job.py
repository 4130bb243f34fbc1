import json
import uuid
from dataclasses import replace

from django.db import transaction

from qianhang.core import events, rows, vault
from qianhang.core.access import Actor
from qianhang.core.clock import new_id, now
from qianhang.funding.errors import VoucherUnusable
from qianhang.funding.services import place_hold

from ..deferring import defer_placement
from ..explanations import spec_refused
from ..identity import run_id_of
from ..models import Job, JobUpload, Upload
from ..quoting import Prepared, prepare
from ..rules.job_spec import NO_VOUCHER, JobSpec, Reading, store_job_spec
from ..rules.queue_order import queue_moment
from ..rules.spec_problems import SpecInvalid, SpecProblem
from ..rules.states import State
from ..transitions import begin


# No savepoint: the hot path runs inside the API frame's transaction, which a refusal rolls back as a whole.
@transaction.atomic(savepoint=False)
def submit_job(*, actor: Actor, spec: object) -> Job:
    """Takes a job: checks it, sets its money aside, puts it in the queue. All of it or nothing.

    `spec` is a job spec as a document (from JSON or YAML), or a checked `Reading`. A caller that may send twice
    does so under an idempotency key (core.web), whose record commits with this transaction.

    Raises: Unauthenticated, Forbidden, JobSpecRefused, NoClusterFits, VoucherUnusable, InsufficientFunds.
    """
    prepared = prepare(actor=actor, document=spec)
    job = _job(actor, prepared)
    rows.insert(job)
    _keep_uploads(job, prepared.spec)
    begin(job, actor=actor)
    events.announce(
        name="job.submitted",
        key=f"job:{job.id}",
        payload={"job_id": str(job.id), "organisation_id": str(job.organisation_id)},
    )
    source = prepared.spec.source
    defer_placement(job.id, fetching_for=job.organisation_id if source and source.git else None)
    # Last, because it locks the wallet that every submission of this organisation needs.
    if prepared.voucher_choice == "auto":
        _hold_with_chosen_voucher(actor, job, prepared)
    else:
        _hold(actor, job)
    return job


def _keep_uploads(job: Job, spec: JobSpec) -> None:
    """Notes which files the job names, so that they stay; locked, because they might be pruned at this moment."""
    wanted = {item.upload for item in spec.inputs}
    if spec.source is not None and spec.source.upload is not None:
        wanted.add(spec.source.upload)
    if not wanted:
        return
    there = set(
        Upload.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id").values_list("id", flat=True)
    )
    if there != wanted:
        gone = [SpecProblem("inputs", "input_not_found", {"value": str(one)}) for one in sorted(wanted - there)]
        raise spec_refused(SpecInvalid(gone))
    JobUpload.objects.bulk_create(JobUpload(job=job, upload_id=upload) for upload in sorted(wanted))


def _hold(actor: Actor, job: Job) -> None:
    place_hold(
        actor=actor,
        reference=run_id_of(job.id, attempt=1),
        organisation_id=job.organisation_id,
        amount_micro=job.budget_micro,
        voucher_id=job.voucher_id,
    )


def _hold_with_chosen_voucher(actor: Actor, job: Job, prepared: Prepared) -> None:
    """Another job may have used the voucher up a moment ago. Nobody asked for that one, so the wallet pays."""
    try:
        with transaction.atomic():
            _hold(actor, job)
    except VoucherUnusable:
        alone = replace(prepared.spec, voucher=NO_VOUCHER)
        again = prepare(actor=actor, document=Reading(alone, prepared.secrets))
        job.voucher_id, job.quote = None, again.record() | {"voucher_choice": "none_usable"}
        job.budget_micro = again.hold_micro
        job.save(update_fields=["voucher_id", "quote", "budget_micro"])
        _hold(actor, job)


def _job(actor: Actor, prepared: Prepared) -> Job:
    spec, job_id, moment = prepared.spec, new_id(), now()
    return Job(
        id=job_id,
        organisation_id=prepared.organisation_id,
        submitted_by_id=actor.user_id,
        name=spec.name,
        spec=store_job_spec(spec),
        sealed_secrets=_sealed(job_id, prepared),
        state=State.QUEUED,
        priority=spec.priority,
        submitted_at=moment,
        queue_at=queue_moment(submitted_at=moment, priority=spec.priority),
        nodes=spec.resources.nodes,
        cards=spec.total_cards,
        cpus=spec.total_cpus,
        memory_mib=spec.total_memory_mib,
        time_limit_s=spec.time_limit_s,
        retries_left=spec.retries,
        budget_micro=prepared.hold_micro,
        voucher_id=prepared.voucher.id if prepared.voucher else None,
        quote=prepared.record(),
    )


def _sealed(job_id: uuid.UUID, prepared: Prepared) -> bytes | None:
    if not prepared.secrets:
        return None
    return vault.seal(json.dumps(dict(prepared.secrets)), context=f"job:{job_id}")
