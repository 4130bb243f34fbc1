"""Bombs of every kind: the job ends or is held, says why, and the machine and its neighbours do not notice."""

import dataclasses
import os
import subprocess
import time
from pathlib import Path

import pytest

from qianhang.compute.connectors.local import isolation
from qianhang.compute.connectors.local.connector import LocalConnector
from qianhang.compute.connectors.local.folder import RunFolder
from qianhang.compute.rules.states import State

from .contract import FOREVER, shell
from .probing import probe, request_for
from .waiting import wait_for_end, wait_until, whole_log

pytestmark = pytest.mark.sandbox


@pytest.fixture(params=["as found", "without control groups"])
def local(request: pytest.FixtureRequest, local_root: Path) -> LocalConnector:
    """Each limit holds with control groups and, by watching and resource limits, without them."""
    level = isolation.detect()
    if request.param == "without control groups":
        if level.cgroup is None:
            pytest.skip("the same as found: this user has been handed no control group")
        level = dataclasses.replace(level, level="L1", cgroup=None)
    return LocalConnector(local_root, isolation=level, may_run_bare=True)


class TestProcesses:
    def test_a_fork_bomb_stops_at_its_limit_and_leaves_nothing(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            made = 0
            try:
                while made < 2000:
                    if os.fork() == 0:
                        while True: time.sleep(60)
                    made += 1
            except BlockingIOError:
                pass
            print("made:", made, flush=True)
            """,
            process_limit=64,
        )
        assert 40 <= int(found.attempts["made"]) <= 64
        assert found.status.state == State.SUCCEEDED
        mine = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"made < 2000" in _content(path)]
        assert mine == []

    def test_a_bomb_that_forks_from_everywhere_leaves_the_host_able_to_fork(self, local: LocalConnector) -> None:
        request = shell("bomb() { bomb | bomb & }; echo started; bomb; sleep 2", process_limit=64, time_limit_s=5)
        local.submit(request)
        wait_until(lambda: local.read_log(request.run_id).data)
        for _ in range(10):
            subprocess.run(["/bin/true"], check=True)
        wait_for_end(local, request.run_id)


class TestMemory:
    def test_one_greedy_process_does_not_get_it(self, local: LocalConnector) -> None:
        found = probe(local, "blocks = [bytearray(64 << 20) for _ in range(64)]; print('got it')", memory_mib=128)
        assert found.status.state == State.FAILED
        assert "got it" not in found.log
        assert local.usage(found.run_id).peak_memory_mib < 400

    def test_many_modest_processes_are_added_up(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            for _ in range(8):
                if os.fork() == 0:
                    block = bytearray(os.urandom(1) * (40 << 20)); time.sleep(30); os._exit(0)
            time.sleep(30)
            """,
            memory_mib=128,
        )
        assert (found.status.state, found.status.reason_code) == (State.FAILED, "memory_limit")
        assert "128 MiB" in found.log

    def test_pages_shared_after_a_fork_are_not_counted_twice(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            block = bytearray(b"x" * (100 << 20))
            children = []
            for _ in range(6):
                pid = os.fork()
                if pid == 0:
                    time.sleep(1.5); os._exit(0)
                children.append(pid)
            for pid in children: os.waitpid(pid, 0)
            print("fine: yes")
            """,
            memory_mib=256,
        )
        assert (found.status.state, found.attempts.get("fine")) == (State.SUCCEEDED, "yes")

    @pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
    def test_memory_file_systems_have_an_end_and_count(self, local: LocalConnector, place: str) -> None:
        found = probe(
            local,
            f"""
            def fill():
                with open("{place}/big", "wb") as file:
                    for _ in range(4096): file.write(b"x" * (1 << 20))
            attempt("fill", fill)
            time.sleep(1)
            """,
            memory_mib=64,
        )
        assert "DONE" not in found.log
        assert found.attempts.get("fill", "ENOSPC") == "ENOSPC"

    def test_memory_that_no_counter_shows_is_refused(self, local: LocalConnector) -> None:
        level = local.isolation()
        if level.cgroup or not level.seccomp:
            pytest.skip("a control group counts it here, or there is no filter to refuse it")
        found = probe(
            local,
            """
            attempt("memfd", lambda: os.memfd_create("x"))
            def shmget():
                if libc.shmget(0, 1 << 20, 0o1600) == -1:
                    raise OSError(ctypes.get_errno(), "")
            attempt("shm", shmget)
            """,
        )
        assert found.attempts == {"memfd": "ENOSYS", "shm": "ENOSYS"}


class TestDisk:
    def test_a_file_cannot_grow_over_the_limit(self, local: LocalConnector, local_root: Path) -> None:
        found = probe(
            local,
            """
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            attempt("sparse", lambda: os.truncate(os.open("sparse", os.O_CREAT | os.O_RDWR), 1 << 40))
            def write():
                with open("big", "wb", buffering=0) as file:
                    for _ in range(64): file.write(b"x" * (1 << 20))
            attempt("write", write)
            """,
            disk_mib=16,
        )
        assert found.attempts.get("sparse") == "EFBIG"
        assert (local_root / "runs" / str(found.run_id) / "work" / "big").stat().st_size <= 16 << 20

    @pytest.mark.parametrize(
        "bomb",
        [
            "for n in range(10_000): open(f'f{n}', 'wb').write(b'x' * (4 << 20)); time.sleep(0.01)",
            "keep = []\nfor n in range(900):\n    f = open('f', 'wb', buffering=0); os.unlink('f'); keep.append(f)\n"
            "    f.write(b'x' * (4 << 20)); time.sleep(0.01)",
            "os.mkdir('d')\nkeep = os.open('d', os.O_RDONLY)\nfor n in range(10_000):\n    os.chmod('d', 0o700)\n"
            "    open(f'd/f{n}', 'wb').write(b'x' * (4 << 20)); os.chmod('d', 0); time.sleep(0.01)",
        ],
        ids=["many files", "files without a name", "files in a closed folder"],
    )
    def test_many_files_are_added_up(self, local: LocalConnector, bomb: str) -> None:
        found = probe(local, "\n".join(["", *bomb.splitlines()]), disk_mib=32)
        assert (found.status.state, found.status.reason_code) == (State.FAILED, "disk_limit")

    def test_a_closed_folder_can_still_be_forgotten(self, local: LocalConnector, local_root: Path) -> None:
        found = probe(local, "os.makedirs('a/b'); open('a/b/c', 'w').close(); os.chmod('a/b', 0); os.chmod('a', 0)")
        local.forget(found.run_id)
        assert not (local_root / "runs" / str(found.run_id)).exists()

    def test_a_log_on_a_full_disk_is_cut_and_the_run_goes_on(self, tmp_path: Path) -> None:
        # /dev/full answers every write with "no space left".
        from qianhang.compute.connectors.local.shim.log_file import LogFile

        read, write = os.pipe()
        os.write(write, b"words\n")
        log = LogFile("/dev/full", 1000)
        assert log.drain(read)
        os.write(write, b"more\n")
        assert log.drain(read)
        assert (log.truncated, log.bytes) == (True, 0)


class TestLog:
    def test_a_flood_of_output_is_cut_quickly_and_in_little_memory(
        self, local: LocalConnector, local_root: Path
    ) -> None:
        request = shell("head -c 1000000000 /dev/zero; echo; echo end", log_limit_bytes=1 << 20)
        started = time.monotonic()
        local.submit(request)
        peak = 0
        shim = RunFolder(local_root, str(request.run_id))
        while shim.is_live():
            identity = shim._read(shim.path / "shim.json")
            peak = max(peak, _resident_mib(identity["pid"]) if identity else 0)
        assert wait_for_end(local, request.run_id).state == State.SUCCEEDED
        assert time.monotonic() - started < 30
        assert 0 < peak < 64
        log = whole_log(local, request.run_id)
        assert log[: 1 << 20] == bytes(1 << 20)
        assert (
            log[1 << 20 :]
            == b"\n[qianhang] The log ends here: longer than 1048576 bytes. What followed was not kept.\n"
        )

    def test_bytes_that_are_no_text_come_through_as_they_are(self, local: LocalConnector) -> None:
        request = shell(r"printf '\377\376\000\033[2J\r\n'")
        local.submit(request)
        wait_for_end(local, request.run_id)
        assert whole_log(local, request.run_id) == b"\xff\xfe\x00\x1b[2J\r\n"


class TestCores:
    def test_a_job_with_one_cpu_stays_on_one_core(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            print("before:", len(os.sched_getaffinity(0)))
            attempt("escape", lambda: os.sched_setaffinity(0, range(os.cpu_count())))
            print("after:", len(os.sched_getaffinity(0)))
            """,
        )
        assert found.attempts["before"] == "1"
        if local.isolation().seccomp and not local.isolation().cgroup:
            assert (found.attempts["escape"], found.attempts["after"]) == ("EPERM", "1")

    def test_a_job_with_one_cpu_gets_the_time_of_one(self, local: LocalConnector) -> None:
        found = probe(
            local,
            """
            for _ in range(4):
                if os.fork() == 0:
                    try: os.sched_setaffinity(0, range(os.cpu_count()))
                    except OSError: pass
                    end = time.monotonic() + 1.5
                    while time.monotonic() < end: pass
                    os._exit(0)
            for _ in range(4): os.wait()
            """,
        )
        usage = local.usage(found.run_id)
        assert usage.elapsed_ms >= 1_500
        assert usage.cpu_ms_used < usage.elapsed_ms * 1.25

    def test_two_jobs_get_different_cores(self, local: LocalConnector) -> None:
        if len(os.sched_getaffinity(0)) < 2:
            pytest.skip("needs two cores")
        first = shell(f"grep Cpus_allowed_list /proc/self/status; {FOREVER}")
        local.submit(first)
        wait_until(lambda: local.read_log(first.run_id).data)
        second = probe(local, "print('core:', *os.sched_getaffinity(0))")
        core = local.read_log(first.run_id).data.split()[1].decode()
        local.cancel(first.run_id)
        wait_for_end(local, first.run_id)
        assert second.attempts["core"] != core


