"""One register of agencies: which body a name in a plan means, and whether that was its name at the time.

A local name is a prefix (省, 市委, 吉林省, 江西) before a family's name; families are in data/agencies.toml. Names are
compared by key: 和, 与 and 及 dropped, 委员会 as 委, 办公室 as 办, 监督管理 as 监管. A name that no key meets is tried
letter by letter: one letter off (two in a long name) is a match with `typo`, never a change of what the plan says.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any


class Level(StrEnum):
    """Whose agency it is."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    UNKNOWN = "unknown"
    """The name alone does not say, as in the later names of a list: 省科技厅、教育厅."""


@dataclass(frozen=True, slots=True)
class Agency:
    """One body or family of the register."""

    code: str
    central: Sequence[str]
    local: Sequence[str]
    since: date | None
    until: date | None
    successor: str | None
    kept_by: Sequence[str]
    placed: bool
    checked: bool


@dataclass(frozen=True, slots=True)
class AgencyMatch:
    """What the register makes of a name."""

    code: str
    canonical: str
    """The full name, with the level or region as the plan wrote it."""
    level: Level
    valid: bool | None
    """Whether it was the name at the date; None without a date, or where regions differ and none is given."""
    successor: str | None
    """The canonical name that followed, for a name that has ended."""
    typo: bool
    confidence: float


PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海"
    "|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_MUNICIPALITIES = ("北京", "天津", "上海", "重庆")
_PREFIX = re.compile(
    rf"(?:国家|中央|中国|中共)?(?:(?:{PROVINCES})?(?:.{{0,8}}?(?:省|自治区|市|自治州|州|盟|地区|区|县|旗|地))?|各.{{0,10}})?党?"
)
_PLACE = re.compile(r".{2,8}")
_OWN_BRACKET = re.compile(r"\([^()]*\)$")
_SHORTER = (("委员会", "委"), ("办公室", "办"), ("监督管理", "监管"), ("人民政府", "政府"))
_JOINTS = str.maketrans("", "", "和与及、 （）()")
_BRANCH = re.compile(r"(?:总部|营业管理部|.{2,8}?(?:省|自治区|市)?(?:中心支行|分行|支行))$")
_HEADS = "厅局委部办"

_TYPO_FROM = 5
_LONGEST_KEY = 20
_TWO_TYPOS_FROM = 9


def match_agency(name: str, region: str = "", on: date | None = None) -> AgencyMatch | None:
    """The body that `name` (simplified script) means; None when the register knows none like it.

    `region` is the plan's own (江西省): it tells a municipality's 市 from a city's, and which names a region kept.
    """
    bare = _OWN_BRACKET.sub("", name.replace("（", "(").replace("）", ")"))
    found = _look_up(bare)
    if found is None:
        return None
    agency, prefix, canonical, is_central, typo, confidence = found
    level = Level.NATIONAL if is_central else _level_of(prefix, region)
    successor = _register().by_code.get(agency.successor or "")
    return AgencyMatch(
        code=agency.code,
        canonical=canonical if is_central else prefix + _with_head_of(bare, canonical),
        level=level,
        valid=_valid(agency, prefix, region, on),
        successor=_named_as(successor, prefix, is_central=is_central) if successor else None,
        typo=typo,
        confidence=confidence,
    )


def _with_head_of(written: str, canonical: str) -> str:
    """省教育厅, 市教育局, 市教育委: one department by its level's own head."""
    head = {"局": "局", "委": "委员会"}.get(written[-1:])
    return canonical[:-1] + head if head and canonical.endswith("厅") else canonical


def all_agencies() -> tuple[Agency, ...]:
    """The whole register, in the order of its file."""
    return tuple(_register().by_code.values())


@dataclass(frozen=True, slots=True)
class _Register:
    by_code: Mapping[str, Agency]
    central: Mapping[str, Agency]
    written: Mapping[str, Agency]
    """Local names letter by letter; keys of two bodies may be one."""
    local: Mapping[str, Agency]
    stems: Mapping[str, Agency]
    """Keys of local names without their head: levels name the same department 厅, 局 or 委."""


_Found = tuple[Agency, str, str, bool, bool, float]


@lru_cache(maxsize=1)
def _register() -> _Register:
    source = files("qianhang.programme.reading").joinpath("data/agencies.toml").read_text("utf-8")
    agencies = [_agency(entry) for entry in tomllib.loads(source)["agency"]]
    central: dict[str, Agency] = {}
    local: dict[str, Agency] = {}
    stems: dict[str, Agency] = {}
    for agency in agencies:
        for name in agency.central:
            central.setdefault(_key(name), agency)
        for name in agency.local:
            key = _key(name)
            local.setdefault(key, agency)
            if key[-1] in _HEADS and len(key) > 2 and agency.until is None:
                stems.setdefault(key[:-1], agency)
    written = {name: agency for agency in agencies for name in agency.local}
    return _Register({agency.code: agency for agency in agencies}, central, written, local, stems)


def _agency(entry: Mapping[str, Any]) -> Agency:
    return Agency(
        code=entry["code"],
        central=tuple(entry.get("central", ())),
        local=tuple(entry.get("local", ())),
        since=_month(entry.get("since")),
        until=_month(entry.get("until")),
        successor=entry.get("successor"),
        kept_by=tuple(entry.get("kept_by", ())),
        placed=bool(entry.get("placed", False)),
        checked=bool(entry.get("checked", False)),
    )


def _month(words: str | None) -> date | None:
    return date.fromisoformat(f"{words}-01") if words else None


