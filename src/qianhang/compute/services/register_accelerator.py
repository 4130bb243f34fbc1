from django.db import transaction
from django.utils.translation import gettext_lazy as _

from qianhang.core import audit
from qianhang.core.access import Actor, Permission, authorize
from qianhang.core.errors import FieldProblem, InvalidInput

from .. import fleet
from ..errors import SparseFigure
from ..models import Accelerator
from ..rules.figures import why_sparse

_WHY = {
    "not_dense": _("Say that the figure is dense (figure: dense). Sparse figures are refused."),
    "twice_the_dense": _("This is twice the known dense figure of this card: the sparse figure. Give the dense one."),
}


@transaction.atomic
def register_accelerator(
    *,
    actor: Actor,
    vendor: str,
    model: str,
    evidence: str,
    figure: str = "dense",
    stack: str = "",
    domestic: bool = False,
    memory_gib: int | None = None,
    fp16_dense_gflops: int | None = None,
    measured_gflops: int | None = None,
    power_w: int | None = None,
    note: str = "",
) -> Accelerator:
    """Describes a card model, or corrects its description; what is unknown stays unknown.

    Figures are FP16 or BF16, dense, in GFLOPS per card; `figure` says what the source claims the figure to be.

    Raises: Unauthenticated, Forbidden, InvalidInput, SparseFigure.
    """
    authorize(actor, Permission.CLUSTER_MANAGE)
    if evidence not in Accelerator.Evidence.values:
        allowed = ", ".join(Accelerator.Evidence.values)
        raise InvalidInput(problems=[FieldProblem("evidence", f"One of {allowed}.", "unknown")])
    known = Accelerator.objects.select_for_update().filter(vendor=vendor, model=model).first()
    if fp16_dense_gflops is not None:
        dense = known.fp16_dense_gflops if known else None
        code = why_sparse(claimed_gflops=fp16_dense_gflops, figure=figure, known_dense_gflops=dense)
        if code:
            raise SparseFigure(problems=[FieldProblem("fp16_dense_gflops", str(_WHY[code]), code)])
    facts = {
        "stack": stack,
        "domestic": domestic,
        "memory_gib": memory_gib,
        "fp16_dense_gflops": fp16_dense_gflops,
        "measured_gflops": measured_gflops,
        "power_w": power_w,
        "evidence": evidence,
        "note": note[:300],
    }
    if known is not None and all(getattr(known, name) == value for name, value in facts.items()):
        return known
    before = None if known is None else {name: getattr(known, name) for name in facts}
    accelerator, _is_new = Accelerator.objects.update_or_create(vendor=vendor, model=model, defaults=facts)
    audit.record(
        actor=actor,
        action="accelerator.registered",
        subject="accelerator",
        subject_id=accelerator.id,
        before=before,
        after={"vendor": vendor, "model": model, **facts},
    )
    fleet.forget()
    return accelerator
