"""The one door to reading: bytes in, text and findings out, refusals as the room's own."""

from dataclasses import dataclass, field

from .errors import DocumentUnreadable
from .reading.findings import Reading
from .store import storable

MOST_FINDINGS = 3000
"""Ten times what the longest plans have. Review, scoreboard and wall show all of them on one page."""


@dataclass(frozen=True, slots=True)
class FileText:
    format: str
    encoding: str | None
    notes: list[str] = field(default_factory=list)


def read_file(data: bytes, *, filename: str) -> tuple[FileText, Reading]:
    """Raises DocumentUnreadable."""
    # Loaded late: the libraries for documents are heavy, and most processes never read one.
    from .reading.intake import extract
    from .reading.read import read_plan
    from .reading.refusals import ReadingRefused

    try:
        extracted = extract(data, filename=filename)
    except ReadingRefused as refused:
        raise DocumentUnreadable(refused.code, **refused.facts) from refused
    reading = read_plan(storable(extracted.text))
    if (found := count_of(reading)) > MOST_FINDINGS:
        raise DocumentUnreadable("too_many", found=found, limit=MOST_FINDINGS)
    return FileText(extracted.format, extracted.encoding, list(extracted.notes)), reading


def count_of(reading: Reading) -> int:
    found = (reading.targets, reading.tasks, reading.responsibilities, reading.milestones, reading.systems)
    return sum(map(len, found))
