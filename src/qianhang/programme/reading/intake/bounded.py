"""Parsers of web pages, Word files and PDF run in a process of their own, bounded by the kernel in time and memory.

Guards inside a parser would have to know every trick: libxml2 takes minutes for a million attributes of one element,
pypdf interprets a language with loops. Guards that are cheap are there all the same, for a better reason to give.
"""

import json
import os
import subprocess
import sys
from typing import Any

from qianhang.programme.reading.refusals import ReadingRefused

SECONDS = 4.5
"""By the clock for the whole process, its start included."""


def read_bounded(kind: str, data: bytes) -> tuple[str, str, str | None, list[str]]:
    """Text, format, encoding and notes of a file of kind `html`, `docx` or `pdf`.

    Raises:
        ReadingRefused: what the parser refuses, too_slow, hostile.
    """
    answer = _answer(kind, data)
    if "refused" in answer:
        raise ReadingRefused(answer["refused"], **answer["facts"])
    return answer["text"], answer["format"], answer["encoding"], answer["notes"]


def _answer(kind: str, data: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "qianhang.programme.reading.intake.child", kind],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            # Nothing of the server's environment: it holds secrets, and a parser needs none of it.
            env={
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "PATH": os.defpath,
                "LC_ALL": "C.UTF-8",
            },
        )
    except subprocess.TimeoutExpired as error:
        raise ReadingRefused("too_slow", format=kind, seconds=SECONDS) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        # Killed for its time, or for its memory before it could say so.
        raise ReadingRefused("hostile", format=kind) from error
    return answer
