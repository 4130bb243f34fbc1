"""Scores plan reading against gold made by hand: precision, recall, F1, and every miss and extra.

    python benchmarks/plan_reading.py FOLDER [--only KIND] [--quiet]

FOLDER holds NAME.txt with NAME.gold.json. A kind that a gold file does not have, or has as null, is not scored there.

What counts as the same:
    tolerant    targets once more, where the gold allows other readings of a field (alt)
    targets     indicator (one script, one width, no blanks or marks), value, value_max, unit, comparator, deadline
    tasks       path and title
    owners      task with its lead, cooperating and responsible units, each list in its order
    systems     the name; one containing the other counts
    milestones  the deadline, and one quote containing the other
"""

import argparse
import json
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qianhang.programme.reading.as_json import as_json
from qianhang.programme.reading.normal import normalise
from qianhang.programme.reading.read import read_plan

LIMIT_SECONDS_PER_100_KB = 0.2

Row = dict[str, Any]


@dataclass
class Score:
    found: int = 0
    given: int = 0
    right: int = 0
    misses: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        self.found += other.found
        self.given += other.given
        self.right += other.right

    def __str__(self) -> str:
        precision = self.right / self.found if self.found else 1.0
        recall = self.right / self.given if self.given else 1.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return (
            f"precision {precision:6.3f}  recall {recall:6.3f}  F1 {f1:6.3f}"
            f"   ({self.right} right, {self.given - self.right} missed, {self.found - self.right} extra)"
        )


def plain(words: str | None) -> str:
    """Words in one script and one width, without blanks and marks."""
    text = normalise(unicodedata.normalize("NFKC", words or "")).text
    return re.sub(r"[\W_]+", "", text).lower()


def unit(words: str | None) -> str:
    plainly = "".join(normalise(unicodedata.normalize("NFKC", words or "")).text.split()).lower()
    return f"{plainly}flops" if re.fullmatch("[万亿]*[pe]", plainly) else plainly


def target_key(row: Row) -> tuple[object, ...]:
    value, high = row["value"], row.get("value_max")
    return (
        plain(row["indicator"]),
        None if value is None else float(value),
        None if high is None else float(high),
        unit(row["unit"]),
        row["comparator"],
        row.get("deadline"),
    )


FIELDS = ("indicator", "value", "value_max", "unit", "comparator", "deadline")


def owner_key(row: Row) -> tuple[object, ...]:
    lists = (row.get("lead"), row.get("cooperating"), row.get("responsible"))
    return (unit(row["task"]), *(tuple(plain(name) for name in names or ()) for names in lists))


def same_milestone(one: Row, other: Row) -> bool:
    first, second = plain(one["quote"]), plain(other["quote"])
    same_day = str(one.get("deadline") or "")[:4] == str(other.get("deadline") or "")[:4]
    return same_day and (first in second or second in first)


def same_system(one: Row, other: Row) -> bool:
    first, second = plain(one["name"]), plain(other["name"])
    return bool(first) and bool(second) and (first in second or second in first)


def tolerated(one: Row, other: Row) -> bool:
    """Equal, or equal to one of the other readings that the gold allows in `alt`."""
    allowed: Row = other.get("alt") or {}
    fields = zip(FIELDS, target_key(one), strict=True)
    for field_name, mine in fields:
        choices = [other.get(field_name), *allowed.get(field_name, ())]
        if mine not in [target_key({**other, field_name: choice})[FIELDS.index(field_name)] for choice in choices]:
            return False
    return True


def by_key(key: Callable[[Row], object]) -> Callable[[Row, Row], bool]:
    return lambda one, other: key(one) == key(other)


@dataclass(frozen=True)
class Kind:
    name: str
    rows: str
    same: Callable[[Row, Row], bool]
    exact: Callable[[Row], object]
    show: Callable[[Row], str]


