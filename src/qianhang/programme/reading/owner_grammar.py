"""What one statement of ownership says: who leads, who cooperates, who is responsible.

Two ways of writing are read, also mixed: roles as labels (牵头单位:A;配合单位:B、C) and roles as predicates
(A牵头,B、C按职责分工负责 / 由A会同B负责). A statement without a role (A、B) makes its names responsible. A lead is only
named where the text says so: the first of a list is not taken for one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from qianhang.programme.reading.owner_lists import Names, Span, looks_like_agency, span_of, split_names


class Role(StrEnum):
    LEAD = "lead"
    COOPERATING = "cooperating"
    RESPONSIBLE = "responsible"
    NEUTRAL = "neutral"
    """A label that only announces the statement (任务分工:)."""
    OTHER = "other"
    """Not about agencies: a deadline, a person in charge."""


# the word that a label begins with -> role; first match counts
_LABEL_ROLES = (
    (re.compile(r"完成|时限|时间|期限|进度|责任人|负责人|联系人|领导|备注|目标|依据"), Role.OTHER),
    (re.compile(r"分工|职责"), Role.NEUTRAL),
    (re.compile(r"配合|协办|协同|协作|协助|参与|参加|支持|指导"), Role.COOPERATING),
    (re.compile(r"牵头|主办|主责|主要责任|第一责任|主要负责"), Role.LEAD),
    (re.compile(r"责任|负责|实施|落实|承办|主管|承担|组织|推进"), Role.RESPONSIBLE),
)
_BODY = "单位|部门|处室|主体|机构|地区|区县|市领导|省领导|领导"
_LABEL = re.compile(
    r"(?:(?:[市省区县]级?)?(?:第一|主要|共同|任务|工作|职责|责任|负责)?"
    r"(?:牵头|主办|主责|责任|负责|配合|协办|协同|协作|协助|参与|参加|支持|指导|实施|落实|承办|主管|承担|组织实施|推进落实|分工)"
    rf"(?:和|及|、)?(?:责任|实施|配合|落实|负责|牵头|参与|分工)?(?:{_BODY})?(?:和单位|、单位)?"
    r"|(?:完成|办理|推进)?(?:时限|时间|期限|进度)|责任人|负责人|联系人|备注):"
)
_LABEL_LINE = re.compile(rf"(?=[^:\n]{{2,14}}:)(?=[^:\n]*(?:单位|部门|牵头|分工|{_BODY})){_LABEL.pattern}")

_SEPARATED = r"(?=$|[,;、。\n])"
_PREDICATE = re.compile(
    r"(?P<is_lead>(?:作)?为(?:第一|主要)?(?:牵头|主责|主办)(?:责任)?(?:单位|部门))"
    r"|(?P<is_coop>(?:作)?为(?:配合|协办|参与|协同|协作)(?:责任)?(?:单位|部门))"
    r"|(?P<is_resp>(?:作)?为(?:责任|实施|落实)(?:单位|部门|主体))"
    r"|(?P<lead>(?:共同|联合|分别|统筹|总)*牵头(?:负责|抓总|协调|组织实施|组织|实施|落实|推进|办理)*)"
    r"|(?P<with>(?<=[厅局委部办院会室府位门行司署心)])(?:会同|会商|联合(?!会|社)|协同(?!创新)|商(?![务业贸会标])))"
    r"|(?P<also>(?:^|(?<=[,;、]))(?:会同|联合(?=[省市国各有相])))"
    rf"|(?P<coop>(?:共同|密切|积极|分工|具体|予以|做好)*(?:配合|参与|参加|协助|协办|支持|协同|协作)(?:落实|推进|实施|做好|工作|负责)*{_SEPARATED})"
    r"|(?P<resp>(?:(?:按照?|依照?|依据|根据|结合)(?:各自)?(?:职责|职能|任务|分工|工作)[^,;。、\n]{0,6}?)?"
    r"(?:共同|分别|具体|各自|分工|一起|抓好|组织|统筹|协调|指导|督促|推动)*"
    rf"(?:负责|抓?落实|推进|实施|承担)(?:落实|实施|推进|组织|抓好)*(?:到位)?{_SEPARATED})"
)
_CUE = re.compile(r"牵头|负责|责任|配合|会同|协办|主办|分工|落实|实施|推进|参与|承担|参加|协助|支持")
# What a bracket says about the list itself: 标☆的为牵头单位,下同 / 以下均需各市政府落实,不再列出.
_REMARK = re.compile(
    r"[,;。、](?:[^,;。]{0,4}(?:标|带)[☆★▲△◆※*]|以下(?!简称)|下同|不再|不另|(?:排|列)(?:在|名)?(?:第一|首)位?).*$", re.S
)
_STARS = "☆★▲△◆※*"
_NOT_A_NAME = re.compile(r"\d{2,4}年|长期|持续|常年|年底|完成|以下简称|^简称|^含|^包括|^见|^如|[“”《》!?%]|亿|万元")

_SENTENCE_END = re.compile(r"[。;](?=[市省区县]?.{1,8}(?:单位|部门|主体):)")
_SHORT_LIST = 3
LONGEST_STATEMENT = 600
LONGEST_NAME = 40


@dataclass(slots=True)
class Statement:
    """Who owns, as one bracket or line says it. Spans are in the normalised text."""

    start: int
    end: int
    lead: list[Span] = field(default_factory=list)
    cooperating: list[Span] = field(default_factory=list)
    responsible: list[Span] = field(default_factory=list)
    generic: list[Span] = field(default_factory=list)
    open_list: bool = False
    labelled: bool = False
    predicates: set[str] = field(default_factory=set)

    def give(self, role: Role, names: Names) -> None:
        """Write names down under a role."""
        held = {Role.LEAD: self.lead, Role.COOPERATING: self.cooperating}.get(role, self.responsible)
        held += names.units
        self.generic += names.generic
        self.open_list = self.open_list or names.open_list

    def drop_other_words(self) -> None:
        """Before a label only names with the shape of an agency are owners."""
        self.lead = [unit for unit in self.lead if looks_like_agency(unit.text)]
        self.cooperating = [unit for unit in self.cooperating if looks_like_agency(unit.text)]
        self.responsible = [unit for unit in self.responsible if looks_like_agency(unit.text)]

    def promote_starred(self) -> None:
        """Those that carry a star among the responsible lead: ☆省科技厅、省教育厅."""
        starred = [unit for unit in self.responsible if unit.text[0] in _STARS or unit.text[-1] in _STARS]
        if starred and len(starred) < len(self.responsible) + len(self.lead):
            self.lead += [_without_star(unit) for unit in starred]
            self.responsible = [unit for unit in self.responsible if unit not in starred]

    def promote_first(self) -> None:
        """Where the document says that the first of a list leads."""
        if not self.lead and len(self.responsible) > 1:
            self.lead.append(self.responsible.pop(0))

    @property
    def units(self) -> list[Span]:
        return [*self.lead, *self.cooperating, *self.responsible]

    @property
    def mode(self) -> str:
        """The form of the statement, in the words that the plans use."""
        if self.lead:
            if self.cooperating:
                return "牵头+配合"
            if self.responsible:
                return "牵头+分工负责"
            return "牵头+相关部门" if self.generic else "牵头"
        if self.labelled and self.responsible:
            return "责任单位"
        if self.responsible:
            return "分工负责" if self.predicates else "责任单位"
        return "配合" if self.cooperating else "相关部门"


def _without_star(unit: Span) -> Span:
    bare = unit.text.lstrip(_STARS)
    start = unit.end - len(bare)
    bare = bare.rstrip(_STARS)
    return Span(start, start + len(bare), bare)


def is_label_line(text: str) -> bool:
    """Whether a line announces owners by a label of its own: 责任单位:省科技厅."""
    return bool(_LABEL_LINE.match(text))


def label_sentence(text: str, start: int, end: int) -> int | None:
    """Where in a line a sentence begins that announces owners by a label: ...建成平台。责任单位:市数据局."""
    for stop in _SENTENCE_END.finditer(text, start, end):
        if _LABEL_LINE.match(text, stop.end(), end):
            return stop.end()
    return None


def states_only_owners(text: str, start: int, end: int) -> Statement | None:
    """A sentence that says nothing but who does what: 由市科技局牵头,市财政局参加."""
    if _LABEL.search(text, start, end):
        return None
    for begin, stop in _segments(text, start, end):
        ends = [
            match.end() for match in _PREDICATE.finditer(text[begin:stop]) if match.lastgroup not in ("with", "also")
        ]
        if not ends or ends[-1] != stop - begin:
            return None
    said = read_statement(text, start, end)
    if said is None or not said.lead or not all(looks_like_agency(unit.text) for unit in said.units):
        return None
    return said


def read_statement(text: str, start: int, end: int) -> Statement | None:
    """Read `text[start:end]` (a bracket's inside or a labelled line); None when it is not about owners."""
    if not 0 < end - start <= LONGEST_STATEMENT:
        return None
    words = _REMARK.sub("", text[start:end])
    end = start + len(words)
    labels = [label for label in _LABEL.finditer(words) if _depth_zero(words, label.start())]
    if not labels and not _CUE.search(words):
        return _bare_list(text, start, end)
    said = Statement(start, end)
    first = start + labels[0].start() if labels else end
    _read_predicates(text, start, first, said)
    if labels:
        said.drop_other_words()
    for at, label in enumerate(labels):
        stop = start + (labels[at + 1].start() if at + 1 < len(labels) else len(words))
        _read_label(text, start + label.end(), stop, _role_of(label.group()), said)
    if not (said.units or said.generic):
        return None
    said.promote_starred()
    return said if said.labelled or _believable(said) else None


def _bare_list(text: str, start: int, end: int) -> Statement | None:
    """(省科技厅、省教育厅): only when every name, in a long list all but one, has the shape of an agency."""
    names = split_names(text, start, end)
    shaped = sum(looks_like_agency(unit.text) and _is_name(unit) for unit in names.units)
    if not shaped or shaped < len(names.units) - (len(names.units) > _SHORT_LIST):
        return None
    said = Statement(start, end)
    said.give(Role.RESPONSIBLE, names)
    return said


def _role_of(label: str) -> Role:
    return next((role for pattern, role in _LABEL_ROLES if pattern.search(label)), Role.RESPONSIBLE)


def _read_label(text: str, start: int, end: int, role: Role, said: Statement) -> None:
    """The list behind a label. A part that has its own predicate (相关部门分工负责) is read by that."""
    if role is Role.OTHER:
        return
    said.labelled = True
    if role is Role.NEUTRAL:
        _read_predicates(text, start, end, said)
        return
    for begin, stop in _segments(text, start, end):
        if _PREDICATE.search(text[begin:stop]):
            _read_predicates(text, begin, stop, said)
        else:
            said.give(role, _only_names(split_names(text, begin, stop)))


def _read_predicates(text: str, start: int, end: int, said: Statement) -> None:
    """Names wait until a predicate says what they do; 会同 makes those before it leads and those after it partners."""
    waiting = Names()
    partners = False
    for begin, stop in _segments(text, start, end):
        words = text[begin:stop]
        at = begin
        for predicate in _PREDICATE.finditer(words):
            kind = str(predicate.lastgroup).removeprefix("is_")
            names = _only_names(split_names(text, at, begin + predicate.start()))
            whole = not names.units and len(names.generic) == 1 and not waiting.units
            if whole and kind in ("resp", "coop"):
                names.generic = [span_of(text, at, begin + predicate.end())]
            waiting.extend(names)
            at = begin + predicate.end()
            said.predicates.add(kind)
            said.give(_role_by(kind, partners=partners), waiting)
            partners = kind in ("with", "also") or (partners and kind == "lead")
            waiting = Names()
        waiting.extend(_only_names(split_names(text, at, stop)))
    if waiting:
        said.give(Role.COOPERATING if said.lead else Role.RESPONSIBLE, waiting)


def _role_by(kind: str, *, partners: bool) -> Role:
    if partners or kind == "coop":
        return Role.COOPERATING
    return Role.RESPONSIBLE if kind == "resp" else Role.LEAD


def _segments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut at , ; 。 and line ends outside brackets; a list goes on over 、."""
    depth = 0
    begin = start
    for at in range(start, end):
        letter = text[at]
        if letter in "([〔":
            depth += 1
        elif letter in ")]〕":
            depth = max(0, depth - 1)
        elif depth == 0 and letter in ",;。\n":
            if at > begin:
                yield begin, at
            begin = at + 1
    if end > begin:
        yield begin, end


def _only_names(names: Names) -> Names:
    names.units = [unit for unit in names.units if _is_name(unit)]
    return names


def _is_name(unit: Span) -> bool:
    return 1 < len(unit.text) <= LONGEST_NAME and not _NOT_A_NAME.search(unit.text)


def _believable(said: Statement) -> bool:
    """Without a label: somebody in it must have the shape of an agency or of 有关部门."""
    if not said.predicates:
        return all(looks_like_agency(unit.text) for unit in said.units)
    return bool(said.generic) or any(looks_like_agency(unit.text) for unit in said.units)


def _depth_zero(words: str, end: int) -> bool:
    before = words[:end]
    return before.count("(") == before.count(")")
