"""Starts the job's first process, in bubblewrap or bare, and ends its whole tree."""

from __future__ import annotations

import os
import resource
import signal

from .tree import children, descendants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .plan import Plan

_EXIT_CODE = b'"exit-code": '
_CHILD_PID = b'"child-pid": '


class Child:
    """The job's processes: all below `root`, which is the sandbox's init or, without a sandbox, the shim itself.

    In a sandbox, bubblewrap reports on `status_fd` which process is init, waits for `release`, and reports an exit code
    only of a command that could be executed at all.
    """

    def __init__(self, plan: Plan, log_pipe: int) -> None:
        self._plan = plan
        self._sandboxed = bool(plan["bwrap"])
        self._status = b""
        self._released = False
        self._init = -1
        self._asked: set[int] = set()
        self.reaped = False
        status_read, status_write = os.pipe()
        gate_read, self._gate = os.pipe()
        self.status_fd = status_read
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._exec(log_pipe, status_write, gate_read)
            except Exception as error:
                os.write(2, f"{error}\n".encode("utf-8", "backslashreplace"))
            finally:
                os._exit(127)
        os.close(status_write)
        os.close(gate_read)
        os.set_blocking(status_read, False)
        # Orphans of the job come to us: bubblewrap's init when bubblewrap is gone, which brings the exact use of the
        # whole tree with it, or without a sandbox every process that its parent has left.
        _become_subreaper()
        self.root = 0 if self._sandboxed else os.getpid()

    def _exec(self, log_pipe: int, status: int, gate: int) -> None:
        """In the new process, up to the exec. Everything set here is inherited by the whole tree."""
        plan = self._plan
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(log_pipe, 1)
        os.dup2(log_pipe, 2)
        # Signals that Python ignores would stay ignored across exec.
        for number in (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.umask(0o022)
        for name, (soft, hard) in plan["rlimits"].items():
            resource.setrlimit(getattr(resource, name), (soft, hard))
        if plan["cores"]:
            os.sched_setaffinity(0, plan["cores"])
        os.nice(plan["nice"])
        with open("/proc/self/oom_score_adj", "wb") as file:
            # When the host itself runs out of memory, jobs go before the platform and its database.
            file.write(b"800")
        if not self._sandboxed:
            self._exec_bare(gate)
        fds = [status, gate, _sealed(b"".join(part + b"\0" for part in plan["bwrap_args"]))]
        options = ["--json-status-fd", str(fds[0]), "--block-fd", str(fds[1])]
        if plan["seccomp"]:
            fds.append(_sealed(plan["seccomp"]))
            options += ["--seccomp", str(fds[3])]
        # Our own end of the gate goes along, for bubblewrap to hold and not the command: if the shim dies now, the gate
        # stays shut instead of falling open.
        options += ["--sync-fd", str(self._gate)]
        for fd in (*fds, self._gate):
            os.set_inheritable(fd, True)  # noqa: FBT003 - no keyword in os
        # Arguments travel in a file: the job's environment, with its secrets, is in them, and argv is public.
        os.execve(plan["bwrap"], [plan["bwrap"], *options, "--args", str(fds[2]), "--", *plan["command"]], {})  # noqa: S606 - meant

    def _exec_bare(self, gate: int) -> None:
        _die_with_parent()
        os.setsid()
        # Without a namespace of its own the limit counts all that this user runs, so that much is added.
        limit = self._plan["process_limit"] + _own_threads()
        hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        if hard == resource.RLIM_INFINITY or limit < hard:
            resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
        os.read(gate, 1)
        os.chdir(self._plan["work"])
        try:
            os.execvpe(self._plan["command"][0], self._plan["command"], self._plan["env"])  # noqa: S606 - meant
        except OSError as error:
            os.write(2, f"{self._plan['command'][0]}: {error.strerror}\n".encode())
            os._exit(126 if isinstance(error, PermissionError) else 127)

    def read_status(self) -> bool:
        """Takes in what bubblewrap reports; False at its end. Sets `root` as soon as init is known."""
        try:
            data = os.read(self.status_fd, 4096)
        except BlockingIOError:
            return True
        self._status += data
        if not self.root:
            self.root = self._number(_CHILD_PID) or 0
        return bool(data)

    @property
    def exit_code(self) -> int | None:
        """What bubblewrap reported of the command; None when the command was never executed."""
        return self._number(_EXIT_CODE)

    def _number(self, name: bytes) -> int | None:
        _, found, rest = self._status.partition(name)
        digits = rest[: len(rest) - len(rest.lstrip(b"0123456789"))]
        return int(digits) if found and digits and len(rest) > len(digits) else None

    def release(self) -> None:
        """Lets the command run, under limits that can only be set from outside.

        Raises ProcessLookupError if the sandbox has given up already. What is left of its init until its parent hears
        of the end can still be named and limited; only that nobody holds the gate any more tells.
        """
        if self._released:
            return
        self._released = True
        limit = self._plan["process_limit"]
        if self._sandboxed:
            self._init = os.pidfd_open(self.root)
            # Inside its own user namespace the limit counts the sandbox's processes; set before the namespace exists,
            # it would count everything that the worker's user runs.
            resource.prlimit(self.root, resource.RLIMIT_NPROC, (limit, limit))
            self._enter_group()
        try:
            os.write(self._gate, b"1")
        except BrokenPipeError as error:
            raise ProcessLookupError(error.errno, "The sandbox gave up before it was released.") from error

    def _enter_group(self) -> None:
        for folder in self._plan["cgroup"]:
            os.makedirs(folder, exist_ok=True)
        for file, value, optional in self._plan["cgroup_limits"]:
            try:
                _write(file, value)
            except OSError:
                if not optional:
                    raise
        for file in self._plan["cgroup_procs"]:
            _write(file, str(self.root))

    def terminate(self) -> None:
        """Asks every process of the job to end, each once: called again, it asks those that are new. The sandbox's init
        itself hears no such signal."""
        for pid in descendants(self.root) if self.root else ():
            if pid not in self._asked:
                self._asked.add(pid)
                _signal(pid, signal.SIGTERM)

    def kill(self) -> None:
        """Ends the whole tree at once: bubblewrap's init dies with bubblewrap, and its namespace with init."""
        if not self.reaped:
            _signal(self.pid, signal.SIGKILL)
        if self._sandboxed:
            if self._init >= 0:
                _signal_handle(self._init, signal.SIGKILL)
            self.kill_adopted()
            return
        for _ in range(100):  # A tree that forks while it is being killed needs several passes.
            pids = descendants(self.root)
            for pid in pids:
                _signal(pid, signal.SIGSTOP)
            for pid in pids:
                _signal(pid, signal.SIGKILL)
            self.reap_orphans()
            if not [pid for pid in descendants(self.root) if pid != self.pid]:
                return

    def kill_adopted(self) -> None:
        """Ends our own children: orphans of a sandbox that was killed before its init had tied itself to it, or of a
        bare job. Only we can wait for them, so their numbers are still theirs."""
        for pid in children(os.getpid()):
            if pid != self.pid:
                _signal(pid, signal.SIGKILL)

    def reap_orphans(self) -> None:
        """Without a sandbox, collects orphans while the job's first process, left for its own wait, still runs."""
        for pid in descendants(self.root):
            if pid != self.pid or self.reaped:
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    continue


def _sealed(data: bytes) -> int:
    fd = os.memfd_create("qianhang", os.MFD_CLOEXEC)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _signal_handle(pidfd: int, number: int) -> None:
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        return


def _own_threads() -> int:
    """Threads of this user on this machine."""
    count = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:  # Ended meanwhile.
            continue
    return count


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


# prctl(2). Loading ctypes takes milliseconds, so it happens while the sandbox is being set up.
def _become_subreaper() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def _die_with_parent() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)
