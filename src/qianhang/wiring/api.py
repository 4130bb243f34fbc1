"""The API under /api/v1: the frame of core.web with every room's router mounted."""

from importlib import import_module
from importlib.util import find_spec

from qianhang import __version__
from qianhang.core.web.api import create_api

DESCRIPTION = """
Every list answers `{"items": [...], "next": cursor or null}`. Every refusal is `application/problem+json` with a stable
`code`. Send `Idempotency-Key` with a POST to make it safe to repeat. Money is an integer of micro-yuan
(1 yuan = 1,000,000); times carry an offset.
"""

api = create_api(title="Qianhang", version=__version__, description=DESCRIPTION.strip())

for room in ("qianhang.core.people", "qianhang.funding", "qianhang.compute", "qianhang.programme"):
    if find_spec(f"{room}.api") is not None:
        api.add_router("", import_module(f"{room}.api").router)
