"""The measures there are: filled once by wiring/measures.py, read everywhere."""

from collections.abc import Iterable, Mapping

from qianhang.core.measures import Measure

from .errors import UnknownMeasure

_MEASURES: dict[str, Measure] = {}


def register(measures: Iterable[Measure]) -> None:
    """Adds measures; a code that is there already is replaced, so that filling twice is filling once."""
    _MEASURES.update({measure.code: measure for measure in measures})


def all_measures() -> Mapping[str, Measure]:
    return dict(_MEASURES)


def measure(code: str) -> Measure:
    """Raises UnknownMeasure."""
    found = _MEASURES.get(code)
    if found is None:
        raise UnknownMeasure(measure=code[:80])
    return found
