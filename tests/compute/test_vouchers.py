"""Which voucher pays a share of a job, and why that one."""

import uuid

import pytest

from qianhang.compute import queries, services
from qianhang.compute.explanations import JobSpecRefused
from qianhang.compute.identity import run_id_of
from qianhang.funding import queries as funding
from qianhang.funding.services import create_voucher_programme, fund_voucher_programme, issue_voucher

from .conftest import SYSTEM, YUAN, World, command

pytestmark = pytest.mark.django_db(transaction=True)


def give(world: World, *, share_ppm: int, days: int = 30, cap: int = 100 * YUAN) -> str:
    """A voucher of the firm's; returns its number."""
    programme = create_voucher_programme(
        actor=SYSTEM,
        organisation_id=world.office.id,
        slug=f"p{uuid.uuid4().hex[:8]}",
        name="Programme",
        share_ppm=share_ppm,
        cap=cap,
        valid_days=days,
    )
    fund_voucher_programme(actor=SYSTEM, programme_id=programme.id, amount=cap, key="k", reason="test")
    voucher = issue_voucher(actor=SYSTEM, programme_id=programme.id, organisation_id=world.firm.id, key="k")
    return voucher.number


LONG = command("true", time_limit="2h")  # 72 fen.


def test_without_a_word_the_voucher_that_pays_most_is_used(world, local_cluster):
    give(world, share_ppm=300_000)
    best = give(world, share_ppm=500_000)
    give(world, share_ppm=900_000, cap=100_000)  # 90 %, but only 10 fen in all.
    quote = services.quote_job(actor=world.developer, spec=LONG)
    assert (quote.voucher.choice, quote.voucher.number) == ("auto", best)
    assert (quote.cost_micro, quote.voucher_micro, quote.wallet_micro) == (720_000, 360_000, 360_000)
    assert best in quote.voucher.sentence


def test_of_equals_the_one_that_expires_first_is_used(world, local_cluster):
    give(world, share_ppm=500_000, days=60)
    sooner = give(world, share_ppm=500_000, days=10)
    assert services.quote_job(actor=world.developer, spec=LONG).voucher.number == sooner


def test_the_chosen_voucher_pays_and_the_job_says_so(world, local_cluster, finish):
    number = give(world, share_ppm=500_000)
    world.credit(1)
    job = services.submit_job(actor=world.developer, spec=LONG)
    hold = funding.hold_of(actor=SYSTEM, reference=run_id_of(job.id, attempt=1))
    assert (hold.voucher_micro, hold.wallet_micro) == (360_000, 360_000)
    assert finish(job).state == "succeeded"
    detail = queries.job_detail(actor=world.developer, job_id=job.id)
    assert (detail.voucher.choice, detail.voucher.number, detail.last_run.receipt.voucher_number) == (
        "auto",
        number,
        number,
    )


def test_none_means_the_wallet_alone(world, local_cluster):
    give(world, share_ppm=500_000)
    quote = services.quote_job(actor=world.developer, spec=LONG | {"voucher": "none"})
    assert (quote.voucher.choice, quote.voucher_micro, quote.wallet_micro) == ("no_voucher", 0, 720_000)


def test_without_a_usable_voucher_the_wallet_pays_and_the_quote_says_why(world, local_cluster):
    assert services.quote_job(actor=world.developer, spec=LONG).voucher.choice == "none_usable"


def test_a_named_voucher_must_exist(world, local_cluster):
    with pytest.raises(JobSpecRefused) as refused:
        services.quote_job(actor=world.developer, spec=LONG | {"voucher": "V-404"})
    assert [(p.path, p.code) for p in refused.value.problems] == [("voucher", "voucher_not_found")]
    number = give(world, share_ppm=500_000)
    quote = services.quote_job(actor=world.developer, spec=LONG | {"voucher": number.lower()})
    assert (quote.voucher.choice, quote.voucher.number) == ("named", number)


def test_a_chosen_voucher_that_is_used_up_in_between_leaves_the_wallet_to_pay(world, local_cluster, monkeypatch):
    import sys

    give(world, share_ppm=500_000, cap=360_000)
    world.credit(2)
    module = sys.modules["qianhang.compute.services.submit_job"]
    prepare_really, others = module.prepare, []

    def overtaken(**arguments):
        prepared = prepare_really(**arguments)
        if not others:
            others.append(None)
            others[0] = services.submit_job(actor=world.developer, spec=LONG)
        return prepared

    monkeypatch.setattr(module, "prepare", overtaken)
    job = services.submit_job(actor=world.developer, spec=LONG)
    first, second = (funding.hold_of(actor=SYSTEM, reference=run_id_of(j.id, attempt=1)) for j in (others[0], job))
    assert (first.voucher_micro, first.wallet_micro) == (360_000, 360_000)
    assert (second.voucher_micro, second.wallet_micro) == (0, 720_000)
    job.refresh_from_db()
    assert (job.voucher_id, job.quote["voucher_choice"]) == (None, "none_usable")
