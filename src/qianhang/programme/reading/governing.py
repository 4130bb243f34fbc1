"""Dates and aims that reach down: from the lead of a goal section to the sentences and bullets under it.

A date in a task's paragraph holds for its own sentence only. In a section of goals (目标, 第一步) it holds for the
later sentences of the paragraph too, and for what stands under it; so does a lead that ends in a colon.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date

from qianhang.programme.reading.document import Document
from qianhang.programme.reading.exclusions import is_background
from qianhang.programme.reading.findings import DeadlineSource
from qianhang.programme.reading.structure import Node

_GOAL_TITLE = re.compile(r"目标|总体要求|总体思路|总体安排|第[一二三四]步|愿景|远景|第[一二三]阶段|主要指标|发展思路")


@dataclass(frozen=True, slots=True)
class Governing:
    """The date and the aim that hold where a sentence states none."""

    day: date | None = None
    aim: bool = False
    source: DeadlineSource = DeadlineSource.LOCAL


NOTHING = Governing()


@dataclass(slots=True)
class Headings:
    """What each heading of a document says about the words under it, worked out once."""

    document: Document
    _goal: dict[int, bool] = field(default_factory=dict)
    _background: dict[int, bool] = field(default_factory=dict)
    _leads: dict[int, Governing] = field(default_factory=dict)
    _titles: dict[int, Governing] = field(default_factory=dict)

    def is_goal(self, node: Node | None) -> bool:
        """Whether a heading above speaks of goals."""
        if node is None:
            return False
        if node.start not in self._goal:
            own = _GOAL_TITLE.search(self._title(node)) is not None
            self._goal[node.start] = own or self.is_goal(node.parent)
        return self._goal[node.start]

    def is_background(self, node: Node | None) -> bool:
        """Whether a heading above speaks of how things are."""
        if node is None:
            return False
        if node.start not in self._background:
            self._background[node.start] = is_background(self._title(node)) or self.is_background(node.parent)
        return self._background[node.start]

    def _title(self, node: Node) -> str:
        """In simplified script, whatever the document is written in."""
        return self.document.text[node.title_start : node.heading_end]

    def hand_down(self, node: Node | None, governing: Governing) -> None:
        """A lead under this heading states a date for what follows."""
        if node is not None:
            self._leads[node.start] = replace(governing, source=DeadlineSource.ANCESTOR)

    def above(self, node: Node | None) -> Governing:
        """What the nearest lead or title above states."""
        while node is not None:
            if node.start in self._leads:
                return self._leads[node.start]
            titled = self._titled(node)
            if titled.day:
                return titled
            node = node.parent
        return NOTHING

    def _titled(self, node: Node) -> Governing:
        if node.start not in self._titles:
            dates = self.document.deadlines_in(self._title(node)) if self.is_goal(node) else []
            stated = [one for one in dates if one.day and not one.looks_back]
            day = stated[-1].day if stated else None
            self._titles[node.start] = Governing(day, source=DeadlineSource.ANCESTOR)
        return self._titles[node.start]
