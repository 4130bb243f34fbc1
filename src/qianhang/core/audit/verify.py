"""Check an exported audit trail, offline: this file needs Python's standard library and nothing else.

    python verify.py trail.jsonl --head 41:9f86d0...

Format (one JSON object per line, UTF-8, as `qianhang audit export` writes it):

    {"action":...,"seq":17,...}                      an entry: exactly these bytes are what was hashed
    {"block":3,"algorithm":"sha256-1",...}           the seal over the entries since the block before

Algorithm sha256-1: an entry's digest is SHA-256 of its line without the line end. A block's hash is SHA-256 of the
canonical JSON (keys sorted, no spaces) of block number, algorithm, first and last seq, count, the SHA-256 of all
digests joined in order, and the hash of the block before (64 zeros for block 1).

Whoever can write to the database could rewrite every block too. Only a head that was published somewhere else, and
passed in with --head, proves that they did not, and that nothing was cut off the end.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ALGORITHM = "sha256-1"
GENESIS = "0" * 64
DIGEST = 32
MOST_FINDINGS = 100


@dataclass
class Report:
    """What a check found. `findings` is empty for an untouched trail."""

    entries: int = 0
    blocks: int = 0
    unsealed: int = 0
    head: str = ""
    findings: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.findings

    def found(self, sentence: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(sentence)


def entry_digest(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()


def block_hash(*, number: int, first: int, last: int, digests: bytes, previous: str) -> str:
    """The hash of a block, in hex. `digests` are the entries' digests, joined in order."""
    facts = {
        "algorithm": ALGORITHM,
        "block": number,
        "count": len(digests) // DIGEST,
        "entries": hashlib.sha256(digests).hexdigest(),
        "first": first,
        "last": last,
        "previous": previous,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify_export(lines: Iterable[bytes], *, head: str | None = None) -> Report:
    """Reads an export once, in order, and says what does not fit. `head` is a published `number:hash`."""
    report = Report()
    chain = _Chain(report)
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip(b"\r\n")
        if not line:
            report.found(f"line {number} is empty")
        elif line.startswith(b'{"block":'):
            chain.seal(line, number)
        else:
            chain.add(line, number)
    report.unsealed = len(chain.waiting)
    report.entries += report.unsealed
    report.head = f"{chain.number}:{chain.previous}" if report.blocks else ""
    if head:
        chain.compare(head)
    return report


class _Chain:
    """The check's state: the entries since the last block, and the chain so far."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.number = 0
        self.last = 0
        self.previous = GENESIS
        self.hashes: dict[int, str] = {}
        self.waiting: list[tuple[int, bytes]] = []

    def add(self, line: bytes, number: int) -> None:
        seq = _integer(line, b'"seq":')
        if seq is None:
            self.report.found(f"line {number} is neither an entry nor a block")
            seq = -1
        elif self.waiting and seq <= self.waiting[-1][0]:
            self.report.found(
                f"entry {seq} (line {number}) stands after entry {self.waiting[-1][0]}: reordered or repeated"
            )
        self.waiting.append((seq, hashlib.sha256(line).digest()))

    def seal(self, line: bytes, number: int) -> None:
        report = self.report
        try:
            block: dict[str, Any] = json.loads(line)
            stated = base64.b64decode(block["digests"], validate=True)
            if block["algorithm"] != ALGORITHM:
                report.found(f"block {block['block']} uses {block['algorithm']!r}, which this version cannot check")
            self._check(block, stated)
            self.number, self.last, self.previous = int(block["block"]), int(block["last"]), str(block["hash"])
        except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
            report.found(f"line {number} is not a readable block ({type(error).__name__})")
        self.hashes[self.number] = self.previous
        report.blocks += 1
        report.entries += len(self.waiting)
        self.waiting = []

    def _check(self, block: dict[str, Any], stated: bytes) -> None:
        name = f"block {block['block']}"
        if block["block"] != self.number + 1:
            self.report.found(f"{name} follows block {self.number}: blocks are missing, repeated or reordered")
        if block["previous"] != self.previous:
            self.report.found(f"{name} does not continue the block before it")
        if block["first"] <= self.last:
            self.report.found(f"{name} overlaps the block before it")
        recomputed = block_hash(
            number=block["block"],
            first=block["first"],
            last=block["last"],
            digests=stated,
            previous=block["previous"],
        )
        if recomputed != block["hash"] or block["count"] * DIGEST != len(stated):
            self.report.found(f"{name} itself was changed: its hash does not fit")
        actual = b"".join(digest for _seq, digest in self.waiting)
        if actual != stated:
            self._locate(name, block, stated)

    def _locate(self, name: str, block: dict[str, Any], stated: bytes) -> None:
        """Says which entries were changed, added, moved or taken away, by comparing digests."""
        wanted = [stated[at : at + DIGEST] for at in range(0, len(stated), DIGEST)]
        known, present = set(wanted), {digest for _seq, digest in self.waiting}
        strangers = [seq for seq, digest in self.waiting if digest not in known]
        lost = sum(digest not in present for digest in wanted)
        if strangers and len(self.waiting) == len(wanted):
            what = f"changed: entry {_list(strangers)}"
        elif strangers and not lost:
            what = f"inserted: entry {_list(strangers)}"
        elif lost and not strangers:
            gone = [at for at, digest in enumerate(wanted, start=1) if digest not in present]
            what = f"deleted: {lost} of its {len(wanted)} entries (place {_list(gone)} in the block)"
        elif strangers or lost:
            what = f"{lost} entries are gone and entry {_list(strangers)} was changed or inserted"
        else:
            what = "its entries were reordered or repeated"
        self.report.found(f"{name} (entries {block['first']} to {block['last']}): {what}")

    def compare(self, head: str) -> None:
        number_text, _colon, expected = head.strip().partition(":")
        if not number_text.isdecimal() or len(expected) != DIGEST * 2:
            self.report.found(f"the head {head!r} does not look like number:hash")
            return
        actual = self.hashes.get(int(number_text))
        if actual is None:
            self.report.found(
                f"the published block {number_text} is not in this export (it ends with block {self.number}): "
                "the end was cut off, or the export is older than the head"
            )
        elif actual != expected.lower():
            self.report.found(f"block {number_text} is not the one that was published: the chain was rewritten")


def _integer(line: bytes, name: bytes) -> int | None:
    """The entry's own seq. Keys are sorted and strings escape their quotes, so the last `"seq":` is the real one."""
    at = line.rfind(name)
    if at < 0:
        return None
    digits = line[at + len(name) :].split(b",", 1)[0]
    return int(digits) if digits.isdigit() else None


def _list(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:5])
    return shown + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")


def main(arguments: list[str] | None = None, *, tell: Callable[[str], Any] = sys.stdout.write) -> int:
    """`python verify.py FILE [--head N:HASH]`. Exit code 0: intact; 1: something was found; 2: cannot be read."""
    parser = argparse.ArgumentParser(description="Check an exported audit trail, offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--head", help="a head published earlier, as number:hash")
    wish = parser.parse_args(arguments)
    try:
        with wish.file.open("rb") as lines:
            report = verify_export(lines, head=wish.head)
    except OSError as error:
        tell(f"cannot read {wish.file}: {error.strerror}\n")
        return 2
    for finding in report.findings:
        tell(f"{finding}\n")
    verdict = "intact" if report.intact else "NOT INTACT"
    tell(f"{verdict}: {report.entries} entries, {report.blocks} blocks, {report.unsealed} not sealed yet")
    tell(f", head {report.head}\n" if report.head else "\n")
    return 0 if report.intact else 1


if __name__ == "__main__":
    sys.exit(main())
