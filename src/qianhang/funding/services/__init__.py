"""What can be done with money and vouchers: one use case per file, one public function of the same name."""

from .create_voucher_programme import create_voucher_programme
from .expire_vouchers import expire_vouchers
from .freeze_voucher import freeze_voucher
from .fund_voucher_programme import fund_voucher_programme
from .issue_voucher import issue_voucher
from .make_payout import make_payout
from .open_wallet import open_wallet
from .place_hold import place_hold
from .release_hold import release_hold
from .revoke_voucher import revoke_voucher
from .settle_hold import settle_hold
from .top_up_wallet import top_up_wallet
from .unfreeze_voucher import unfreeze_voucher

__all__ = [
    "create_voucher_programme",
    "expire_vouchers",
    "freeze_voucher",
    "fund_voucher_programme",
    "issue_voucher",
    "make_payout",
    "open_wallet",
    "place_hold",
    "release_hold",
    "revoke_voucher",
    "settle_hold",
    "top_up_wallet",
    "unfreeze_voucher",
]
