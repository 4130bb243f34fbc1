"""PDF files with a text layer.

pypdf is careful, but it interprets a language that a stranger wrote: object loops, streams that unpack to gigabytes,
content that takes minutes. Guards inside the process would have to know every trick, so it runs in a process of its own
with bounds on time and memory that the kernel keeps (pdf_child.py). What comes back are positioned pieces of text;
putting lines and paragraphs together is done here, purely (page_lines.py).
"""

import json
import os
import subprocess
import sys

from qianhang.programme.reading.intake.mojibake import repair
from qianhang.programme.reading.intake.page_lines import Piece, text_of_pages
from qianhang.programme.reading.intake.plausible import plausibility
from qianhang.programme.reading.refusals import ReadingRefused

SECONDS = 4.5
"""For the whole child, start included."""

READABLE = 0.2
"""Below this plausibility the fonts carry no map to Unicode, and what is drawn cannot be told."""


def extract_pdf(data: bytes) -> tuple[str, str, None, list[str]]:
    """Text, format, encoding (none) and notes of a PDF file.

    Raises:
        ReadingRefused: encrypted, scanned, unreadable_fonts, damaged, hostile, too_slow.
    """
    pages = _pages(data)
    empty = sum(not any(piece.text.strip() for piece in page) for page in pages)
    if empty == len(pages):
        raise ReadingRefused("scanned", pages=len(pages))
    text, joined = text_of_pages(pages)
    if plausibility(text) < READABLE:
        text, repaired = repair(text)
        if "mojibake_repaired" not in repaired:
            raise ReadingRefused("unreadable_fonts")
    notes = ["lines_joined"] if joined else []
    return text, "pdf", None, [*notes, "pages_without_text"] if empty else notes


def _pages(data: bytes) -> list[list[Piece]]:
    command = [sys.executable, "-m", "qianhang.programme.reading.intake.pdf_child"]
    environment = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
    }
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise ReadingRefused("too_slow", format="pdf", seconds=SECONDS) from error
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        # Killed by the kernel: for its time (SIGXCPU, SIGKILL), or for its memory before it could say so.
        raise ReadingRefused("hostile", format="pdf") from error
    if "refused" in answer:
        raise ReadingRefused(answer["refused"], **answer.get("facts", {}))
    return [[Piece(*piece) for piece in page] for page in answer["pages"]]
