"""Tables of who does what: one row per task, its leading and its cooperating units in columns.

Such a table stands in an annex (附件:任务分工表) or between the plan's own lines. A header is a row with a cell that
names a role (牵头单位, 配合单位, 责任单位) and one that names the task; rows below it are read until a line comes that
is no row. A row is the task's whose title stands in it, else the one whose number does. Cells are parted by tabs or
bars; empty ones may have been lost, so a short row's units go to the roles in their order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qianhang.programme.reading.document import Document, Line
from qianhang.programme.reading.owner_grammar import Role, Statement, read_statement
from qianhang.programme.reading.owner_lists import looks_like_agency, split_names
from qianhang.programme.reading.owner_places import Place
from qianhang.programme.reading.structure import Node, Tree

_CELL = re.compile(r"[^\t|]+")
_NUMERAL = "[一二三四五六七八九十百\\d]"
_MARK = rf"[(〔第]?{_NUMERAL}{{1,4}}[)〕项条章节]?[、.:/]?"
_MARKS = re.compile(rf"(?:任务)?{_MARK}(?:{_MARK}){{0,3}}")
"""A number as a row gives it: 3., (二), 第五项, 二/(一)/3."""
_BARE = re.compile(r"[\W_]+")
_ROLES = (
    (re.compile(r"时限|时间|期限|进度|责任人|负责人|领导|联系|目标|备注"), Role.OTHER),
    (re.compile(r"配合|协办|协同|协作|参与|参加|支持"), Role.COOPERATING),
    (re.compile(r"牵头|主办|主责|主要责任|第一责任"), Role.LEAD),
    (re.compile(r"(?:责任|负责|实施|落实|承办|承担|主管|分工)(?:单位|部门|主体)|分工(?:情况)?$"), Role.RESPONSIBLE),
)
_TASK = re.compile(r"任务|事项|内容|工作|举措|措施|项目|名称|条目")
_NUMBER = re.compile(r"序号|编号|项号")
_PREDICATES = re.compile(r"牵头|配合|负责|会同")
_LONGEST_ROW = 2000
_LONGEST_ROLE = 16
_MOST_ALIKE = 20
"""Of tasks with one title so many are told apart by their numbers."""
_SHORTEST_PART = 5
"""Characters of a title that must stand in a longer cell for the row to be that task's."""


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    roles: Mapping[int, Role]
    task: int | None


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    text: str


@dataclass(slots=True)
class _Tasks:
    """The tasks of a plan by what a row may call them."""

    document: Document
    titles: dict[str, list[Node]]
    numbers: dict[str, list[Node]]

    @classmethod
    def of(cls, document: Document, tree: Tree) -> "_Tasks":
        titles: dict[str, list[Node]] = {}
        numbers: dict[str, list[Node]] = {}
        for node in tree.nodes:
            titles.setdefault(_plain(document.text[node.title_start : node.heading_end]), []).append(node)
            if node.number is not None:
                for number in {_number_of(document, node), _plain(node.path)}:
                    numbers.setdefault(number, []).append(node)
        titles.pop("", None)
        return cls(document, titles, numbers)

    def named(self, words: str) -> Node | None:
        """The task whose title the words are, with or without its number."""
        mark = _MARKS.match(words)
        for title in dict.fromkeys((_plain(words[mark.end() :] if mark else words), _plain(words))):
            found = self.titles.get(title, [])[:_MOST_ALIKE]
            number = _plain(mark.group()) if mark else ""
            if found:
                return next((node for node in found if _number_of(self.document, node) == number), found[0])
        return None

    def within(self, words: str) -> Node | None:
        """The only task whose title stands at the beginning of the words, the longest if several do."""
        mark = _MARKS.match(words)
        said = _plain(words[mark.end() :] if mark else words)
        for length in range(min(len(said), 60), _SHORTEST_PART - 1, -1):
            found = self.titles.get(said[:length])
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def numbered(self, words: str) -> Node | None:
        """The only task with this number."""
        found = self.numbers.get(_plain(words), []) if _MARKS.fullmatch(words) else []
        return found[0] if len(found) == 1 else None


