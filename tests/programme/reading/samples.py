"""The plans that reading is tried on: our own, and the real ones with gold where a folder of them is named."""

import os
from pathlib import Path

import pytest

OURS = Path(__file__).parent / "plans"
FOLDER = "PLANS_FOLDER"
"""Environment variable: a folder of real plans, NAME.txt with NAME.gold.json. Without it, one beside the project."""
BESIDE = Path(__file__).parents[4] / "shared/data/plans"


def plan_names() -> list[object]:
    """Our own plans, then the real ones; a skipped placeholder where there are none."""
    ours = sorted(path.stem for path in OURS.glob("*.txt"))
    folder = real_folder()
    if folder is None:
        missing = pytest.mark.skip(
            reason=f"{FOLDER} names no folder of real plans, and there is none beside the project"
        )
        return [*ours, pytest.param("real plans", marks=missing)]
    return [*ours, *sorted(path.stem for path in folder.glob("*.txt"))]


def plan_text(name: str) -> str:
    path = OURS / f"{name}.txt"
    if not path.exists():
        folder = real_folder()
        assert folder is not None
        path = folder / f"{name}.txt"
    return path.read_text(encoding="utf-8")


def real_folder() -> Path | None:
    folder = Path(os.environ.get(FOLDER) or BESIDE)
    return folder if folder.is_dir() else None
