"""One movement of value under a key of its own."""

from qianhang.core import ledger
from qianhang.core.ledger import LedgerRefused, Result, Transfer

from .errors import KeyReused


def move_once(transfer: Transfer) -> bool:
    """Posts `transfer`; True when this call did it, False when it was done before.

    Raises: KeyReused when its id moved something else before; LedgerRefused for every other refusal.
    """
    (result,) = ledger.post_batch([transfer])
    if result is Result.EXISTS_DIFFERENT:
        raise KeyReused
    if not result.is_in_ledger:
        raise LedgerRefused({transfer.id: result})
    return result is Result.OK
