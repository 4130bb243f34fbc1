"""`qianhang doctor`: what this machine lacks, and the one command that gets it."""

import enum
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from qianhang.appliance import database, postgres
from qianhang.appliance.folder import DataFolder
from qianhang.appliance.ports import assert_free
from qianhang.appliance.problems import ApplianceError
from qianhang.appliance.sandbox import CONSENT, bubblewrap_problem, may_run_bare

OLDEST_PYTHON = (3, 11)
LEAST_DISK_MIB, LEAST_MEMORY_MIB = 2048, 1024
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
CHINESE_FONTS = ("*CJK*", "*wqy*", "*SourceHan*", "*Noto*SC*", "*uming*", "*ukai*")


class Verdict(enum.StrEnum):
    OK = "ok"
    OPTIONAL = "optional"
    """Qianhang runs without it; something named in the remedy does not."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    verdict: Verdict
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items()}


def examine(folder: DataFolder, *, host: str, port: int) -> list[Finding]:
    """Every check, in the order a start needs them."""
    checks: Iterable[Callable[[], Finding]] = (
        _python,
        lambda: _data_folder(folder),
        lambda: _disk(folder),
        _memory,
        lambda: _database(folder),
        lambda: _port(folder, host, port),
        _bubblewrap,
        _user_namespaces,
        _chromium,
        _fonts,
    )
    return [check() for check in checks]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Finding("python", Verdict.OK, found)
    return Finding(
        "python", Verdict.MISSING, found, "Install Python 3.11 or later: apt-get install python3 python3-venv"
    )


def _data_folder(folder: DataFolder) -> Finding:
    if not folder.root.exists():
        above = next(parent for parent in folder.root.parents if parent.exists())
        if os.access(above, os.W_OK | os.X_OK):
            return Finding("data folder", Verdict.OK, f"{folder.root} (made by the first start)")
        return Finding("data folder", Verdict.MISSING, f"{above} is not writable", "Choose another with --data-dir.")
    if folder.root.stat().st_uid != os.geteuid() and os.geteuid() != 0:
        return Finding(
            "data folder", Verdict.MISSING, f"{folder.root} is another user's", "Choose another with --data-dir."
        )
    return Finding("data folder", Verdict.OK, str(folder.root))


def _disk(folder: DataFolder) -> Finding:
    place = next(path for path in (folder.root, *folder.root.parents) if path.exists())
    free = shutil.disk_usage(place).free // 2**20
    if free >= LEAST_DISK_MIB:
        return Finding("disk", Verdict.OK, f"{free // 1024} GiB free")
    return Finding(
        "disk", Verdict.MISSING, f"{free} MiB free", f"Free {LEAST_DISK_MIB} MiB, or choose another --data-dir."
    )


def _memory() -> Finding:
    free = psutil.virtual_memory().available // 2**20
    if free >= LEAST_MEMORY_MIB:
        return Finding("memory", Verdict.OK, f"{free} MiB available")
    return Finding(
        "memory", Verdict.OPTIONAL, f"{free} MiB available", "Jobs may wait or be killed: end other programs."
    )


def _database(folder: DataFolder) -> Finding:
    try:
        if (outside := database.outside_database()) is not None:
            return Finding("database", Verdict.OK, f"outside PostgreSQL {database.check_outside(outside)}")
        program = postgres.program("postgres")
        tried = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    except ApplianceError as error:
        return Finding("database", Verdict.MISSING, error.what, error.remedy)
    if tried.returncode != 0:
        return Finding(
            "database", Verdict.MISSING, tried.stderr.strip(), "Name an outside PostgreSQL in QIANHANG_DATABASE_URL."
        )
    state = "running" if folder.holder() else "made" if folder.database.exists() else "not made yet"
    return Finding("database", Verdict.OK, f"embedded {tried.stdout.strip()}, {state}")


def _port(folder: DataFolder, host: str, port: int) -> Finding:
    holder = folder.holder()
    if holder and holder.address:
        return Finding("port", Verdict.OK, f"serving {holder.address}")
    try:
        assert_free(host, port)
    except ApplianceError as error:
        return Finding("port", Verdict.MISSING, error.what, error.remedy)
    return Finding("port", Verdict.OK, f"{port} is free")


def _bubblewrap() -> Finding:
    if shutil.which("bwrap"):
        return Finding("bubblewrap", Verdict.OK, "installed")
    return Finding("bubblewrap", Verdict.OPTIONAL, "not installed", f"Without it {_fate()}: apt-get install bubblewrap")


def _fate() -> str:
    if may_run_bare():
        return f"jobs run unisolated, as {CONSENT}=1 allows"
    return f"jobs are refused, unless {CONSENT}=1 lets them run unisolated"


def _user_namespaces() -> Finding:
    if not shutil.which("bwrap"):
        return Finding("user namespaces", Verdict.OPTIONAL, "not tried: bubblewrap is missing", "See above.")
    if not (problem := bubblewrap_problem()):
        return Finding("user namespaces", Verdict.OK, "a sandbox starts")
    closed = [
        f"sysctl -w {name}={value}"
        for name, value in (
            ("kernel.unprivileged_userns_clone", "1"),
            ("kernel.apparmor_restrict_unprivileged_userns", "0"),
            ("user.max_user_namespaces", "15000"),
        )
        if _sysctl(name) not in {None, value} and not (name.startswith("user.") and int(_sysctl(name) or 0) > 0)
    ]
    remedy = (
        f"Without them {_fate()}. As root: {'; '.join(closed)}"
        if closed
        else f"This container or kernel forbids them; {_fate()}."
    )
    return Finding("user namespaces", Verdict.OPTIONAL, problem, remedy)


def _chromium() -> Finding:
    if path := next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None):
        return Finding("chromium", Verdict.OK, path)
    return Finding("chromium", Verdict.OPTIONAL, "not found", "Browser tests are skipped: apt-get install chromium")


def _fonts() -> Finding:
    for folder in (*FONT_FOLDERS, Path.home() / ".local/share/fonts", Path.home() / ".fonts"):
        for pattern in CHINESE_FONTS:
            if found := next(Path(folder).rglob(pattern), None):
                return Finding("chinese fonts", Verdict.OK, found.name)
    return Finding(
        "chinese fonts", Verdict.OPTIONAL, "not found", "Screenshots show boxes: apt-get install fonts-noto-cjk"
    )


def _sysctl(name: str) -> str | None:
    try:
        return Path("/proc/sys", *name.split(".")).read_text("ascii").strip()
    except OSError:
        return None
