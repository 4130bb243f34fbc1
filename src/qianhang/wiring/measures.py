"""Which measures there are: every room's, in one table."""

from collections.abc import Sequence

from qianhang.compute.queries.measures import MEASURES as COMPUTE
from qianhang.core.measures import Measure
from qianhang.funding.measures import MEASURES as FUNDING
from qianhang.programme import measures

MEASURES: Sequence[Measure] = (*COMPUTE, *FUNDING)


def register_all() -> None:
    measures.register(MEASURES)
