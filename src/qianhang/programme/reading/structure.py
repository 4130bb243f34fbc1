"""The task tree of a plan: numbered headings, unnumbered lead-ins, and the words that belong to each.

A heading's depth is not read from its mark but from the order in which the marks appear: a mark of a style that is
open goes back to that style's depth, one of a new style opens a level below. So 一、/(一)/1. and 第一章/第一条 and (一)
without 一、 all nest as they are written, whether numbers restart or run on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from qianhang.programme.reading.document import Document, Line
from qianhang.programme.reading.findings import Task

_CN = "[一二三四五六七八九十百]"

# style -> pattern of the mark at the beginning of a line; group 1 is the number as a path names it
_MARKS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("part", re.compile(rf"(第{_CN}{{1,4}}[编篇])[ ,、:]?")),
    ("chapter", re.compile(rf"(第{_CN}{{1,4}}章)[ ,、:]?")),
    ("section", re.compile(rf"(第{_CN}{{1,4}}节)[ ,、:]?")),
    ("article", re.compile(rf"(第{_CN}{{1,4}}条)[ ,、:]?")),
    ("cn", re.compile(rf"({_CN}{{1,4}})[、.](?!{_CN}、)")),
    ("cn_brackets", re.compile(rf"([(〔]{_CN}{{1,4}}[)〕])[、.]?")),
    ("arabic", re.compile(r"(\d{1,3})[.、](?!\d)")),
    ("arabic_brackets", re.compile(r"(\(\d{1,3}\))[、.]?")),
    ("arabic_half_bracket", re.compile(r"(\d{1,3}\))[、.]?")),
    ("circled", re.compile(r"([①-⑳])[、.]?")),
    ("ordinal", re.compile(rf"({_CN}{{1,2}}是)(?!否)")),
)

_STEP = re.compile(rf"(第{_CN}步)[,。:]")
_QUOTED_LEAD = re.compile(r"(“[^”\n]{2,30}”)[,。:](?=.{8})")
_LEAD = re.compile(r"([^,。;:、?!()\n\d]{2,16}|[^,。;:?!()\n\d]{2,12})。(?=[^\n]{12})")
_BULLET = re.compile(r"(?:——|—|•|●|■|◆|▪|\*|-)[ ]?([^,。;:?!\n]{2,24})[。:](?=[^\n]{4})")
_OWNER = re.compile(r"[(〔【](?=[^()〔〕【】]{0,120}(?:牵头|责任|负责|配合|分工|主办|协办))")
_TITLE_END = re.compile(r"[。:;:;]")

LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of body text, at most one line; headings are not part of it."""

    start: int
    end: int
    node: "Node | None"


@dataclass(slots=True)
class Node:
    """One heading with what stands under it."""

    path: str
    number: str | None
    title: str
    parent: "Node | None"
    kind: str
    style: str
    start: int
    """Where the heading begins (its mark included)."""
    title_start: int
    heading_end: int
    paragraphs: list[Paragraph] = field(default_factory=list)
    """Its own text only, not its children's."""
    children: list["Node"] = field(default_factory=list)

    def ancestors(self) -> "list[Node]":
        """Its parent, the parent's parent, and so on."""
        found: list[Node] = []
        above = self.parent
        while above is not None:
            found.append(above)
            above = above.parent
        return found


@dataclass(frozen=True, slots=True)
class Tree:
    """All headings in order, and all body paragraphs in order (those before the first heading have no node)."""

    nodes: Sequence[Node]
    paragraphs: Sequence[Paragraph]


@dataclass(frozen=True, slots=True)
class _Heading:
    style: str
    number: str | None
    title_start: int
    title_end: int
    body_start: int


def build_tree(document: Document) -> Tree:
    """Read the headings of a document line by line."""
    nodes: list[Node] = []
    paragraphs: list[Paragraph] = []
    open_nodes: list[Node] = []
    for line in document.lines:
        heading = _heading_of(line, labels=bool(open_nodes))
        body_start = line.start
        if heading is not None:
            node = _add_node(document, line, heading, open_nodes)
            nodes.append(node)
            body_start = heading.body_start
        if body_start < line.end:
            owner = open_nodes[-1] if open_nodes else None
            paragraph = Paragraph(body_start, line.end, owner)
            paragraphs.append(paragraph)
            if owner is not None:
                owner.paragraphs.append(paragraph)
    return Tree(tuple(nodes), tuple(paragraphs))


def tasks_of(document: Document, tree: Tree) -> tuple[Task, ...]:
    """The tree as findings."""
    return tuple(
        Task(
            path=node.path,
            number=node.number,
            title=node.title,
            parent=node.parent.path if node.parent else None,
            kind=node.kind,
            body="\n".join(document.quote(part.start, part.end).text for part in node.paragraphs),
            quote=document.quote(node.start, node.heading_end),
            rule=f"heading.{node.style}",
            confidence=1.0 if node.kind == "numbered" else 0.9,
        )
        for node in tree.nodes
    )


def _heading_of(line: Line, *, labels: bool) -> _Heading | None:
    """The heading a line begins with. `labels`: whether one without a number may be (only under a numbered one)."""
    if "\t" in line.text:
        return None
    for style, mark in _MARKS:
        found = mark.match(line.text)
        if found:
            title_end, body_start = _title_extent(line.text, found.end())
            return _Heading(
                style, found.group(1), line.start + found.end(), line.start + title_end, line.start + body_start
            )
    if not labels:
        return None
    for style, lead in (("step", _STEP), ("quoted", _QUOTED_LEAD), ("bullet", _BULLET), ("lead", _LEAD)):
        found = lead.match(line.text)
        if found:
            return _Heading(
                style, None, line.start + found.start(1), line.start + found.end(1), line.start + found.end()
            )
    return None


def _title_extent(text: str, start: int) -> tuple[int, int]:
    """Where the title ends and where the body on the same line begins: at a stop, or at a bracket that names owners."""
    stop = _TITLE_END.search(text, start)
    owner = _OWNER.search(text, start, stop.start() if stop else len(text))
    if owner and owner.start() > start:
        return owner.start(), owner.start()
    return (stop.start(), stop.end()) if stop else (len(text), len(text))


def _add_node(document: Document, line: Line, heading: _Heading, open_nodes: list[Node]) -> Node:
    """Close what the heading closes, and open it under what is left."""
    level_style = "label" if heading.number is None else heading.style
    for depth, node in enumerate(open_nodes):
        if node.style == level_style or (node.kind == "labelled" and level_style != "label"):
            del open_nodes[depth:]
            break
    parent = open_nodes[-1] if open_nodes else None
    title = document.words(heading.title_start, heading.title_end).strip()
    number = None
    if heading.number is not None:
        mark_start = line.start + line.text.index(heading.number)
        number = document.words(mark_start, mark_start + len(heading.number))
    own = number if number is not None else title
    node = Node(
        path=f"{parent.path}/{own}" if parent else own,
        number=number,
        title=title,
        parent=parent,
        kind="labelled" if number is None else "numbered",
        style=level_style,
        start=line.start,
        title_start=heading.title_start,
        heading_end=heading.title_end,
    )
    if parent is not None:
        parent.children.append(node)
    open_nodes.append(node)
    return node
