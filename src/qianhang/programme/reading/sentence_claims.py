"""Which claims of a sentence are targets: without what is so already, what is paid out, and what is only a limit."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TypeVar

from qianhang.programme.reading.claim_forms import Claim
from qianhang.programme.reading.clause_grammar import claims_of
from qianhang.programme.reading.clauses import Clause, clauses_of
from qianhang.programme.reading.deadlines import Deadline
from qianhang.programme.reading.exclusions import (
    grows_from_a_base,
    is_already_so,
    is_condition,
    looks_ahead,
    only_points,
    pays_out,
    sets_a_limit,
    tells_the_past,
)
from qianhang.programme.reading.findings import Comparator
from qianhang.programme.reading.quantities import Quantity
from qianhang.programme.reading.units import canonical

One = TypeVar("One", Quantity, Deadline)

AIM = re.compile(r"力争|争取|力求|努力")

_OPENS = re.compile(r"(?:[到至在用、]|经过|通过|20\d\d年?[底末]?|“?十.五”?(?:末|期间)?|[一二三四五\d]年)*")
_EACH_OF_THEM = re.compile(r"每[批次场项家个期届类](?!\d)")
"""每批不少于20项: a part of what another number counts."""
_LONGEST_NAME = 60
_NEAR = 40


def claims_in(
    text: str, masked: str, sentence: Clause, numbers: Sequence[Quantity], dates: Sequence[Deadline]
) -> Iterator[tuple[Claim, str]]:
    """The targets of one sentence, each with the word (力争) that makes it an aim, or an empty one.

    A 力争 that opens the sentence, before or after its date, governs all of it; one after a name governs its clause.
    """
    words = text[sentence.start : sentence.end]
    sentence_pays = pays_out(words)
    past = paying = False
    governing = ""
    for clause in clauses_of(masked, sentence):
        said = text[clause.start : clause.end]
        aim = AIM.search(said)
        if aim and _OPENS.fullmatch(said, 0, aim.start()):
            governing = aim.group()
        past = tells_the_past(said) or (past and not looks_ahead(said))
        paying = (paying and not looks_ahead(said)) or (sentence_pays and (pays_out(said) or is_condition(said)))
        inside = between(numbers, clause)
        if not inside or past or is_already_so(said) or (paying and (pays_out(said) or is_condition(said))):
            continue
        for claim in claims_of(text, masked, clause, inside, dates):
            words_to_end = text[max(clause.start, claim.quantity.start - _NEAR) : claim.quantity.end]
            if words_to_end.endswith("番") and grows_from_a_base(words_to_end):
                continue
            before = text[max(clause.start, claim.quantity.start - _NEAR) : claim.quantity.start]
            if not _is_no_promise(claim, before, paying=paying):
                yield claim, aim.group() if aim else governing


def between(ones: Sequence[One], clause: Clause) -> Sequence[One]:
    """Those that begin in the clause; `ones` are in order."""
    first = bisect_left(ones, clause.start, key=lambda one: one.start)
    return ones[first : bisect_left(ones, clause.end, lo=first, key=lambda one: one.start)]


def _is_no_promise(claim: Claim, before: str, *, paying: bool) -> bool:
    quantity = claim.quantity
    if len(claim.name) > _LONGEST_NAME:
        return True
    capped = quantity.comparator is Comparator.LTE
    if paying and (capped or canonical(quantity.value, quantity.unit) is not None):
        return True
    if _EACH_OF_THEM.match(claim.name):
        return True
    if capped and sets_a_limit(before + claim.name):
        return True
    return claim.form.startswith(("made", "valued.metric", "valued.money")) and only_points(before)
