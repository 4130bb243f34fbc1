"""Files made to hurt: refused, or read, within five seconds and 500 MiB."""

import io
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from qianhang.programme.reading.intake import bounded, child, extract
from qianhang.programme.reading.refusals import ReadingRefused

SIZE = 20_000_000
SECONDS = 5

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word(document: bytes | str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", document)
    return file.getvalue()


def blank_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(100):
            part.write(bytes(1 << 20))
    return file.getvalue()


def entity_bomb() -> bytes:
    names = "abcdefghij"
    entities = "".join(f'<!ENTITY {after} "{f"&{name};" * 10}">' for name, after in pairwise(names))
    return word(f'<!DOCTYPE x [<!ENTITY a "智能">{entities}]><w:document {_WORD}><w:body>&j;</w:body></w:document>')


def pdf(content: bytes) -> bytes:
    packed = zlib.compress(content)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF"


PAGES_WITHIN_PAGES = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999>>endobj\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF"
)

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a million brackets": (lambda: "（".encode() * 1_000_000, "too_long"),
    "text without end": (lambda: "一、人工智能。\n".encode() * (SIZE // 22), "too_long"),
    "noise": (lambda: os.urandom(SIZE), "unknown_encoding"),
    "a page of nothing but tags": (lambda: b"<html><body>" + b"<div>" * (SIZE // 5), "hostile"),
    "a page nested deep": (lambda: b"<html><body>" + b"<div>" * 300_000 + b"x", "hostile"),
    "a page of one long comment": (lambda: b"<html><body><!--" + b"-" * SIZE, "hostile"),
    "a page of one long word": (lambda: b"<html><body><p>" + b"x" * SIZE, "hostile"),
    "a Word file that unpacks to 100 MiB": (blank_bomb, "hostile"),
    "a Word file of entities within entities": (entity_bomb, "hostile"),
    "a Word file nested deep": (
        lambda: word(f"<w:document {_WORD}><w:body>" + "<w:sdt><w:sdtContent>" * 100_000),
        "damaged",
    ),
    "a PDF of noise": (lambda: b"%PDF-1.7\n" + os.urandom(SIZE // 5), "damaged"),
    "a PDF of brackets": (lambda: b"%PDF-1.7\n1 0 obj\n" + b"[" * (SIZE // 4), "damaged"),
    "a PDF whose pages hold themselves": (lambda: PAGES_WITHIN_PAGES, "damaged"),
    "a PDF that unpacks to 100 MiB": (lambda: pdf(bytes(100 << 20)), "damaged"),
}


def work_seconds() -> float:
    """Of this process and of those it started and saw end: the clock on the wall also counts what others do."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


@pytest.mark.parametrize("name", HOSTILE)
def test_is_refused_in_time(name: str) -> None:
    make, code = HOSTILE[name]
    data = make()
    began = work_seconds()
    with pytest.raises(ReadingRefused) as refused:
        extract(data)
    assert work_seconds() - began < SECONDS
    # On a machine that does much else the clock may stop a parser before it sees what is wrong.
    assert refused.value.code in (code, "too_slow")


@pytest.mark.slow(seconds=6)
def test_what_takes_too_long_is_stopped() -> None:
    """A million attributes of one element take libxml2 minutes."""
    page = b"<html><body><p " + b" ".join(b'a%d="x"' % number for number in range(1_000_000)) + b">x</p>"
    began = work_seconds()
    with pytest.raises(ReadingRefused) as refused:
        extract(page)
    assert work_seconds() - began < SECONDS
    assert refused.value.code in ("too_slow", "hostile")


def test_what_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    """The kernel refuses the parser more than its share: the limit is set before the first byte is read."""
    script = tmp_path / "greedy.py"
    script.write_text(
        "import json, sys\n"
        "from qianhang.programme.reading.intake import child\n"
        "child._reader = lambda kind: lambda data: bytes(child.MEMORY)\n"
        "sys.exit(child.main('pdf'))\n"
    )
    answered = subprocess.run([sys.executable, script], input=b"", capture_output=True, check=True, timeout=30)
    assert json.loads(answered.stdout) == {"refused": "hostile", "facts": {"format": "pdf"}}
    assert child.MEMORY + (32 << 20) < 500 << 20


def test_a_stricter_limit_of_the_starter_holds() -> None:
    read = (
        "import resource, sys;"
        "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20));"
        "resource.setrlimit(resource.RLIMIT_CPU, (3, 3));"
        "from qianhang.programme.reading.intake import extract;"
        "sys.stdout.write(extract(b'<html><body><p>plan</p></body></html>').text)"
    )
    answered = subprocess.run([sys.executable, "-c", read], capture_output=True, check=True, timeout=30)
    assert answered.stdout == b"plan"


def test_the_parser_sees_nothing_of_the_servers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    run = subprocess.run

    def watched(*arguments: Any, env: dict[str, str], **options: Any) -> Any:
        seen.append(env)
        return run(*arguments, env=env, **options)

    monkeypatch.setattr(bounded.subprocess, "run", watched)
    monkeypatch.setenv("QIANHANG_SECRET_KEY", "not for parsers")
    assert extract("<html><body><p>智能</p></body></html>".encode()).text == "智能"
    assert [sorted(each) for each in seen] == [["LC_ALL", "PATH", "PYTHONPATH"]]
