"""The checker alone: no database, no Django, no installation."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qianhang.core.audit import verify
from qianhang.core.audit.verify import GENESIS, block_hash, entry_digest, verify_export

ROWS = 100_000
PER_BLOCK = 10_000
LIMIT_S = 5.0


def entry(seq: int) -> bytes:
    facts = {
        "action": "job.submitted",
        "actor_kind": "key",
        "actor_name": "构建",
        "actor_user": "01a1ff8e-e407-7bc0-96f2-cc68d622b284",
        "after": {"state": "queued", "名": "训练", "amount_micro": seq * 7},
        "at": "2026-11-21T11:00:00.000000+00:00",
        "before": None,
        "reason": "",
        "seq": seq,
        "subject": "job",
        "subject_id": str(seq),
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def trail(rows: int, per_block: int) -> Iterator[bytes]:
    previous = GENESIS
    for number, first in enumerate(range(1, rows + 1, per_block), start=1):
        lines = [entry(seq) for seq in range(first, first + per_block)]
        digests = b"".join(entry_digest(line) for line in lines)
        last = first + per_block - 1
        hashed = block_hash(number=number, first=first, last=last, digests=digests, previous=previous)
        from base64 import b64encode

        yield from lines
        facts = {"block": number, "algorithm": verify.ALGORITHM, "first": first, "last": last, "count": per_block}
        facts |= {"digests": b64encode(digests).decode(), "previous": previous, "hash": hashed}
        yield json.dumps(facts, separators=(",", ":")).encode()
        previous = hashed


@pytest.fixture(scope="module")
def long_trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("trail") / "trail.jsonl"
    file.write_bytes(b"\n".join(trail(ROWS, PER_BLOCK)) + b"\n")
    return file


def test_a_hundred_thousand_entries_are_checked_within_five_seconds(long_trail, record_property):
    began = time.perf_counter()
    with long_trail.open("rb") as lines:
        report = verify_export(lines)
    took = time.perf_counter() - began
    record_property("seconds", round(took, 2))
    assert (report.intact, report.entries, report.blocks) == (True, ROWS, 10)
    assert took <= LIMIT_S


def test_one_changed_character_among_them_is_found(long_trail):
    data = long_trail.read_bytes().replace(b'"amount_micro":350000', b'"amount_micro":350001', 1)
    assert [line.rsplit(": ", 1)[1] for line in verify_export(data.splitlines()).findings] == ["entry 50000"]


def test_the_file_runs_alone_with_nothing_but_the_standard_library(long_trail, tmp_path):
    alone = shutil.copy(verify.__file__, tmp_path / "check.py")
    lines = long_trail.read_bytes().splitlines()
    head = json.loads(lines[-1])
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"\n".join(lines[: PER_BLOCK + 1]) + b"\n")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", str(alone), *map(str, arguments)], capture_output=True, text=True, check=False
        )

    whole = run(long_trail, "--head", f"10:{head['hash']}")
    assert (whole.returncode, whole.stdout.split(":")[0]) == (0, "intact")
    assert run(cut).returncode == 0
    assert run(cut, "--head", f"10:{head['hash']}").returncode == 1
    assert run(tmp_path / "absent").returncode == 2


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"null", b'{"block":1}', b'{"block":"x","digests":7}', b"\xff\xfe", b"[" * 5000]
)
def test_junk_is_a_finding_and_never_a_crash(junk):
    assert not verify_export([junk]).intact or junk == b""
    assert not verify_export([entry(1), junk, b'{"block":1,"algorithm":"sha256-1"}']).intact


@pytest.mark.parametrize("head", ["", "x", "1:", "1:zz", ":" + "0" * 64, "1:" + "0" * 63])
def test_a_head_that_is_none_is_said_to_be_none(head):
    report = verify_export(trail(4, 2), head=head or "-")
    assert report.findings[0].endswith("does not look like number:hash")
