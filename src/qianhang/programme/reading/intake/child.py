"""The process that takes a stranger's file apart: the file on standard input, its text as JSON on standard output.

Run by bounded.py as `python -m qianhang.programme.reading.intake.child KIND`; ends before it takes more than its share.
"""

import json
import sys
from typing import Any

from qianhang.programme.reading.refusals import ReadingRefused

MEMORY = 440 << 20
"""Bytes of address space: with the sender's copy of a file of 20 MB below 500 MiB."""

CPU_SECONDS = 4


def main(kind: str) -> int:
    _bound()
    try:
        answer = _read(kind, sys.stdin.buffer.read())
    except MemoryError:
        answer = {"refused": "hostile", "facts": {"format": kind}}
    sys.stdout.write(json.dumps(answer))
    return 0


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Not a Unix: the clock of bounded.py alone bounds this process.
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        # Whoever started us may have been stricter already.
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def _read(kind: str, data: bytes) -> dict[str, Any]:
    try:
        text, form, encoding, notes = _reader(kind)(data)
    except ReadingRefused as refused:
        return {"refused": refused.code, "facts": refused.facts}
    except MemoryError:
        raise
    except Exception:  # Whatever a file makes a parser raise, it is the file that is wrong.
        return {"refused": "damaged", "facts": {"format": kind}}
    return {"text": text, "format": form, "encoding": encoding, "notes": notes}


def _reader(kind: str) -> Any:
    if kind == "pdf":
        from qianhang.programme.reading.intake.pdf import read_pdf

        return read_pdf
    if kind == "docx":
        from qianhang.programme.reading.intake.docx import read_docx

        return read_docx
    from qianhang.programme.reading.intake.html import read_html

    return read_html


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
