"""Which measure could feed a target: by what both are counted in, and by the words both use. A person confirms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .keys import plain

# Below this a suggestion would be a guess.
LEAST = Fraction(35, 100)
# Measure words that count organisations are one: 200家 and 200户 are the same number.
# A plan writes PUE低于1.25 without a unit.
_SAME = ({"", "pue"}, {"家", "户", "个", "家企业", "户企业"}, {"张", "个", "份"}, {"项", "个", "次"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target, as far as a source must fit it."""

    indicator: str
    unit: str
    value: Decimal
    canonical_value: Decimal | None
    canonical_unit: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A measure, as far as it must fit a target."""

    code: str
    unit: str
    base_unit: str
    base_factor: Decimal
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    code: str
    score: Fraction
    factor: Decimal


def factor_between(wanted: Wanted, offered: Offered) -> Decimal | None:
    """How many of the target's units make one of the measure's; None where the units do not meet."""
    if offered.base_unit and wanted.canonical_unit:
        if offered.base_unit != wanted.canonical_unit or not wanted.canonical_value or not wanted.value:
            return None
        exact = Fraction(offered.base_factor) * Fraction(wanted.value) / Fraction(wanted.canonical_value)
        return Decimal(exact.numerator) / Decimal(exact.denominator)
    if offered.base_unit or wanted.canonical_unit:
        return None
    one, other = plain(wanted.unit), plain(offered.unit)
    if one == other or any({one, other} <= group for group in _SAME):
        return Decimal(1)
    return _times(wanted.unit, offered.unit)


def suggest(wanted: Wanted, offers: Iterable[Offered]) -> list[Suggestion]:
    """Measures that fit, the best first; a tie goes to the code that sorts first."""
    found = []
    for offered in offers:
        factor = factor_between(wanted, offered)
        score = likeness(wanted.indicator, offered.words)
        if factor is not None and score >= LEAST:
            found.append(Suggestion(offered.code, score, factor))
    return sorted(found, key=lambda one: (-one.score, one.code))


def likeness(indicator: str, words: Iterable[str]) -> Fraction:
    """The best share of pairs of neighbouring letters that the indicator has in common with one of the words (Dice)."""
    mine = _pairs(indicator)
    best = Fraction(0)
    for word in words:
        theirs = _pairs(word)
        if mine and theirs:
            best = max(best, Fraction(2 * len(mine & theirs), len(mine) + len(theirs)))
    return best


def _times(wanted: str, offered: str) -> Decimal | None:
    """万家 against 家: one is ten thousand of the other."""
    for prefix, size in (("万", 10**4), ("亿", 10**8)):
        if wanted.startswith(prefix) and plain(wanted.removeprefix(prefix)) == plain(offered):
            return Decimal(1) / size
    return None


def _pairs(text: str) -> set[str]:
    letters = plain(text)
    return {letters[at : at + 2] for at in range(len(letters) - 1)} or ({letters} if letters else set())
