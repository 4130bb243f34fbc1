"""The demo's sign-ins and its key for the local command line: made once per installation, 0600 in the data folder."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

# Without characters that are mistaken for each other; four groups of four are 79 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class SignIn:
    email: str
    password: str
    role: str


def sign_ins_file() -> Path:
    return Path(settings.DATA_DIR) / "secret" / "demo-sign-ins.json"


def local_profile_file() -> Path:
    """What `qianhang` commands on this machine use when nobody has signed in (core/web/profiles.py reads it)."""
    return Path(settings.DATA_DIR) / "secret" / "local-profile.json"


def new_password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def read_private(path: Path) -> Any:
    """The file's JSON, or None when it is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def write_private(path: Path, content: Any) -> None:
    """Replaces the file in one step; only its owner can read it at any moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
