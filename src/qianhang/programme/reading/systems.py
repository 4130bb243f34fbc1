"""The platforms, systems, databases, centres, vouchers, pilots that a plan names.

    names_in      candidates of a paragraph by the grammar of names (system_names.py)
    _keep         what is a finding: more than a common kind
    find_systems  one finding per name, with type, domain, action and the room that serves it

Aims, principles and the preamble are not searched: what they name is a direction, or is named again as a task.
"""

import re
from bisect import bisect_right

from qianhang.programme.reading.document import Document
from qianhang.programme.reading.findings import System
from qianhang.programme.reading.owners import owner_spans
from qianhang.programme.reading.rooms import domain_of, room_of
from qianhang.programme.reading.structure import Node, Tree
from qianhang.programme.reading.system_names import Candidate, names_in
from qianhang.programme.reading.system_words import COMMON_KINDS, NOT_SYSTEMS, is_too_common

_NO_SYSTEMS_UNDER = re.compile(
    r"指导思想|基本原则|总体(?:要求|思路|目标|考虑)|(?:主要|发展|战略|工作|行动|建设|总|阶段|预期)目标|工作思路|发展(?:基础|形势|现状|思路|环境)|现状|形势|背景|基础和形势|目标要求|^目标|原则$"
)
SHORTEST, LONGEST = 4, 60


def find_systems(document: Document, tree: Tree) -> tuple[System, ...]:
    """Every named system once, where it is named first, in the order of the text."""
    taken = owner_spans(document)
    starts = [start for start, _ in taken]
    seen: dict[str, int] = {}
    found: list[System] = []
    for paragraph in tree.paragraphs:
        node = paragraph.node
        if node is None or _is_aims(node):
            continue
        for one in names_in(document.text, paragraph.start, paragraph.end):
            if not _keep(document.text, one):
                continue
            at = bisect_right(starts, one.start) - 1
            if at >= 0 and one.start < taken[at][1]:
                continue
            name = document.text[one.start : one.end]
            if name in seen:
                continue
            seen[name] = len(found)
            found.append(_finding(document, one, node))
    return tuple(found)


def _keep(text: str, one: Candidate) -> bool:
    name = text[one.start : one.end]
    if not SHORTEST <= len(name) <= LONGEST:
        return False
    if "“" in name:
        return not NOT_SYSTEMS.match(name)
    return not (NOT_SYSTEMS.match(name) or COMMON_KINDS.fullmatch(name) or is_too_common(name))


def _is_aims(node: Node) -> bool:
    return any(_NO_SYSTEMS_UNDER.search(above.title) for above in (node, *node.ancestors()))


def _finding(document: Document, one: Candidate, node: Node) -> System:
    text = document.text
    name = text[one.start : one.end]
    section = " ".join(above.title for above in (node, *node.ancestors()))
    return System(
        name="".join(document.quote(one.start, one.end).text.split()),
        type=one.kind,
        domain=domain_of(name, section),
        action=one.action,
        named=not one.counted,
        room=room_of(name, one.kind),
        quote=document.quote(one.clause_start, one.clause_end),
        rule=one.rule,
        confidence=0.6 if one.counted else 0.85,
    )
