"""A job's whole way on the real local cluster: taken, placed, started, watched, ended, charged."""

from qianhang.compute import services
from qianhang.compute.identity import run_id_of
from qianhang.compute.models import Job, Run, Transition
from qianhang.core import ledger, metering
from qianhang.funding import queries as funding

from .conftest import CPU_HOUR, SYSTEM, command


def test_a_job_is_run_metered_charged_once_and_the_supplier_is_owed(world, local_cluster, finish):
    world.credit(10)
    job = services.submit_job(actor=world.developer, spec=command("echo hello; mkdir outputs; echo 42 > outputs/x"))
    assert job.state == "queued"
    assert job.budget_micro == 10_000  # 60 s x 1 CPU at 0.36 yuan an hour is 0.006 yuan: 1 fen.

    job = finish(job)

    assert (job.state, job.reason_code) == ("succeeded", "")
    run = Run.objects.get(job=job)
    assert run.id == run_id_of(job.id, attempt=1)
    assert run.exit_code == 0
    assert [t.after for t in Transition.objects.filter(job=job)] == [
        "queued", "placed", "starting", "running", "succeeded",
    ]  # fmt: skip
    record = metering.usage_of(run.id)[0]
    assert (record.item, record.unit, record.quantity) == ("cpu_ms", "cpu_ms", run.elapsed_ms)
    receipt = funding.receipt_of(actor=SYSTEM, reference=run.id)
    assert receipt is not None
    assert receipt.lines[0].price_micro == CPU_HOUR
    assert receipt.total_micro + receipt.released_micro == 10_000
    assert ledger.verify().ok
    assert Job.objects.count() == 1
