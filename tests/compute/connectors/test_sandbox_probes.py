"""Attacks from inside a real sandbox. Each must fail, and the machine must not notice."""

import dataclasses
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qianhang.compute.connectors.local import isolation
from qianhang.compute.connectors.local.connector import LocalConnector
from qianhang.compute.ports import Capability, SubmitRefused
from qianhang.compute.rules.states import State

from .contract import FOREVER, shell
from .probing import probe
from .waiting import status_of, wait_for_end, wait_until

pytestmark = pytest.mark.sandbox

NO_FILE, NOT_ALLOWED, READ_ONLY, ABSENT = "ENOENT", "EPERM", "EROFS", "ENOSYS"


@pytest.fixture
def victim(local: LocalConnector) -> Iterator[object]:
    """Another tenant's job, running, with a secret in its folder."""
    request = shell(f"echo secret > private; {FOREVER}", secrets={"KEY": "victims-key"})
    local.submit(request)
    wait_until(lambda: local.read_log(request.run_id).data)
    yield request.run_id
    assert status_of(local, request.run_id).state == State.RUNNING, "an attack has reached another tenant's job"
    local.cancel(request.run_id)
    wait_for_end(local, request.run_id)


class TestFiles:
    def test_nothing_of_the_host_can_be_read(
        self, local: LocalConnector, local_root: Path, victim: object, tmp_path: Path
    ) -> None:
        (tmp_path / "settings.toml").write_text("password")
        found = probe(
            local,
            f"""
            for path in ["/etc/shadow", {str(tmp_path / "settings.toml")!r}, {str(local_root)!r},
                         {f"{local_root}/runs/{victim}/work/private"!r}, {f"{local_root}/runs/{victim}/request.json"!r},
                         "/var/lib", "/var/lib/qianhang", "/var/log", "/run", "/boot", "/sys", "/mnt", "/srv"]:
                attempt(path, lambda: os.listdir(path) if os.path.isdir(path) else open(path).read())
            """,
        )
        assert len(found.attempts) == 13
        assert set(found.attempts.values()) == {NO_FILE}

    def test_home_folders_are_empty_and_the_root_holds_only_the_system(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            print("root:", *sorted(os.listdir("/")))
            print("home:", *os.listdir("/home"))
            print("people:", *(line.split(":")[0] for line in open("/etc/passwd")))
            print("etc:", *sorted(os.listdir("/etc")))
            """,
        )
        allowed = {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "opt", "proc", "sbin", "tmp", "usr"}
        # The lent interpreter's own path is the one thing that may show besides.
        shown = set(found.attempts["root"].split()) - {"var", "work"} - {Path(sys.base_prefix).parts[1]}
        assert shown <= allowed
        assert found.attempts.get("home", "") == ""
        assert found.attempts["people"] == "root job nobody"
        assert "shadow" not in found.attempts["etc"]

    def test_nothing_outside_the_work_folder_can_be_written(self, local: LocalConnector) -> None:
        found = probe(
            local,
            f"""
            places = ["/", "/usr", "/usr/bin", "/etc", "/dev", "/home", "/opt", "/opt/qianhang/venv", "/var",
                      {sys.base_prefix!r}]
            for place in places:
                attempt(place, lambda: open(os.path.join(place, "planted"), "w").close())
            attempt("/usr/bin/env", lambda: open("/usr/bin/env", "ab").close())
            attempt("/etc/passwd", lambda: open("/etc/passwd", "ab").close())
            attempt("/proc/sys/kernel/hostname", lambda: open("/proc/sys/kernel/hostname", "w").write("mine"))
            attempt("/proc/sysrq-trigger", lambda: open("/proc/sysrq-trigger", "w").write("b"))
            for place in ["/work", "/tmp", "/dev/shm"]:
                open(os.path.join(place, "planted"), "w").close()
            """,
        )
        assert found.status.state == State.SUCCEEDED
        # Some kernels have no sysrq file at all.
        assert set(found.attempts.values()) - {READ_ONLY, "EACCES", NOT_ALLOWED} <= {NO_FILE}
        assert found.attempts["/"] == found.attempts["/usr/bin"] == found.attempts["/etc/passwd"] == READ_ONLY
        assert len(found.attempts) == 14
        assert not Path("/tmp/planted").exists()
        assert not Path("/dev/shm/planted").exists()

    def test_nothing_of_the_platforms_environment_is_visible(
        self, local: LocalConnector, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QIANHANG_SECRET_KEY", "canary-in-the-environment")
        found = probe(
            local,
            """
            for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
                attempt(f"environ {pid}", lambda: open(f"/proc/{pid}/environ", "rb").read())
            print(sorted(os.environ))
            """,
        )
        assert "canary" not in found.log
        assert "QIANHANG_SECRET_KEY" not in found.log
        assert "QIANHANG_DATABASE_URL" not in found.log

    def test_leaving_through_proc_leads_back_into_the_sandbox(self, local: LocalConnector, tmp_path: Path) -> None:
        (tmp_path / "host-only").write_text("x")
        found = probe(
            local,
            f"""
            for door in ["/proc/1/root", "/proc/self/root", "/proc/1/cwd/../../../.."]:
                attempt(door, lambda: open(door + {str(tmp_path / "host-only")!r}).read())
            for fd in os.listdir("/proc/self/fd"):
                attempt(f"fd {{fd}}", lambda: os.listdir(f"/proc/self/fd/{{fd}}/.."))
            """,
        )
        doors = [outcome for name, outcome in found.attempts.items() if name.startswith("/proc")]
        assert len(doors) == 3
        assert set(doors) <= {NO_FILE, "EACCES"}
        assert not [v for k, v in found.attempts.items() if k.startswith("fd") and v.startswith("DONE")]


class TestNetwork:
    @pytest.fixture
    def listener(self) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server.getsockname()[1]

    def _connects(self, port: int) -> str:
        return f"""
            attempt("loopback", lambda: socket.create_connection(("127.0.0.1", {port}), 3).close())
            attempt("outside", lambda: socket.create_connection(("192.0.2.1", 80), 3).close())
            """

    def test_neither_this_machine_nor_the_world_can_be_reached(self, local: LocalConnector, listener: int) -> None:
        found = probe(local, self._connects(listener))
        assert found.attempts == {"loopback": "ECONNREFUSED", "outside": "ENETUNREACH"}

    def test_the_probe_connects_where_the_network_is_lent(self, local_root: Path, listener: int) -> None:
        lending = LocalConnector(local_root, lends_network=True)
        assert probe(lending, self._connects(listener), network=True).attempts["loopback"] == "DONE None"

    def test_a_network_that_nobody_lends_is_not_for_the_asking(self, local: LocalConnector) -> None:
        with pytest.raises(SubmitRefused, match="lends its network to no job"):
            probe(local, "", network=True)
        assert Capability.NETWORK not in local.capabilities

    def test_the_databases_socket_cannot_be_reached(self, local: LocalConnector, tmp_path: Path) -> None:
        path, abstract = str(tmp_path / ".s.PGSQL.5432"), f"\0qianhang-probe-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as by_path, socket.socket(socket.AF_UNIX) as by_name:
            for server, address in ((by_path, path), (by_name, abstract)):
                server.bind(address)
                server.listen()
            found = probe(
                local,
                f"""
                attempt("path", lambda: socket.socket(socket.AF_UNIX).connect({path!r}))
                attempt("abstract", lambda: socket.socket(socket.AF_UNIX).connect({abstract!r}))
                """,
            )
        assert found.attempts == {"path": NO_FILE, "abstract": "ECONNREFUSED"}

    def test_unusual_socket_families_are_refused(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
            attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
            attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
            attempt("crypto", lambda: socket.socket(38, socket.SOCK_SEQPACKET))
            """,
        )
        refused = "EAFNOSUPPORT" if isolation.detect().seccomp else NOT_ALLOWED
        assert found.attempts["packet"] in {refused, NOT_ALLOWED}
        assert found.attempts["raw"] == NOT_ALLOWED
        if isolation.detect().seccomp:
            assert (found.attempts["vsock"], found.attempts["crypto"]) == (refused, refused)