def show_target(row: Row) -> str:
    high = f"-{row['value_max']}" if row.get("value_max") is not None else ""
    return (
        f"{row['indicator']} | {row['comparator']} {row['value']}{high} {row['unit']} | {row.get('deadline')}"
        f" | {row.get('quote', '')}"
    )


def show_owner(row: Row) -> str:
    return f"{row['task']} | lead {row.get('lead')} | with {row.get('cooperating')} | {row.get('responsible')}"


KINDS = (
    Kind("targets", "targets", by_key(target_key), target_key, show_target),
    Kind("tolerant", "targets", tolerated, target_key, show_target),
    Kind(
        "tasks",
        "tasks",
        by_key(lambda row: (unit(row["path"]), plain(row["title"]))),
        lambda row: (row["path"], row["title"]),
        lambda row: f"{row['path']} | {row['title']}",
    ),
    Kind("owners", "responsibilities", by_key(owner_key), owner_key, show_owner),
    Kind("systems", "systems", same_system, lambda row: plain(row["name"]), lambda row: row["name"]),
    Kind(
        "milestones",
        "milestones",
        same_milestone,
        lambda row: (row.get("deadline"), plain(row["quote"])),
        lambda row: f"{row.get('deadline')} | {row['quote']}",
    ),
)


def score(kind: Kind, found: Sequence[Row], given: Sequence[Row]) -> Score:
    """One-to-one: equal rows pair first, then rows that only contain each other."""
    left, open_rows = list(found), list(given)
    right = 0
    for same in (lambda one, other: kind.exact(one) == kind.exact(other), kind.same):
        rest: list[Row] = []
        for row in open_rows:
            match = next((index for index, one in enumerate(left) if same(one, row)), None)
            if match is None:
                rest.append(row)
            else:
                del left[match]
                right += 1
        open_rows = rest
    return Score(len(found), len(given), right, [kind.show(row) for row in open_rows], [kind.show(row) for row in left])


def plans_in(folder: Path) -> Iterable[tuple[str, str, Row]]:
    for gold in sorted(folder.glob("*.gold.json")):
        name = gold.name.removesuffix(".gold.json")
        text = (folder / f"{name}.txt").read_bytes().decode("utf-8")
        yield name, text, json.loads(gold.read_text("utf-8"))


def seconds_per_100_kb(texts: Sequence[str]) -> float:
    """Processor time of the best of three readings of all texts."""
    size = sum(len(text.encode("utf-8")) for text in texts)
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for text in texts:
            read_plan(text)
        best = min(best, time.process_time() - started)
    return best * 100_000 / max(size, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=[kind.name for kind in KINDS])
    parser.add_argument("--quiet", action="store_true", help="totals only")
    arguments = parser.parse_args()
    plans = list(plans_in(arguments.folder))
    if not plans:
        print(f"no NAME.gold.json in {arguments.folder}", file=sys.stderr)
        return 2
    kinds = [kind for kind in KINDS if arguments.only in (None, kind.name)]
    totals = {kind.name: Score() for kind in kinds}
    for name, text, gold in plans:
        found = as_json(read_plan(text))
        if not arguments.quiet:
            print(name)
        for kind in kinds:
            given = gold.get(kind.rows)
            if given is None:
                continue
            result = score(kind, found[kind.rows], given)
            totals[kind.name].add(result)
            if arguments.quiet:
                continue
            print(f"  {kind.name:<11}{result}")
            if kind.name == "tolerant" and arguments.only != "tolerant":
                continue
            for line in result.misses:
                print(f"    miss   {line}")
            for line in result.extras:
                print(f"    extra  {line}")
    print(f"total of {len(plans)} plans")
    for kind in kinds:
        print(f"  {kind.name:<11}{totals[kind.name]}")
    seconds = seconds_per_100_kb([text for _, text, _ in plans])
    print(f"  time       {seconds:.3f} s per 100 KB, {seconds / LIMIT_SECONDS_PER_100_KB:.2f} of the limit")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
