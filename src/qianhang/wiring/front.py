"""What the rooms put on the home page and on the dashboard."""

from collections.abc import Callable, Sequence

from qianhang.core.access import Actor
from qianhang.portal.views import LiveNumber, Panel

DASHBOARD: Sequence[Callable[[Actor], Panel | None]] = ()


def home_numbers() -> Sequence[LiveNumber]:
    """Numbers that anybody may see, each one a query; nothing is shown that is not counted."""
    return ()
