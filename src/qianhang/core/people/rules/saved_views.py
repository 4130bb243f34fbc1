"""A person's saved views: names for the filters of a list page, kept as plain data beside the person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl, urlencode

MOST_NAME, MOST_QUERY, MOST_PATH = 60, 1_000, 300
MOST_VIEWS = 60
# Where one stands in a list and how one wants it delivered is no part of a view.
_PASSING = frozenset({"cursor", "export"})


@dataclass(frozen=True, slots=True)
class SavedView:
    """`path` is the list's address, `query` its filters in their one canonical order."""

    name: str
    path: str
    query: str

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


def canonical_query(query: str) -> str:
    """The same filters always give the same text, so that the view one is in can be recognised."""
    pairs = {(name, value) for name, value in parse_qsl(query) if name not in _PASSING}
    return urlencode(sorted(pairs))


def read_views(stored: Iterable[Mapping[str, str]]) -> list[SavedView]:
    return [SavedView(name=one["name"], path=one["path"], query=one["query"]) for one in stored]


def stored_views(views: Sequence[SavedView]) -> list[dict[str, str]]:
    return [asdict(view) for view in views]


def with_view(views: Sequence[SavedView], view: SavedView) -> list[SavedView]:
    """The views with `view` among them; it takes the place of the one with its name on the same page."""
    kept = without_view(views, path=view.path, name=view.name)
    return sorted([*kept, view], key=lambda one: (one.path, one.name))


def without_view(views: Sequence[SavedView], *, path: str, name: str) -> list[SavedView]:
    return [one for one in views if (one.path, one.name) != (path, name)]