class TestProcesses:
    def test_only_its_own_processes_are_seen_and_signalled(self, local: LocalConnector, victim: object) -> None:
        found = probe(
            local,
            f"""
            print("pids:", len([name for name in os.listdir("/proc") if name.isdigit()]))
            attempt("host process", lambda: os.kill({os.getpid()}, signal.SIGKILL))
            attempt("init", lambda: os.kill(1, signal.SIGKILL))
            attempt("parent", lambda: os.kill(os.getppid(), signal.SIGKILL))
            print("still: here", flush=True)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            attempt("everyone", lambda: os.kill(-1, signal.SIGTERM))
            """,
        )
        assert int(found.attempts["pids"]) <= 3
        assert found.attempts["host process"] == "ESRCH"
        # The kernel drops what a namespace's own members send to its init.
        assert found.attempts["still"] == "here"

    def test_a_daemon_does_not_outlive_its_job(self, local: LocalConnector, local_root: Path) -> None:
        found = probe(
            local,
            """
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    sys.stdout = open("/dev/null", "w"); os.close(1); os.close(2)
                    while True:
                        open("/work/alive", "a").write("x"); time.sleep(0.02)
                os._exit(0)
            time.sleep(0.3)
            """,
        )
        alive = local_root / "runs" / str(found.run_id) / "work" / "alive"
        size = alive.stat().st_size
        assert size > 0
        threading.Event().wait(0.2)
        assert alive.stat().st_size == size

    def test_tracing_is_refused(self, local: LocalConnector) -> None:
        if not isolation.detect().seccomp:
            pytest.skip("no system-call filter on this machine")
        found = probe(
            local,
            """
            def trace(request, pid):
                if libc.ptrace(request, pid, 0, 0) == -1:
                    raise OSError(ctypes.get_errno(), "")
            attempt("traceme", lambda: trace(0, 0))
            attempt("attach init", lambda: trace(16, 1))
            attempt("memory of init", lambda: open("/proc/1/mem", "rb").read(1))
            """,
        )
        assert found.attempts["traceme"] == NOT_ALLOWED
        assert found.attempts["attach init"] == NOT_ALLOWED
        assert not found.attempts["memory of init"].startswith("DONE")

    def test_it_holds_no_descriptor_but_its_own_three(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            fds = sorted(map(int, os.listdir("/proc/self/fd")))
            print("open:", *(fd for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")))
            print("input:", os.readlink("/proc/self/fd/0"))
            """,
        )
        assert (found.attempts["open"], found.attempts["input"]) == ("0 1 2", "/dev/null")


class TestPrivileges:
    def test_there_are_no_capabilities_and_no_way_to_get_any(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            for line in open("/proc/self/status"):
                if line.startswith(("Cap", "NoNewPrivs", "Seccomp:")):
                    print(line.replace(":\\t", ": "), end="")
            attempt("setuid", lambda: os.setuid(0))
            attempt("setgid", lambda: os.setgid(0))
            attempt("setgroups", lambda: os.setgroups([0]))
            attempt("chown", lambda: (open("f", "w").close(), os.chown("f", 0, 0)))
            attempt("mknod", lambda: os.mknod("disk", 0o660 | 0o060000, os.makedev(8, 0)))
            attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20))
            """,
        )
        names = [name for name in found.attempts if name.startswith("Cap")]
        assert {found.attempts[name] for name in names} == {"0" * 16}
        assert len(names) == 5
        assert found.attempts["NoNewPrivs"] == "1"
        assert found.attempts["Seccomp"] == ("2" if isolation.detect().seccomp else "0")
        refused = {found.attempts[name] for name in ("setuid", "setgid", "setgroups", "chown", "mknod", "nice")}
        assert refused <= {NOT_ALLOWED, "EINVAL", "EACCES"}

    @pytest.mark.parametrize("with_filter", [True, False])
    def test_nested_namespaces_are_refused_with_and_without_the_filter(
        self, local_root: Path, *, with_filter: bool
    ) -> None:
        found_level = isolation.detect()
        if with_filter and not found_level.seccomp:
            pytest.skip("no system-call filter on this machine")
        if not with_filter and (not found_level.bubblewrap or not found_level.bubblewrap.knows("--disable-userns")):
            pytest.skip("this bubblewrap has no --disable-userns")
        local = LocalConnector(local_root, isolation=dataclasses.replace(found_level, seccomp=with_filter))
        found = probe(
            local,
            """
            def unshare(flags):
                if libc.unshare(flags) == -1:
                    raise OSError(ctypes.get_errno(), "")
            attempt("user", lambda: unshare(0x10000000))
            attempt("mount", lambda: unshare(0x00020000))
            attempt("pid", lambda: unshare(0x20000000))
            attempt("net", lambda: unshare(0x40000000))
            def cloned():
                pid = call(56, 0x10000000 | 17, 0, 0, 0, 0)
                if pid == 0:
                    os._exit(0)
            if os.uname().machine == "x86_64":
                attempt("clone", cloned)
            """,
        )
        assert found.status.state == State.SUCCEEDED
        assert set(found.attempts.values()) <= {NOT_ALLOWED, "ENOSPC"}

    def test_mounts_and_kernel_doors_are_refused(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            def mount(*arguments):
                if libc.mount(*arguments) == -1:
                    raise OSError(ctypes.get_errno(), "")
            attempt("tmpfs", lambda: mount(b"none", b"/work", b"tmpfs", 0, None))
            attempt("remount", lambda: mount(b"none", b"/", None, 4096 | 32, None))
            def umount():
                if libc.umount2(b"/proc", 2) == -1:
                    raise OSError(ctypes.get_errno(), "")
            attempt("umount", umount)
            attempt("chroot", lambda: os.chroot("/work"))
            attempt("hostname", lambda: socket.sethostname("mine"))
            attempt("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
            """,
        )
        assert set(found.attempts.values()) == {NOT_ALLOWED}

    def test_risky_kernel_subsystems_are_closed_by_the_filter(self, local: LocalConnector) -> None:
        if not isolation.detect().seccomp or os.uname().machine != "x86_64":
            pytest.skip("needs the system-call filter, and knows the numbers of x86_64 only")
        found = probe(
            local,
            """
            for name, number in {"bpf": 321, "perf": 298, "keyctl": 250, "add_key": 248, "userfaultfd": 323,
                                 "io_uring": 425, "clone3": 435, "fsopen": 430, "kexec": 246,
                                 "x32 getpid": 0x40000027}.items():
                attempt(name, lambda: call(number, 0, 0, 0, 0, 0))
            """,
        )
        absent = {name for name, outcome in found.attempts.items() if outcome == ABSENT}
        assert absent == {"io_uring", "clone3", "x32 getpid"}
        assert {outcome for name, outcome in found.attempts.items() if name not in absent} == {NOT_ALLOWED}
        assert len(found.attempts) == 10
