"""From a file to a number that moves when a job ends, and back down to that job."""

import pytest

from qianhang.compute.models import Cluster, Job, NodePool, Region, Run
from qianhang.core.access import OrganisationKind
from qianhang.core.clock import now
from qianhang.programme.models import Finding, ProgrammeTask, Target
from qianhang.programme.queries.board import scoreboard
from qianhang.programme.queries.target import suggested_bindings, target_detail
from qianhang.programme.services import accept_findings, bind_target, import_plan, observe

from .world import World, organisation

PLAN = """江东省人工智能发展行动方案

一、总体目标
到2028年底，算力服务企业达到2家，完成训练任务1000个以上。
"""


def a_job_ends(world: World) -> Job:
    supplier = organisation(OrganisationKind.SUPPLIER, "算力中心")
    region = Region.objects.get_or_create(code="changchun", defaults={"name": "长春", "name_en": "Changchun"})[0]
    cluster = Cluster.objects.create(
        organisation=supplier, slug="here", name="Here", connector="planning", state="active", region=region
    )
    pool = NodePool.objects.create(cluster=cluster, name="cpu", nodes=1, cpus_per_node=4, memory_mib_per_node=4096)
    job = Job.objects.create(
        organisation=world.firm, name="train", spec={}, state="succeeded", time_limit_s=60, budget_micro=0,
        ended_at=now(),
    )  # fmt: skip
    Run.objects.create(
        job=job, attempt=1, cluster=cluster, pool=pool, state="succeeded", started_at=now(), ended_at=now()
    )
    return job


def test_a_job_moves_the_target_that_counts_it_and_the_number_opens_to_the_job(world):
    done = import_plan(actor=world.official, data=PLAN.encode(), filename="plan.txt")
    found = list(Finding.objects.values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=done.plan_id, finding_ids=found)
    for target_id, offered in suggested_bindings(actor=world.official, plan_id=done.plan_id).items():
        bind_target(actor=world.official, target_id=target_id, measure=offered[0].code)
    observe(actor=world.official)
    before = {one.binding.measure: one.latest.value for one in board(world, done.plan_id)}
    assert before == {"compute.users_served": 0, "compute.jobs_finished": 0}
    job = a_job_ends(world)
    live = {one.binding.measure: one.latest.value for one in board(world, done.plan_id, live=True)}
    assert live == {"compute.users_served": 1, "compute.jobs_finished": 1}
    observe(actor=world.official)
    one = Target.objects.get(bindings__measure="compute.jobs_finished")
    shown = target_detail(actor=world.official, target_id=one.id)
    assert [(row.value, row.revision, row.is_latest) for row in shown.observations] == [(1, 1, True), (0, 0, False)]
    assert [(row.kind, row.reference) for row in shown.evidence] == [("job", str(job.id))]


def board(world: World, plan_id, **how: bool):
    return scoreboard(actor=world.official, plan_id=plan_id, **how).targets


def test_a_whole_plan_is_accepted_in_a_number_of_statements_that_does_not_grow_with_it(
    world, django_assert_max_num_queries
):
    body = PLAN + "二、重点任务\n" + "\n".join(
        f"{n}.建设第{n}号平台。到2028年底，平台用户达到{n}00家。（省数据局牵头，省财政厅配合）" for n in range(1, 151)
    )  # fmt: skip
    done = import_plan(actor=world.official, data=body.encode(), filename="plan.txt")
    found = list(Finding.objects.values_list("id", flat=True))
    assert len(found) > 150
    with django_assert_max_num_queries(45):
        accept_findings(actor=world.official, plan_id=done.plan_id, finding_ids=found)
    assert ProgrammeTask.objects.count() + Target.objects.count() > 100


@pytest.mark.parametrize("again", [1, 2])
def test_accepting_everything_twice_is_accepting_it_once(world, again):
    done = import_plan(actor=world.official, data=PLAN.encode(), filename="plan.txt")
    found = list(Finding.objects.values_list("id", flat=True))
    for _time in range(again):
        accept_findings(actor=world.official, plan_id=done.plan_id, finding_ids=found)
    assert Target.objects.count() == 2