def _key(name: str) -> str:
    for long, short in _SHORTER:
        name = name.replace(long, short)
    return name.translate(_JOINTS)


@lru_cache(maxsize=4096)
def _look_up(name: str) -> _Found | None:
    if not 1 < len(name) <= 40:
        return None
    register = _register()
    key = _key(name)
    if key in register.central:
        agency = register.central[key]
        return agency, "", agency.central[0], True, False, 1.0
    return _branch(key, register) or _local(name, register) or _misspelt(name, register)


def _branch(key: str, register: _Register) -> _Found | None:
    """人民银行 with a branch: 中国人民银行江西省分行, 人民银行长春中心支行."""
    for bank in ("中国人民银行", "人民银行"):
        if key.startswith(bank) and _BRANCH.match(key[len(bank) :]):
            return register.central[_key(bank)], "", "中国人民银行" + key[len(bank) :], True, False, 0.98
    return None


def _splits(name: str, longest: int = 16) -> Sequence[tuple[str, str]]:
    """(prefix, rest) for every place where a level or region may end, the longest rest first."""
    return [
        (name[:at], name[at:])
        for at in range(min(longest, len(name)))
        if at == 0 or (_PREFIX.fullmatch(name[:at]) and name.count("(", 0, at) == name.count(")", 0, at))
    ]


def _local(name: str, register: _Register) -> _Found | None:
    for prefix, rest in _splits(name):
        agency = register.written.get(rest) or register.local.get(_key(rest))
        if agency is not None:
            return agency, prefix, agency.local[0], False, False, 1.0 if prefix else 0.9
    for prefix, rest in _splits(name):
        key = _key(rest)
        agency = register.stems.get(key[:-1]) if key and key[-1] in _HEADS else None
        if agency is not None:
            return agency, prefix, agency.local[0], False, False, 0.9
    for at in range(2, min(9, len(name) - 1)):
        agency = register.local.get(_key(name[at:]))
        if agency is not None and (agency.placed or agency.code == "government"):
            return agency, name[:at], agency.local[0], False, False, 0.95
    return None


def _misspelt(name: str, register: _Register) -> _Found | None:
    best: tuple[int, str, str] | None = None
    near = _near_names()
    for prefix, rest in _splits(name, 8):
        key = _key(rest)
        if not _TYPO_FROM - 1 <= len(key) <= _LONGEST_KEY:
            continue
        allowed = 2 if len(key) >= _TWO_TYPOS_FROM else 1
        for known in {known for shorter in _shortened(key, allowed) for known in near.get(shorter, ())}:
            if abs(len(known) - len(key)) > allowed or known[-1] != key[-1]:
                continue
            off = _distance(key, known, allowed)
            if off <= allowed and (best is None or (off, known) < best[:2]):
                best = (off, known, prefix)
    if best is None:
        return None
    off, known, prefix = best
    agency = register.local[known]
    return agency, prefix, agency.local[0], False, True, 0.8 if off == 1 else 0.6


@lru_cache(maxsize=1)
def _near_names() -> Mapping[str, Sequence[str]]:
    """Every local name with letters left out -> the names. Names that are an edit apart meet in what both shorten to,
    so a misspelt name is looked up and not compared with all (https://github.com/wolfgarbe/SymSpell)."""
    near: dict[str, list[str]] = {}
    for known in _register().local:
        if len(known) >= _TYPO_FROM:
            for shorter in _shortened(known, 2 if len(known) >= _TWO_TYPOS_FROM - 1 else 1):
                near.setdefault(shorter, []).append(known)
    return near


def _shortened(key: str, letters: int) -> set[str]:
    """The key, and what is left of it without up to `letters` of its letters."""
    found = {key}
    latest = {key}
    for _ in range(letters):
        latest = {word[:at] + word[at + 1 :] for word in latest for at in range(len(word))}
        found |= latest
    return found


def _distance(left: str, right: str, limit: int) -> int:
    """Edits (insert, drop, change) from one to the other; `limit` + 1 when there are more."""
    row = list(range(len(right) + 1))
    for at, letter in enumerate(left, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(right, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (letter != other))
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _level_of(prefix: str, region: str) -> Level:
    bare = prefix.removesuffix("委").removesuffix("党")
    if bare.startswith(_MUNICIPALITIES) or (bare == "市" and region.startswith(_MUNICIPALITIES)):
        return Level.COUNTY if bare.endswith(("区", "县")) and not bare.endswith("自治区") else Level.PROVINCE
    if bare.endswith(("省", "自治区")) or re.fullmatch(PROVINCES, bare):
        return Level.PROVINCE
    if bare == "区" and "自治区" in region:
        return Level.PROVINCE
    if bare.endswith(("市", "州", "盟", "地区", "地")):
        return Level.CITY
    return Level.COUNTY if bare.endswith(("区", "县", "旗")) else Level.UNKNOWN


def _valid(agency: Agency, prefix: str, region: str, on: date | None) -> bool | None:
    if on is None:
        return None
    if agency.since is not None and on < agency.since:
        return False
    if agency.until is None or on <= agency.until:
        return True
    place = prefix if re.match(PROVINCES, prefix) else region
    if agency.kept_by and not place:
        return None
    return place.startswith(tuple(agency.kept_by)) if agency.kept_by else False


def _named_as(agency: Agency, prefix: str, *, is_central: bool) -> str:
    if is_central and agency.central:
        return agency.central[0]
    return prefix + (agency.local or agency.central)[0]
