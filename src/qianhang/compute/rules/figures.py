"""Which performance figures of an accelerator are believed: dense ones only."""

from decimal import Decimal

# A sparse figure is the dense one doubled by 2:4 structured sparsity; data sheets round, so a little play is left.
_PLAY = Decimal("0.01")


def why_sparse(*, claimed_gflops: int, figure: str, known_dense_gflops: int | None) -> str:
    """Empty when the figure can be kept, else a code.

    `figure` is what the source says it is. `known_dense_gflops` is the figure already kept for this model, if any:
    a claim of twice as much is the sparse figure under another name.
    """
    if figure != "dense":
        return "not_dense"
    if known_dense_gflops and abs(Decimal(claimed_gflops) / known_dense_gflops - 2) <= _PLAY:
        return "twice_the_dense"
    return ""
