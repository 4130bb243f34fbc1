"""Fills the work folder before the job starts: its source unpacked, its inputs copied. Imported only by runs that have
any, because the archive libraries take longer to load than a sandbox takes to start."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from qianhang.compute.archives import ArchiveLimits, ArchiveRefused, extract_archive

from .outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .plan import Plan


def fill_work_folder(plan: Plan) -> Outcome | None:
    """Makes the work folder. Returns the outcome of a run whose source or inputs cannot be used."""
    work = Path(plan["work"])
    try:
        if plan["source"]:
            extract_archive(Path(plan["source"]), work, limits=ArchiveLimits(total_bytes=plan["disk_limit"]))
            work.chmod(0o700)
        else:
            work.mkdir(mode=0o700)
        for name, source in plan["inputs"]:
            _copy(Path(source), work / name)
    except ArchiveRefused as refusal:
        return Outcome("failed", "source_refused", f"The source archive was refused ({refusal.code}): {refusal}")
    except FileNotFoundError as error:
        return Outcome("failed", "source_missing", f"A file of the job is gone: {Path(error.filename or '').name}.")
    except OSError as error:
        return Outcome("failed", "start_failed", f"The work folder could not be filled: {error.strerror}.")
    return None


def _copy(source: Path, target: Path) -> None:
    """The unpacked source holds no links, so the path leads where it says."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)
    os.chmod(target, 0o444)