def test_wall_clock_jumps_change_neither_limit_nor_usage(local: LocalConnector, local_root: Path) -> None:
    """The shim reads the wall clock once, at the start: ended_at follows from it by the clock that cannot be set."""
    request = request_for("time.sleep(0.4)")
    local.submit(request)
    status = wait_for_end(local, request.run_id)
    usage = local.usage(request.run_id)
    assert status.started_at is not None
    assert status.ended_at is not None
    measured = (status.ended_at - status.started_at).total_seconds() * 1000
    assert measured == pytest.approx(usage.elapsed_ms, abs=1)
    assert 400 <= usage.elapsed_ms < 5_000


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _resident_mib(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except (OSError, IndexError):
        return 0


def test_without_a_sandbox_the_limits_hold_as_far_as_they_can(local_root: Path) -> None:
    bare = LocalConnector(local_root, isolation=isolation.bare("the test says so"), may_run_bare=True)
    bomb = probe(
        bare,
        """
        made = 0
        try:
            while made < 3000:
                if os.fork() == 0:
                    while True: time.sleep(60)
                made += 1
            print("made: all")
        except BlockingIOError:
            print("made:", made, flush=True)
            time.sleep(5)
        """,
        process_limit=32,
    )
    assert bomb.status.reason_code in {"process_limit", ""}
    assert bomb.attempts.get("made", "") != "all"
    memory = probe(bare, "block = bytearray(b'x' * (400 << 20)); time.sleep(30)", memory_mib=128)
    assert memory.status.state == State.FAILED
    assert memory.status.isolation == "L0"
