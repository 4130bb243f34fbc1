"""The data folder: everything an installation has, in one place, owned by one user, used by one `up` at a time."""

import contextlib
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError

MAX_LOCK_TEXT = 4096


def default_data_dir() -> Path:
    """QIANHANG_DATA_DIR, else a folder in the user's home: the same rule as the settings use."""
    named = os.environ.get("QIANHANG_DATA_DIR", "")
    return Path(named).absolute() if named else Path.home() / ".local/share/qianhang"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who uses the data folder at the moment, as told by the lock file."""

    pid: int
    address: str = ""
    database_url: str = ""
    owner_url: str = ""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where each thing lies. The class makes folders and secrets; it never deletes."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def secret(self) -> Path:
        return self.root / "secret"

    @property
    def sessions_file(self) -> Path:
        """Which process sessions the present `up` has started, for the next one to clear after a kill -9."""
        return self.root / "sessions.json"

    @property
    def metrics(self) -> Path:
        """Where the processes of web and worker add up their counters for one Prometheus answer."""
        return self.root / "metrics"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        """Make what is missing, 0700. Raises ApplianceError when the folder is not this user's."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ApplianceError(
                f"The data folder {self.root} cannot be made: {error.strerror}.",
                remedy="Choose another with --data-dir.",
            ) from error
        found = self.root.stat()
        if found.st_uid != os.geteuid():
            raise ApplianceError(
                f"The data folder {self.root} belongs to another user.",
                remedy="Choose another with --data-dir, or start as the user who owns it.",
            )
        if not stat.S_ISDIR(found.st_mode):
            raise ApplianceError(f"{self.root} is not a folder.", remedy="Choose another with --data-dir.")
        for folder in (self.logs, self.objects, self.runs, self.secret):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._make_secret_key()

    def is_empty(self) -> bool:
        """No database and no secret: nothing that a restore could overwrite."""
        return not self.database.exists() and not (self.secret / "key").exists()

    @contextlib.contextmanager
    def locked(self) -> Iterator["Lock"]:
        """Hold the folder for this process. The kernel lets go when the process dies, however it dies.

        Raises ApplianceError (BUSY) that names the process which holds it.
        """
        handle = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            holder = self.holder()
            who = f"process {holder.pid}" if holder else "another process"
            where = f" It serves {holder.address}." if holder and holder.address else ""
            raise ApplianceError(
                f"The data folder {self.root} is in use by {who}.{where}",
                remedy=f"Stop that one first (kill {holder.pid if holder else 'PID'}), or choose another --data-dir.",
                exit_code=ExitCode.BUSY,
            ) from None
        try:
            lock = Lock(handle)
            lock.describe(Holder(os.getpid()))
            yield lock
        finally:
            os.ftruncate(handle, 0)
            os.close(handle)

    def holder(self) -> Holder | None:
        """The live process that holds the folder, or None. Asks the lock, not the text: a killed one leaves text."""
        try:
            handle = os.open(self.lock_file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(ValueError, TypeError):
                return Holder(**json.loads(os.pread(handle, MAX_LOCK_TEXT, 0)))
            return Holder(pid=0)
        finally:
            os.close(handle)
        return None

    def _make_secret_key(self) -> None:
        """What signs sessions and seals secrets: made once, readable by its owner only."""
        unfinished = self.secret / f"key.{os.getpid()}"
        if (self.secret / "key").exists():
            return
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(48) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        # A link fails where a rename would overwrite: two first starts must agree on one key.
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, self.secret / "key")
        unfinished.unlink()


class Lock:
    """A held data folder."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def describe(self, holder: Holder) -> None:
        """Tell others who holds the folder and where its database and its pages are."""
        text = json.dumps(asdict(holder)).encode()
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text, 0)
