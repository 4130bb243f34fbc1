"""What a job sees: the arguments for bubblewrap, one small decision per line."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORK = "/work"
VENV = "/opt/qianhang/venv"
_TMP_BYTES = 512 << 20
_SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# What programs need from /etc to find libraries, verify certificates and tell the time; nothing that names people.
_SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ca-certificates.conf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
)
_NETWORK_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/gai.conf")
_CARD_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """The installed program and which of the options we want it knows."""

    path: str
    version: str
    options: frozenset[str]

    def knows(self, option: str) -> bool:
        return option in self.options


@cache
def find_bubblewrap() -> Bubblewrap | None:
    """The bubblewrap of this machine, or None."""
    path = shutil.which("bwrap", path=os.environ.get("PATH", "") + ":/usr/local/bin:/usr/bin:/bin")
    if path is None:
        return None
    try:
        version = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
        text = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    options = frozenset(word for word in text.split() if word.startswith("--"))
    return Bubblewrap(path, version.removeprefix("bubblewrap").strip(), options)


@dataclass(frozen=True, slots=True)
class PythonLoan:
    """The interpreter and the virtual environment that jobs may use, read-only."""

    base: str
    venv: str

    def folders(self) -> list[str]:
        """For PATH inside the sandbox."""
        return [f"{VENV}/bin"] if self.venv else []


def bubblewrap_arguments(
    *,
    bubblewrap: Bubblewrap,
    work: Path,
    etc: Path,
    loan: PythonLoan,
    environment: Mapping[str, str],
    network: bool,
    cards: Sequence[int],
    memory_bytes: int,
) -> list[bytes]:
    """Everything but the command and the descriptors, for --args: these never appear in a process list."""
    scratch = str(min(_TMP_BYTES, memory_bytes))
    arguments = ["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if bubblewrap.knows("--disable-userns"):
        arguments += ["--disable-userns"]
    if network:
        arguments += ["--share-net"]
    arguments += ["--uid", "1000", "--gid", "1000", "--hostname", "job", "--clearenv"]
    arguments += ["--ro-bind", "/usr", "/usr"]
    for folder in _SYSTEM_FOLDERS:
        arguments += _like_the_host(folder)
    arguments += _etc(etc, network=network)
    arguments += ["--proc", "/proc", "--dev", "/dev", *_card_devices(cards)]
    arguments += ["--perms", "1777", "--size", scratch, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
    arguments += ["--perms", "1777", "--size", scratch, "--tmpfs", "/tmp"]  # noqa: S108
    arguments += ["--symlink", "../tmp", "/var/tmp", "--dir", "/home"]  # noqa: S108
    arguments += ["--bind", str(work), WORK]
    arguments += _python(loan)
    # bubblewrap's own root is a memory file system that a job could otherwise fill.
    arguments += ["--remount-ro", "/", "--chdir", WORK]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    return [os.fsencode(argument) for argument in arguments]


def _like_the_host(folder: str) -> list[str]:
    path = Path(folder)
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), folder]
    return ["--ro-bind", folder, folder] if path.is_dir() else []


def _etc(etc: Path, *, network: bool) -> list[str]:
    arguments: list[str] = []
    for name in _SYSTEM_FILES + (_NETWORK_FILES if network else ()):
        if Path(name).exists():
            arguments += ["--ro-bind", name, name]
    for file in sorted(etc.iterdir()):
        if not (network and file.name == "hosts"):
            arguments += ["--ro-bind", str(file), f"/etc/{file.name}"]
    return arguments


def _card_devices(cards: Sequence[int]) -> list[str]:
    if not cards:
        return []
    arguments: list[str] = []
    for name in (*_CARD_DEVICES, *(f"nvidia{index}" for index in cards)):
        arguments += ["--dev-bind-try", f"/dev/{name}", f"/dev/{name}"]
    return arguments


def _python(loan: PythonLoan) -> list[str]:
    arguments: list[str] = []
    if loan.base and not Path(loan.base).is_relative_to("/usr"):
        arguments += ["--ro-bind", loan.base, loan.base]
    if loan.venv:
        arguments += ["--ro-bind", loan.venv, VENV]
    return arguments


def write_etc(folder: Path) -> Path:
    """The few files of /etc that are of our own making. Made once; the same for every run."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {
        "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\njob:x:1000:1000:job:/work:/bin/sh\n"
        "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
        "group": "root:x:0:\njob:x:1000:\nnogroup:x:65534:\n",
        "hosts": "127.0.0.1 localhost job\n::1 localhost\n",
        "hostname": "job\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }
    for name, text in files.items():
        if not (folder / name).exists():
            temporary = folder.parent / f".{name}.{os.getpid()}"
            temporary.write_text(text, encoding="ascii")
            temporary.replace(folder / name)
    return folder
