"""The plans that reading is tried on: our own, and the real ones with gold where a folder of them is named."""

import os
from pathlib import Path

import pytest

OURS = Path(__file__).parent / "plans"
FOLDER = "PLANS_FOLDER"
"""Environment variable: a folder of real plans, NAME.txt with NAME.gold.json."""


def plan_names() -> list[object]:
    """Our own plans, then the real ones; a skipped placeholder where there are none."""
    ours = sorted(path.stem for path in OURS.glob("*.txt"))
    folder = _real_folder()
    if folder is None:
        missing = pytest.mark.skip(reason=f"{FOLDER} names no folder of real plans")
        return [*ours, pytest.param("real plans", marks=missing)]
    return [*ours, *sorted(path.stem for path in folder.glob("*.txt"))]


def plan_text(name: str) -> str:
    path = OURS / f"{name}.txt"
    if not path.exists():
        folder = _real_folder()
        assert folder is not None
        path = folder / f"{name}.txt"
    return path.read_text(encoding="utf-8")


def _real_folder() -> Path | None:
    named = os.environ.get(FOLDER)
    return Path(named) if named and Path(named).is_dir() else None
