"""What must be true of the books after any number of crashes. Reads the database; says every breach in words."""

from collections import Counter, defaultdict
from typing import Any

from qianhang.compute.models import Job, Placement, Run
from qianhang.compute.rules.states import ENDED
from qianhang.core import ledger
from qianhang.core.access import Actor
from qianhang.core.audit.chain import seal_audit
from qianhang.core.audit.export import verify_audit
from qianhang.core.ledger.models import Account, Transfer
from qianhang.core.metering.models import UsageRecord
from qianhang.core.units.money import divide_half_up
from qianhang.core.units.quantities import MS_PER_HOUR
from qianhang.funding.models import Hold, Receipt, ReceiptLine

SYSTEM = Actor.system("test")


def read(*, acknowledged: dict[str, str], cancelled: list[str], wallet: str, paid_in: int) -> dict[str, Any]:
    """`acknowledged`: job name to the outcome its command must have; `cancelled`: names somebody tried to cancel."""
    seal_audit()
    return {
        "breaches": [
            *_of_jobs(acknowledged, set(cancelled)),
            *_of_money(wallet, paid_in),
            *_of_receipts(),
            *_of_records(),
        ],
        "states": dict(Counter(Job.objects.values_list("state", flat=True))),
        "runs": dict(Counter(Run.objects.values_list("state", flat=True))),
        "attempts": Run.objects.count(),
        "naive": _naive_book(),
    }


def _of_jobs(acknowledged: dict[str, str], cancelled: set[str]) -> list[str]:
    """Each acknowledged job exists once and ended in the state its command calls for."""
    found = []
    jobs = defaultdict(list)
    for job in Job.objects.all():
        jobs[job.name].append(job)
    for name, expected in acknowledged.items():
        if len(jobs[name]) != 1:
            found.append(f"job {name} was acknowledged and exists {len(jobs[name])} times")
            continue
        right = {expected} | ({"cancelled"} if name in cancelled else set())
        if jobs[name][0].state not in right:
            found.append(f"job {name} is {jobs[name][0].state} ({jobs[name][0].reason_code}), not {' or '.join(right)}")
    found += [f"run {run.id} is still {run.state}" for run in Run.objects.exclude(state__in=ENDED)]
    found += [f"hold for {hold.reference} is still held" for hold in Hold.objects.filter(state=Hold.State.HELD)]
    return found


def _of_money(wallet: str, paid_in: int) -> list[str]:
    """The wallet paid what the usage records and the promised prices come to: no more, no less."""
    due = sum(_due().values())
    balance = ledger.balance(ledger.account_id(wallet))
    found = []
    if balance.debits_posted != due:
        found.append(f"the wallet paid {balance.debits_posted} micro-yuan for use worth {due}")
    if balance.debits_pending:
        found.append(f"{balance.debits_pending} micro-yuan are still set aside")
    if balance.credits_posted != paid_in:
        found.append(f"the wallet was given {balance.credits_posted} instead of {paid_in}")
    return found


def _due() -> dict[Any, int]:
    """What each run owes, worked out anew from usage records and placements."""
    prices = {p.run_id: p.chosen["cpu_hour_micro"] for p in Placement.objects.all()}
    exact: dict[Any, int] = defaultdict(int)
    for record in UsageRecord.objects.filter(item="cpu_ms"):
        exact[record.reference] += divide_half_up(record.quantity * prices[record.reference], MS_PER_HOUR)
    held = dict(Hold.objects.values_list("reference", "amount_micro"))
    return {run: min(amount, held[run]) for run, amount in exact.items()}


def _naive_book() -> dict[str, int]:
    """The shadow book of tests/faults/naive: how many runs it charged once and rightly, and how many once too often."""
    charged: dict[Any, list[int]] = defaultdict(list)
    for run, amount in Transfer.objects.filter(
        debit__in=Account.objects.filter(code="naive:wallet").values("id")
    ).values_list("reference", "amount"):
        charged[run].append(amount)
    due = _due()
    return {
        "right": sum(amounts == [due.get(run)] for run, amounts in charged.items()),
        "charged_again": sum(len(amounts) > 1 and sum(amounts) > due.get(run, 0) for run, amounts in charged.items()),
    }


def _of_receipts() -> list[str]:
    """One receipt for each run that was used, over what it owes; no usage record rated twice."""
    due, found = _due(), []
    receipts = {receipt.reference: receipt for receipt in Receipt.objects.all()}
    for run, amount in due.items():
        if run not in receipts:
            found.append(f"run {run} was used and has no receipt")
        elif receipts[run].total_micro != amount:
            found.append(f"the receipt of run {run} says {receipts[run].total_micro}, its use comes to {amount}")
    used = set(due)
    for run in Run.objects.filter(state="succeeded").exclude(id__in=used):
        found.append(f"run {run.id} succeeded and nothing was metered")
    twice = Counter(ReceiptLine.objects.values_list("usage_record", flat=True))
    return found + [f"usage record {record} was rated {n} times" for record, n in twice.items() if n > 1]


def _of_records() -> list[str]:
    found = []
    if not (report := ledger.verify()).ok:
        found.append(f"the ledger does not verify: {report}")
    if not (trail := verify_audit(actor=SYSTEM)).intact:
        found.append(f"the audit trail does not verify: {trail}")
    return found
