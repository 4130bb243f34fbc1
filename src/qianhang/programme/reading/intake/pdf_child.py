"""The process that interprets a PDF: standard input to pieces of text as JSON on standard output.

Run by pdf.py as `python -m qianhang.programme.reading.intake.pdf_child`; ends before it takes more than its share.
"""

import io
import json
import math
import sys
from typing import Any

MEMORY = 440 << 20
"""Bytes of address space: with the parent's copy of a 20 MB file below 500 MiB."""

CPU_SECONDS = 4
MOST_CHARACTERS = 400_000
MOST_PAGES = 3_000


def main() -> int:
    _bound()
    try:
        answer = _read(sys.stdin.buffer.read())
    except MemoryError:
        answer = {"refused": "hostile", "facts": {"format": "pdf"}}
    sys.stdout.write(json.dumps(answer))
    return 0


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Not a Unix: the parent's clock alone bounds this process.
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _read(data: bytes) -> dict[str, Any]:
    from pypdf import PasswordType, PdfReader

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            return {"refused": "encrypted"}
        count = len(reader.pages)
        if count > MOST_PAGES:
            return {"refused": "hostile", "facts": {"format": "pdf"}}
        pages: list[list[tuple[float, float, float, str]]] = []
        total = 0
        for page in reader.pages:
            pages.append(_pieces(page))
            total += sum(len(piece[3]) for piece in pages[-1])
            if total > MOST_CHARACTERS:
                return {"refused": "too_long", "facts": {"limit": MOST_CHARACTERS}}
    except MemoryError:
        raise
    except Exception as error:  # Whatever a hostile file makes the library raise, the file is what is wrong.
        encrypted = type(error).__name__ in ("FileNotDecryptedError", "WrongPasswordError", "DependencyError")
        return {"refused": "encrypted"} if encrypted else {"refused": "damaged", "facts": {"format": "pdf"}}
    return {"pages": pages} if pages else {"refused": "empty"}


def _pieces(page: Any) -> list[tuple[float, float, float, str]]:
    """(x, y, size, text) of every piece drawn, in points, in the order in which it is drawn."""
    pieces: list[tuple[float, float, float, str]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        if not text:
            return
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        height = abs(size) * math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
        if all(map(math.isfinite, (x, y, height))):
            pieces.append((round(x, 1), round(y, 1), round(height, 1), text))

    page.extract_text(visitor_text=visit)
    return pieces


if __name__ == "__main__":
    sys.exit(main())
