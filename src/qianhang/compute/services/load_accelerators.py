import csv
from importlib.resources import files

from django.db import transaction

from qianhang.core.access import Actor

from ..models import Accelerator
from .register_accelerator import register_accelerator


@transaction.atomic
def load_accelerators(*, actor: Actor) -> int:
    """Describes the card models of data/accelerators.csv that nobody has described yet; returns how many.

    What an operator has corrected stays corrected. An empty cell is unknown and stays unknown.

    Raises: Unauthenticated, Forbidden.
    """
    known = set(Accelerator.objects.values_list("vendor", "model"))
    added = 0
    text = files("qianhang.compute").joinpath("data/accelerators.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if (row["vendor"], row["model"]) in known:
            continue
        register_accelerator(
            actor=actor,
            vendor=row["vendor"],
            model=row["model"],
            stack=row["stack"],
            domestic=row["domestic"] == "true",
            memory_gib=_number(row["memory_gib"]),
            fp16_dense_gflops=_number(row["fp16_dense_gflops"]),
            measured_gflops=_number(row["measured_gflops"]),
            power_w=_number(row["power_w"]),
            evidence=row["evidence"],
            note=row["note"],
        )
        added += 1
    return added


def _number(cell: str) -> int | None:
    return int(cell) if cell else None
