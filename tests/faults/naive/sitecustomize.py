"""Loaded by every Python that has this folder on PYTHONPATH: swaps settlement for the one many systems begin with.

It charges the right amount, but in a transaction of its own, under a fresh id, before the run's end is written. Without
crashes its books are right. It exists to prove that the storm of tests/faults finds such a mistake.
"""

import importlib.abc
import importlib.util
import os
import sys
import threading

TARGET = "qianhang.compute.services.finish_run"


class _Swap(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != TARGET:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            _make_naive(module)

        spec.loader.exec_module = exec_module
        return spec


def _make_naive(module):
    from qianhang.core import ledger, metering
    from qianhang.core.clock import new_id, now
    from qianhang.core.units.money import divide_half_up, round_to_fen
    from qianhang.core.units.quantities import MS_PER_HOUR
    from qianhang.funding import accounts

    bring_home = module._bring_home

    def charge_first(connector, run, *, lost):
        try:
            elapsed = connector.usage(run.id).elapsed_ms
        except LookupError:
            elapsed = 0
        price = run.placement.chosen["cpu_hour_micro"]
        owed = round_to_fen(divide_half_up(run.job.cpus * elapsed * price, MS_PER_HOUR))
        if owed:
            wallet = ledger.account_id(accounts.wallet(run.job.organisation_id))
            payable = accounts.open_payable(run.cluster.organisation_id)
            ledger.post([ledger.Transfer(id=new_id(), debit=wallet, credit=payable, amount=owed, reference=run.id)])
            # A payment provider takes its time to answer; this is how long the hole is open.
            threading.Event().wait(0.3)
        return bring_home(connector, run, lost=lost)

    def settle_by_letting_go(actor, job, run, usage):
        if usage.elapsed_ms:
            metering.record_usage(
                source="compute",
                key=f"{run.id}:cpu_ms",
                organisation_id=job.organisation_id,
                reference=run.id,
                item="cpu_ms",
                quantity=job.cpus * usage.elapsed_ms,
                unit="cpu_ms",
                started_at=run.started_at or run.ended_at or now(),
                ended_at=run.ended_at or now(),
                attributes={},
            )
        module.release_hold(actor=actor, reference=run.id, reason="naive")

    module._bring_home = charge_first
    module._settle = settle_by_letting_go


if os.environ.get("NAIVE_SETTLEMENT"):
    sys.meta_path.insert(0, _Swap())
