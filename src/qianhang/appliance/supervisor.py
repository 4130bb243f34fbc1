"""`qianhang up`: one foreground process that starts every part, watches it, and stops everything in order."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType

import psycopg

from qianhang.appliance import database, schema_state
from qianhang.appliance.folder import DataFolder, Holder, Lock
from qianhang.appliance.logs import open_log, rotate, tail
from qianhang.appliance.parts import SILENT_TOO_LONG_S, Part, State, describe_exit
from qianhang.appliance.ports import assert_free, is_local, names_of, reachable_host
from qianhang.appliance.postgres import EmbeddedPostgres
from qianhang.appliance.problems import ApplianceError
from qianhang.appliance.processes import end_all, leftovers, reap_strangers
from qianhang.appliance.sandbox import describe_sandbox
from qianhang.appliance.status import Board, board, step

TICK_S = 0.1
READY_WITHIN_S = 120.0
HEALTH_EVERY_S = 5.0
WEB_PATIENCE_S, WORKER_PATIENCE_S, RUNS_PATIENCE_S = 10.0, 15.0, 15.0


@dataclass(frozen=True, slots=True)
class Options:
    folder: DataFolder
    host: str
    port: int
    demo: bool
    browser: bool

    @property
    def address(self) -> str:
        return f"http://{reachable_host(self.host)}:{self.port}"


class Supervisor:
    """Runs in the main thread: children are tied to the thread that started them."""

    def __init__(self, options: Options, board: Board) -> None:
        self._options = options
        self._folder = options.folder
        self._board = board
        self._server: EmbeddedPostgres | None = None
        self._parts: list[Part] = []
        self._seeding: subprocess.Popen[bytes] | None = None
        self._stops = 0
        self._last_answer: dict[str, float] = {}

    # ---- the whole life

    def run(self) -> None:
        """Start everything, stay until told to stop, stop everything. Raises ApplianceError when it cannot start."""
        if self._folder.is_empty():
            # Nobody has started here, so nothing of ours holds the port: refuse before anything is made.
            assert_free(self._options.host, self._options.port)
        self._folder.prepare()
        with self._folder.locked() as lock, ExitStack() as stack:
            stack.enter_context(self._signals())
            stack.enter_context(self._board)
            self._end_leftovers()
            assert_free(self._options.host, self._options.port)
            try:
                access = self._start_database()
                self._migrate(access)
                self._start_parts(access, lock)
                self._wait_until_ready()
                if not self._stops:
                    # After the pages are up: whoever waits for one should not share the processor with the seeding.
                    if self._options.demo:
                        self._seed(self._environment(access))
                    self._welcome()
                self._watch()
            finally:
                self._stop()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stops += 1
            if self._stops > 1:
                self._hurry()

        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, stop) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    # ---- starting

    def _end_leftovers(self) -> None:
        """Web and worker of a killed supervisor end by themselves; this makes sure before their port is needed."""
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            end_all(
                leftovers(self._folder.root, json.loads(self._folder.sessions_file.read_text("ascii"))), patience_s=5
            )

    def _start_database(self) -> database.Access:
        if (outside := database.outside_database()) is not None:
            with step(self._board, "database", "outside PostgreSQL"):
                version = database.check_outside(outside)
            self._board.show("database", "ready", f"outside PostgreSQL {version}")
            return outside
        self._server = database.embedded(self._folder)
        fresh = not self._folder.database.exists()
        with step(self._board, "database", "making a new one" if fresh else "opening"):
            self._server.start()
        self._show_database(self._server)
        return database.access_to(self._server)

    def _migrate(self, access: database.Access) -> None:
        if schema_state.is_current(access.app):
            self._board.show("migrations", "ready", "nothing to do")
            return
        log = self._folder.logs / "migrations.log"
        with step(self._board, "migrations", "applying"):
            done = self._run_to_end(["migrate"], self._environment(access), log)
            if done != 0 and not self._stops:
                raise ApplianceError(
                    f"The migrations {describe_exit(done)}:\n{tail(log)}",
                    remedy=f"Nothing was lost; the whole log is {log}.",
                )
        self._board.show("migrations", "ready", "applied")

    def _start_parts(self, access: database.Access, lock: Lock) -> None:
        if self._stops:
            return
        options, environment = self._options, self._environment(access)
        serve = ["serve", "--host", options.host, "--port", str(options.port)]
        self._parts = [
            Part("web", _command(serve), self._folder.logs / "web.log", self._web_answers, environment),
            Part("worker", _command(["worker"]), self._folder.logs / "worker.log", _Heartbeat(access.app), environment),
        ]
        # Counters of processes that no longer exist.
        shutil.rmtree(self._folder.metrics, ignore_errors=True)
        self._folder.metrics.mkdir(mode=0o700)
        for part in self._parts:
            self._launch(part)
        self._board.show("compute", "ready", describe_sandbox())
        # An outside database's address may hold a password, and whoever needs it has it in the environment.
        urls = (access.app, access.owner) if self._server is not None else ("", "")
        lock.describe(Holder(os.getpid(), options.address, *urls))
        threading.Thread(target=self._ask_for_health, name="health", daemon=True).start()

    def _seed(self, environment: Mapping[str, str]) -> None:
        self._board.show("demo", "starting", "the demo region")
        log = open_log(self._folder.logs / "demo.log")
        try:
            self._seeding = subprocess.Popen(
                _command(["demo-seed", "--json"]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        finally:
            os.close(log)

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        while not self._stops and not all(part.was_ready for part in self._parts):
            self._tick()
            late = time.monotonic() - began > READY_WITHIN_S
            for part in self._parts:
                if part.is_hopeless() or (late and not part.was_ready):
                    raise ApplianceError(
                        f"The {part.name} does not start. The end of {part.log}:\n{tail(part.log)}",
                        remedy="`qianhang doctor` checks the usual reasons.",
                    )

    def _welcome(self) -> None:
        options = self._options
        lines = ["", f"Qianhang is ready: {options.address}"]
        if not is_local(options.host):
            lines.append(f"It listens on {options.host}: everyone who reaches this machine can open it.")
        if self._seeding is not None:
            lines += self._sign_ins(self._seeding)
        lines += [f"Data and logs are in {self._folder.root}", "Ctrl-C stops everything.", ""]
        self._board.say("\n".join(lines))
        if options.browser and sys.stdout.isatty() and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            webbrowser.open(options.address)

    def _sign_ins(self, seeding: subprocess.Popen[bytes]) -> list[str]:
        text, _ = seeding.communicate()
        if seeding.returncode != 0:
            self._board.show("demo", "failed", f"see {self._folder.logs / 'demo.log'}")
            return [f"The demo region could not be made:\n{tail(self._folder.logs / 'demo.log')}"]
        self._board.show("demo", "ready", "invented organisations, marked as such")
        accounts = json.loads(text)
        width = max((len(account["email"]) for account in accounts), default=0)
        return ["Demo sign-ins:"] + [
            f"  {account['email']:<{width}}  {account['password']}  {account['role']}" for account in accounts
        ]

    # ---- watching

    def _watch(self) -> None:
        rotated = time.monotonic()
        while not self._stops:
            self._tick()
            if time.monotonic() - rotated > HEALTH_EVERY_S:
                rotated = time.monotonic()
                for log in self._folder.logs.glob("*.log"):
                    rotate(log)

    def _tick(self) -> None:
        if os.getpid() == 1:
            known = [part.process.pid for part in self._parts if part.process]
            known += [p.pid for p in (self._seeding, self._server and self._server.process) if p]
            reap_strangers(known)
        if self._server is not None and not self._server.is_running():
            self._recover(self._server)
        for part in self._parts:
            self._look_after(part)
        time.sleep(TICK_S)

    def _recover(self, server: EmbeddedPostgres) -> None:
        try:
            with step(self._board, "database", "died; recovering"):
                server.start()
            self._show_database(server)
        except psycopg.OperationalError:
            # It died again while it was asked; the next tick finds it dead and starts it again.
            self._board.show("database", "restarting", "died again")

    def _look_after(self, part: Part) -> None:
        if (status := part.died()) is not None:
            self._board.show(part.name, part.state, f"{describe_exit(status)}; log: {part.log}")
        elif part.process is None:
            if time.monotonic() >= part.restart_at:
                self._launch(part)
        elif part.state is not State.READY and self._last_answer.get(part.name, 0.0) > part.started:
            part.state, part.was_ready = State.READY, True
            self._board.show(part.name, part.state, self._options.address if part.name == "web" else "taking jobs")
        elif part.is_stuck(answered_at=self._last_answer.get(part.name, 0.0)):
            self._board.show(part.name, "restarting", "does not answer")
            part.process.kill()

    def _ask_for_health(self) -> None:
        """A thread: a slow answer must not delay restarts or Ctrl-C."""
        next_ask: dict[str, float] = {}
        while not self._stops:
            for part in self._parts:
                if part.process is None or time.monotonic() < next_ask.get(part.name, 0.0):
                    continue
                began = time.monotonic()
                if part.ready(part):
                    self._last_answer[part.name] = began
                    part.unanswered = 0
                else:
                    part.unanswered += 1
                settled = part.state is State.READY
                next_ask[part.name] = time.monotonic() + (HEALTH_EVERY_S if settled else TICK_S)
            time.sleep(TICK_S)

    def _web_answers(self, part: Part) -> bool:
        # A settled server is only asked whether it lives: an outage of the database is not its fault.
        path = "/healthz" if part.was_ready else "/readyz"
        host = reachable_host(self._options.host).strip("[]")
        try:
            connection = http.client.HTTPConnection(host, self._options.port, timeout=10)
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    # ---- stopping

    def _stop(self) -> None:
        """Front to back, so that nothing new arrives at a part that is already gone."""
        self._stops = max(self._stops, 1)
        patience = dict(zip(("web", "worker"), (WEB_PATIENCE_S, WORKER_PATIENCE_S), strict=True))
        if self._seeding is not None and self._seeding.poll() is None:
            self._seeding.terminate()
            self._seeding.wait()
        for part in self._parts:
            self._board.show(part.name, "stopping")
            part.stop(patience_s=patience[part.name])
            self._board.show(part.name, "stopped")
        if self._parts and any(self._folder.runs.iterdir()):
            self._board.show("compute", "stopping", "running jobs end and start again with the next `up`")
            with contextlib.suppress(subprocess.TimeoutExpired):
                command = [sys.executable, "-m", "qianhang.compute.connectors.local.stop", str(self._folder.runs)]
                log = open_log(self._folder.logs / "worker.log")
                subprocess.run(command, stdout=log, stderr=log, timeout=RUNS_PATIENCE_S, check=False)
                os.close(log)
        self._board.show("compute", "stopped")
        if self._server is not None:
            self._board.show("database", "stopping")
            self._server.stop()
            self._board.show("database", "stopped")

    def _hurry(self) -> None:
        """The second Ctrl-C: everything but the database ends at once, and that recovers from anything."""
        for part in self._parts:
            if part.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(part.process.pid, signal.SIGKILL)
        if self._server is not None and self._server.process is not None:
            self._server.process.send_signal(signal.SIGQUIT)

    # ---- small parts

    def _launch(self, part: Part) -> None:
        self._board.show(part.name, "starting")
        part.start()
        sessions = [part.process.pid for part in self._parts if part.process is not None]
        self._folder.sessions_file.write_text(json.dumps(sessions), "ascii")

    def _show_database(self, server: EmbeddedPostgres) -> None:
        self._board.show("database", "ready", f"embedded PostgreSQL {server.version()}")

    def _environment(self, access: database.Access) -> dict[str, str]:
        names = os.environ.get("QIANHANG_ALLOWED_HOSTS") or ",".join(names_of(self._options.host))
        return {
            **access.environment(),
            "QIANHANG_DATA_DIR": str(self._folder.root),
            "QIANHANG_ALLOWED_HOSTS": names,
            "QIANHANG_LOG_FORMAT": os.environ.get("QIANHANG_LOG_FORMAT", "json"),
            "PROMETHEUS_MULTIPROC_DIR": str(self._folder.metrics),
            "PYTHONUNBUFFERED": "1",
        }

    def _run_to_end(self, arguments: Sequence[str], environment: Mapping[str, str], log: "os.PathLike[str]") -> int:
        handle = open_log(self._folder.logs / os.fspath(log))
        try:
            process = subprocess.Popen(
                _command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        finally:
            os.close(handle)
        while process.poll() is None:
            if self._stops:
                process.terminate()
            time.sleep(TICK_S)
        return process.returncode


class _Heartbeat:
    """Has a worker told the database that it lives, since this one was started?"""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def __call__(self, part: Part) -> bool:
        age_s = time.monotonic() - part.started if not part.was_ready else SILENT_TOO_LONG_S / 2
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, connect_timeout=5, autocommit=True)
            row = self._connection.execute(
                "SELECT max(last_heartbeat) > clock_timestamp() - make_interval(secs => %s) FROM procrastinate_workers",
                [age_s],
            ).fetchone()
        except psycopg.Error:
            if self._connection is not None:
                self._connection.close()
            return False
        return bool(row and row[0])


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "qianhang", *arguments]


def up(options: Options) -> None:
    Supervisor(options, board()).run()
