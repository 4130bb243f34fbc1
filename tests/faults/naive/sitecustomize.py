"""Loaded by every Python that has this folder on PYTHONPATH: keeps a second book, the way many systems begin.

The shadow book lies beside the real one, in accounts of its own, and is written whenever a run ends: it charges the
right amount, but in a transaction of its own, under a fresh id, before the run's end is written. Without crashes it is
right. The real settlement goes on as ever, so one storm shows both: the real book right, the naive one wrong.
"""

import importlib.abc
import importlib.util
import os
import sys
import threading
from pathlib import Path

TARGET = "qianhang.compute.services.finish_run"
WALLET, PAYABLE = "naive:wallet", "naive:payable"
ANSWER_S = 0.5
"""A payment provider takes its time to answer; this is how long the hole is open while there is something to prove."""


class _Swap(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != TARGET:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            _shadow(module)

        spec.loader.exec_module = exec_module
        return spec


def _shadow(module):
    from qianhang.core import ledger
    from qianhang.core.clock import new_id
    from qianhang.core.units.money import divide_half_up
    from qianhang.core.units.quantities import MS_PER_HOUR

    bring_home = module._bring_home

    def charge_first(connector, run, *, lost):
        home = bring_home(connector, run, lost=lost)
        price = run.placement.chosen["cpu_hour_micro"]
        owed = divide_half_up(run.job.cpus * home[1].elapsed_ms * price, MS_PER_HOUR)
        if owed:
            wallet, payable = (
                ledger.open_account(code=code, unit="CNY", no_overdraft=False) for code in (WALLET, PAYABLE)
            )
            ledger.post([ledger.Transfer(id=new_id(), debit=wallet, credit=payable, amount=owed, reference=run.id)])
            calm = Path(os.environ["STORM_CALM"])
            with calm.with_name("charged").open("a") as file:
                file.write(f"{run.id}\n")
            if not calm.exists():
                threading.Event().wait(ANSWER_S)
        return home

    module._bring_home = charge_first


if os.environ.get("NAIVE_BOOK"):
    sys.meta_path.insert(0, _Swap())
