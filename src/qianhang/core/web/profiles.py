"""Which server the command line talks to, and with which key. No Django here.

The first that answers: QIANHANG_SERVER with QIANHANG_API_KEY; what `qianhang login` saved; on the machine where
`qianhang up --demo` runs, the key that it keeps in its data folder.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.folder import DataFolder
from qianhang.appliance.problems import ApplianceError
from qianhang.appliance.root_start import planned_data_dir

from .words import gettext as _


@dataclass(frozen=True, slots=True)
class Profile:
    server: str
    api_key: str
    origin: str
    """Where it comes from: environment, login or local."""


def profiles_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "qianhang" / "profiles.json"


def current_profile() -> Profile:
    """Raises ApplianceError (NOT_SIGNED_IN) that says how to sign in."""
    server = os.environ.get("QIANHANG_SERVER", "").strip()
    key = os.environ.get("QIANHANG_API_KEY", "").strip()
    if key and server:
        return Profile(clean_server(server), key, "environment")
    saved = _saved()
    if server:
        if kept := saved.get("keys", {}).get(clean_server(server)):
            return Profile(clean_server(server), kept, "login")
        raise _not_signed_in(_("There is no key for {server}.").format(server=clean_server(server)))
    if (chosen := saved.get("current")) and chosen in saved.get("keys", {}):
        return Profile(chosen, key or saved["keys"][chosen], "login")
    local = _local_profile(key)
    if local is None:
        raise _not_signed_in(_("You are not signed in."))
    return local


def save_profile(*, server: str, api_key: str) -> Path:
    """Keeps the key (0600) and makes the server the current one; returns the file."""
    saved = _saved()
    saved.setdefault("keys", {})[server] = api_key
    saved["current"] = server
    return _write(saved)


def forget_profile(server: str | None = None) -> list[str]:
    """Forgets the key of `server`, or of the current one; returns what was forgotten."""
    saved = _saved()
    keys = saved.get("keys", {})
    wanted = clean_server(server) if server else saved.get("current", "")
    if wanted not in keys:
        return []
    del keys[wanted]
    saved["current"] = next(iter(keys), "")
    _write(saved)
    return [wanted]


def clean_server(text: str) -> str:
    """`https://host[:port]` from what people type. Raises ApplianceError (USAGE)."""
    address = text.strip()
    if "://" not in address:
        bare = address.split("/")[0].split(":")[0]
        address = ("http://" if bare in {"localhost", "127.0.0.1"} else "https://") + address
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise ApplianceError(
            _("{text} is not the address of a server.").format(text=text),
            remedy=_("It looks like https://qianhang.example.org or http://127.0.0.1:8600."),
            exit_code=ExitCode.USAGE,
        )
    return address.rstrip("/")


def _local_profile(key: str) -> Profile | None:
    """The demo key of this machine's own installation. None when there is none, or this user may not read it."""
    folder = DataFolder(planned_data_dir(None))
    try:
        kept = json.loads((folder.secret / "local-profile.json").read_text(encoding="utf-8"))
        holder = folder.holder()
    except (OSError, ValueError):
        return None
    key = key or kept.get("api_key", "")
    if not key:
        return None
    if holder is None or not holder.address:
        raise ApplianceError(
            _("Qianhang is not running on this machine."),
            remedy=_("Start it with `qianhang up`, or sign in to a server with `qianhang login`."),
            exit_code=ExitCode.UNREACHABLE,
        )
    return Profile(holder.address, key, "local")


def _not_signed_in(what: str) -> ApplianceError:
    remedy = _(
        "Sign in with `qianhang login SERVER`, or set QIANHANG_SERVER and QIANHANG_API_KEY; "
        "for a demo in another folder set QIANHANG_DATA_DIR."
    )
    return ApplianceError(what, remedy=remedy, exit_code=ExitCode.NOT_SIGNED_IN)


def _saved() -> dict:
    try:
        content = json.loads(profiles_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ApplianceError(
            _("{file} cannot be read.").format(file=profiles_file()),
            remedy=_("Remove it and sign in again with `qianhang login`."),
        ) from error
    return content if isinstance(content, dict) else {}


def _write(content: dict) -> Path:
    """In one step, and never readable by anyone else, not even for a moment."""
    file = profiles_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f"profiles.{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=2)
    fresh.replace(file)
    return file
