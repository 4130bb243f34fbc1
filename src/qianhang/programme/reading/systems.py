"""The platforms, systems, databases, centres, vouchers, pilots that a plan names.

    names_in      candidates of a paragraph by the grammar of names (system_names.py)
    _keep         what is a finding: more than a common kind
    find_systems  one finding per name, with type, domain, action and the room that serves it

Aims, principles and the preamble are not searched: what they name is a direction, or is named again as a task. Owners
need no care: brackets are one piece, and a line of owners has no verb.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from qianhang.programme.reading.document import Document
from qianhang.programme.reading.findings import System
from qianhang.programme.reading.rooms import domain_of, room_of
from qianhang.programme.reading.structure import Node, Tree
from qianhang.programme.reading.system_names import LONGEST_NAME, Candidate, names_in
from qianhang.programme.reading.system_words import COMMON_KINDS, NOT_SYSTEMS, is_too_common

_NO_SYSTEMS_UNDER = re.compile(
    r"指导思想|基本原则|总体(?:要求|思路|目标|考虑)|(?:主要|发展|战略|工作|行动|建设|总|阶段|预期)目标|目标要求|原则$"
    r"|工作思路|现状|形势|背景"
    # What there is, not 夯实发展基础 or 优化发展环境, which are work to be done.
    r"|(?<!夯实)(?<!筑牢)(?<!打牢)(?<!巩固)(?<!强化)(?<!优化)(?<!营造)(?<!改善)(?<!完善)(?<!创新)发展(?:基础|思路|环境)"
)
_ANY_WORKS = re.compile(
    r"(?:(?:智能|智慧|数字|绿色|无人)化?)+(?:工厂|车间|校园|医院|社区|农场|牧场|渔场|生产线|港口|设施|果园|茶园|矿山"
    r"|矿井|景区|电厂|工地|粮库|灌区)"
)
_ANY_STORE = re.compile(r"(?:重点)?(?:企业|项目|人才|专家|需求|场景|案例|储备)库")
_JOINT = re.compile(r"[、和与及]|以及")
_SAYS_ENOUGH = re.compile(r"碳账户$|.库(?:[和与、]|以及).+库$")
_PRAISE = re.compile(r"^(?:高质量|高水平|统一|全省|全市|全区|省级|市级|国家级|[省市])+(?=.{4})")
"""Words in front that one mention of a thing has and the next has not."""
SHORTEST = 4


def find_systems(document: Document, tree: Tree) -> tuple[System, ...]:
    """Every named system once, where it is named first, in the order of the text."""
    seen: set[str] = set()
    found: list[System] = []
    titles: list[tuple[int, str]] = []
    for start, end, node in _stretches(tree):
        heading = _headings(document, node)
        if _NO_SYSTEMS_UNDER.search(heading):
            continue
        in_title = end == node.heading_end
        for one in _joined(document.text, names_in(document.text, start, end)):
            name = document.text[one.start : one.end]
            key = _PRAISE.sub("", name)
            if key in seen or not _keep(name, one.kind, in_title=in_title):
                continue
            seen.add(key)
            found.append(_finding(document, one, heading))
            if in_title:
                titles.append((len(found) - 1, key))
    again = {at for at, key in titles if any(_is_short_for(key, found[at], one) for one in found[at + 1 : at + _NEAR])}
    return tuple(one for at, one in enumerate(found) if at not in again)


_NEAR = 40
"""How many findings behind a title can tell what it means by 工业数据空间."""


def _joined(text: str, names: Iterator[Candidate]) -> Iterator[Candidate]:
    """数字化车间和智能工厂 are no names, but together the one thing that the clause builds."""
    last: Candidate | None = None
    for one in names:
        if last is not None and _both_works(text, last, one):
            last = replace(last, end=one.end, counted=True)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _both_works(text: str, one: Candidate, other: Candidate) -> bool:
    return (
        not one.counted
        and one.end < other.start
        and _JOINT.fullmatch(text, one.end, other.start) is not None
        and any(
            common.fullmatch(text, one.start, one.end) and common.fullmatch(text, other.start, other.end)
            for common in (_ANY_WORKS, _ANY_STORE)
        )
    )


def _is_short_for(key: str, title: System, other: System) -> bool:
    """Whether the text below names in full what a title names in short: 开源社区 and then “海星”开源社区."""
    if title.type != other.type or len(other.name) <= len(key) or title.name[-2:] != other.name[-2:]:
        return False
    letters = iter(other.name)
    return all(letter in letters for letter in title.name)


def _stretches(tree: Tree) -> Iterator[tuple[int, int, Node]]:
    """The paragraphs and the headings above them, in the order of the text. A heading of the first level names a part
    of the plan, not a thing."""
    pieces = [(node.start, node.heading_end, node) for node in tree.nodes if node.parent is not None]
    pieces += [(part.start, part.end, part.node) for part in tree.paragraphs if part.node is not None]
    yield from sorted(pieces, key=lambda piece: piece[:2])


def _keep(name: str, kind: str, *, in_title: bool) -> bool:
    """Whether it is more than a common kind; a programme that is a heading is the task itself."""
    if not SHORTEST - (kind == "voucher") <= len(name) <= LONGEST_NAME or NOT_SYSTEMS.fullmatch(name):
        return False
    if "“" in name:
        return True
    if in_title and kind == "programme":
        return False
    if _SAYS_ENOUGH.search(name):
        return True
    if kind == "facility" and _ANY_WORKS.fullmatch(name):
        return False
    return not COMMON_KINDS.fullmatch(name) and (kind == "body" or not is_too_common(name, in_title=in_title))


def _headings(document: Document, node: Node) -> str:
    """The titles of a task and of those above it, one a line, in the script that the rules read."""
    return "\n".join(document.text[above.start : above.heading_end] for above in (node, *node.ancestors()))


def _finding(document: Document, one: Candidate, section: str) -> System:
    text = document.text
    name = text[one.start : one.end]
    return System(
        name="".join(document.words(one.start, one.end).split()),
        type=one.kind,
        domain=domain_of(name, section),
        action=one.action,
        named=not one.counted,
        room=room_of(name, one.kind),
        quote=document.quote(one.clause_start, one.clause_end),
        rule=one.rule,
        confidence=0.6 if one.counted else 0.85,
    )