def find_owner_tables(document: Document, tree: Tree, annexes: Sequence[Line]) -> Iterator[tuple[Place, Node]]:
    """Every row that names owners of a task, with the task."""
    tasks: _Tasks | None = None
    header: _Header | None = None
    task: Node | None = None
    for line in sorted((*document.lines, *annexes), key=lambda one: one.start):
        cells = _cells(line)
        if len(cells) < 2:
            header = None
            continue
        opened = _header_of(cells)
        if opened is not None:
            header, task = opened, None
        elif header is not None:
            tasks = tasks or _Tasks.of(document, tree)
            task = _task_of(tasks, cells, header) or (task if len(cells) < header.width else None)
            place = _place_of(document.text, line, cells, header) if task is not None else None
            if place is not None and task is not None:
                yield place, task


def _cells(line: Line) -> list[_Cell]:
    if len(line.text) > _LONGEST_ROW or ("\t" not in line.text and "|" not in line.text):
        return []
    return [
        _Cell(line.start + one.start(), line.start + one.end(), one.group().strip())
        for one in _CELL.finditer(line.text)
        if one.group().strip()
    ]


def _header_of(cells: Sequence[_Cell]) -> _Header | None:
    roles: dict[int, Role] = {}
    for index, cell in enumerate(cells):
        role = next((role for pattern, role in _ROLES if pattern.search(cell.text)), None)
        if role is not None and role is not Role.OTHER and len(cell.text) <= _LONGEST_ROLE:
            roles[index] = role
    others = [index for index in range(len(cells)) if index not in roles]
    tasks = [index for index in others if _TASK.search(cells[index].text) and not _NUMBER.search(cells[index].text)]
    if not roles or not (tasks or any(_NUMBER.search(cells[index].text) for index in others)):
        return None
    return _Header(len(cells), roles, tasks[-1] if tasks else None)


def _task_of(tasks: _Tasks, cells: Sequence[_Cell], header: _Header) -> Node | None:
    before = cells[: min(header.roles)] or cells[:1]
    for look in (tasks.named, tasks.within, tasks.numbered):
        for cell in reversed(before):
            found = look(cell.text)
            if found is not None:
                return found
    return None


def _place_of(text: str, line: Line, cells: Sequence[_Cell], header: _Header) -> Place | None:
    said = Statement(line.start, line.end, labelled=True)
    for cell, role in _units_of(text, cells, header):
        stated = read_statement(text, cell.start, cell.end) if _PREDICATES.search(cell.text) else None
        if stated is not None and stated.predicates:
            said.lead += stated.lead
            said.cooperating += stated.cooperating
            said.responsible += stated.responsible
            said.generic += stated.generic
            said.open_list = said.open_list or stated.open_list
        else:
            said.give(role, split_names(text, cell.start, cell.end))
    if not (said.units or said.generic):
        return None
    return Place(line.start, line.end, said, "owners.table", alone=False, confidence=0.9)


def _units_of(text: str, cells: Sequence[_Cell], header: _Header) -> Iterator[tuple[_Cell, Role]]:
    if len(cells) == header.width:
        yield from ((cells[index], role) for index, role in header.roles.items() if len(cells[index].text) > 1)
        return
    units = [cell for cell in cells if _names_units(text, cell)]
    yield from zip(units, header.roles.values(), strict=False)


def _names_units(text: str, cell: _Cell) -> bool:
    names = split_names(text, cell.start, cell.end)
    return bool(names) and all(looks_like_agency(unit.text) for unit in names.units)


def _number_of(document: Document, node: Node) -> str:
    return _plain(document.text[node.start : node.title_start])


def _plain(words: str) -> str:
    return _BARE.sub("", words)
