"""The embedded cluster passes the contract, and keeps its own promises when something is killed."""

import dataclasses
import json
import multiprocessing
import os
import random
import signal
import threading
import uuid
from functools import partial
from pathlib import Path

import pytest

from qianhang.compute.connectors.local import host, planner
from qianhang.compute.connectors.local.connector import LocalConnector
from qianhang.compute.connectors.local.folder import RunFolder
from qianhang.compute.connectors.local.isolation import bare
from qianhang.compute.connectors.local.sandbox import PythonLoan
from qianhang.compute.connectors.local.shim import rundir
from qianhang.compute.connectors.local.shim.child import Child
from qianhang.compute.connectors.local.stop import stop_all
from qianhang.compute.ports import ConnectorUnavailable, RunRequest, SubmitRefused
from qianhang.compute.rules.states import State

from .contract import FOREVER, ConnectorContract, Factory, shell
from .waiting import status_of, wait_for_end, wait_until, whole_log


@pytest.mark.sandbox
class TestLocalContract(ConnectorContract):
    @pytest.fixture
    def factory(self, local_factory: partial[LocalConnector]) -> Factory:
        return local_factory


class TestBareContract(ConnectorContract):
    """The same promises where there is no bubblewrap."""

    @pytest.fixture
    def factory(self, local_root: Path) -> Factory:
        return partial(LocalConnector, local_root, isolation=bare("the test says so"), may_run_bare=True)


def shim_of(root: Path, run_id: uuid.UUID) -> int:
    identity = json.loads((root / "runs" / str(run_id) / "shim.json").read_bytes())
    return int(identity["pid"])


def processes_named(mark: str) -> list[int]:
    """Processes of this machine with the mark in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def _submit(factory: Factory, request: RunRequest) -> None:
    factory().submit(request)


class TestKilled:
    @pytest.mark.parametrize("seed", range(12))
    def test_a_submitter_killed_at_any_moment_leaves_a_run_that_starts_once(
        self, local_root: Path, local_factory: Factory, seed: int
    ) -> None:
        """Forked, not spawned, so that the kill lands inside submit() and not inside Python's own start."""
        request = shell("echo started")
        submitter = multiprocessing.get_context("fork").Process(target=_submit, args=(local_factory, request))
        submitter.start()
        submitter.join(random.Random(seed).uniform(0.0, 0.06))
        submitter.kill()
        submitter.join()
        connector = local_factory()
        connector.submit(request)
        assert wait_for_end(connector, request.run_id).state == State.SUCCEEDED
        assert whole_log(connector, request.run_id) == b"started\n"

    def test_after_cancel_nothing_that_a_killed_submitter_left_can_start(self, local_factory: Factory) -> None:
        started = 0
        for seed in range(12):
            request = shell("echo started; sleep 5; echo never")
            submitter = multiprocessing.get_context("fork").Process(target=_submit, args=(local_factory, request))
            submitter.start()
            submitter.join(random.Random(100 + seed).uniform(0.0, 0.05))
            submitter.kill()
            submitter.join()
            connector = local_factory()
            connector.cancel(request.run_id, reason_code="lost")
            wait_until(lambda request=request, connector=connector: status_of(connector, request.run_id).state in
                       {State.CANCELLED})  # fmt: skip
            with pytest.raises(SubmitRefused):
                connector.submit(request)
            started += bool(whole_log(connector, request.run_id))
        assert started < 12
        wait_until(lambda: not processes_named("sleep 5; echo never"))

    @pytest.mark.parametrize("bubblewrap", [pytest.param(True, marks=pytest.mark.sandbox), False])
    def test_a_killed_supervisor_takes_the_job_with_it_and_the_run_is_lost(
        self, local_root: Path, *, bubblewrap: bool
    ) -> None:
        isolation = None if bubblewrap else bare("the test")
        local = LocalConnector(local_root, isolation=isolation, may_run_bare=True)
        mark = f"mark-{uuid.uuid4()}"
        request = shell(f": {mark}; {FOREVER}")
        local.submit(request)
        wait_until(lambda: local.read_log(request.run_id).data)
        assert processes_named(mark)
        os.kill(shim_of(local_root, request.run_id), signal.SIGKILL)
        wait_until(lambda: not processes_named(mark))
        status = status_of(local, request.run_id)
        assert (status.state, status.reason_code) == (State.LOST, "supervisor_died")
        usage = local.usage(request.run_id)
        assert usage.elapsed_ms < 10_000
        assert whole_log(local, request.run_id) == b"started\n"
        # Lost stays lost: the same id is never started a second time.
        local.submit(request)
        assert status_of(local, request.run_id) == status
        local.cancel(request.run_id, reason_code="lost")
        assert status_of(local, request.run_id) == status
        with pytest.raises(SubmitRefused):
            local.submit(request)
        local.forget(request.run_id)
        assert status_of(local, request.run_id).state == State.LOST
        assert local.usage(request.run_id) == usage

    def test_a_stopped_host_ends_its_runs_as_lost_with_their_use_measured(
        self, local: LocalConnector, local_root: Path
    ) -> None:
        requests = [shell(FOREVER) for _ in range(3)]
        for request in requests:
            local.submit(request)
            wait_until(lambda request=request: local.read_log(request.run_id).data)
        assert stop_all(local_root) == (3, 0)
        for request in requests:
            status = status_of(local, request.run_id)
            assert (status.state, status.reason_code) == (State.LOST, "host_stopped")
            assert local.usage(request.run_id).elapsed_ms > 0

    @pytest.mark.sandbox
    def test_a_sandbox_killed_from_outside_is_lost(self, local: LocalConnector, local_root: Path) -> None:
        request = shell(FOREVER)
        local.submit(request)
        wait_until(lambda: local.read_log(request.run_id).data)
        shim = shim_of(local_root, request.run_id)
        children = Path(f"/proc/{shim}/task/{shim}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        status = wait_for_end(local, request.run_id)
        assert (status.state, status.reason_code) == (State.LOST, "sandbox_killed")

    def test_a_reused_process_number_is_never_signalled(self, local: LocalConnector, local_root: Path) -> None:
        request = shell("true")
        local.submit(request)
        wait_for_end(local, request.run_id)
        folder = RunFolder(local_root, str(request.run_id))
        identity = json.loads((folder.path / "shim.json").read_bytes())
        victim = multiprocessing.get_context("fork").Process(target=threading.Event().wait)
        victim.start()
        (folder.path / "shim.json").write_text(json.dumps(identity | {"pid": victim.pid}))
        assert not folder.signal_shim(signal.SIGKILL)
        (folder.path / "shim.json").write_text(json.dumps(identity | {"boot_id": "another boot"}))
        assert not folder.signal_shim(signal.SIGKILL)
        assert victim.is_alive()
        victim.kill()
        victim.join()

    def test_a_plan_cut_short_starts_nothing(self, local: LocalConnector, local_root: Path) -> None:
        """The shim of a submitter that died while it spoke goes away without a trace."""
        import subprocess
        import sys

        from qianhang.compute.connectors.local.launch import _START, PACKAGE_ROOT

        run_id = str(uuid.uuid4())
        folder = local_root / "runs" / run_id
        folder.mkdir(parents=True)
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(_START), str(PACKAGE_ROOT), str(local_root / "bytecode"), run_id],
            input=(1000).to_bytes(8, "big") + b"half",
            capture_output=True,
            check=True,
        )
        assert done.stdout == b""
        wait_until(lambda: not processes_named(run_id))
        assert list(folder.iterdir()) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"command": []}, "bad_command"),
            ({"command": [""]}, "bad_command"),
            ({"command": ["a\0b"]}, "bad_command"),
            ({"command": ["x" * 200_000]}, "bad_command"),
            ({"env": {"A=B": "1"}}, "bad_environment"),
            ({"env": {"A": "1\0"}}, "bad_environment"),
            ({"env": {f"V{n}": "" for n in range(1001)}}, "bad_environment"),
            ({"image": "docker.io/library/python"}, "images_not_supported"),
            ({"cards": 1000}, "not_enough_cards"),
            ({"cpus": 100_000}, "not_enough_cpus"),
            ({"cpus": 0}, "bad_limits"),
            ({"time_limit_s": 0}, "bad_limits"),
            ({"memory_mib": 1 << 40}, "not_enough_memory"),
            ({"inputs": {"../x": Path("/dev/null")}}, "bad_input_path"),
            ({"inputs": {"/x": Path("/dev/null")}}, "bad_input_path"),
            ({"inputs": {"a//b": Path("/dev/null")}}, "bad_input_path"),
        ],
    )
    def test_what_can_never_run_is_refused_and_leaves_no_folder(
        self, local: LocalConnector, local_root: Path, changes: dict[str, object], code: str
    ) -> None:
        with pytest.raises(SubmitRefused) as refusal:
            local.submit(shell("true", **changes))
        assert refusal.value.code == code
        assert not (local_root / "runs").exists()

    def test_a_hostile_source_fails_the_run_and_leaves_nothing_of_it(
        self, local: LocalConnector, local_root: Path, tmp_path: Path
    ) -> None:
        import io
        import tarfile

        with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
            archive.addfile(tarfile.TarInfo("../../escaped"), io.BytesIO())
        request = shell("echo started", source=tmp_path / "evil.tar.gz")
        local.submit(request)
        status = wait_for_end(local, request.run_id)
        assert (status.state, status.reason_code) == (State.FAILED, "source_refused")
        assert "path_traversal" in status.reason
        assert b"started" not in whole_log(local, request.run_id)
        assert not list(local_root.rglob("escaped"))
        assert local.usage(request.run_id).elapsed_ms == 0

    def test_a_source_that_is_gone_fails_the_run(self, local: LocalConnector, tmp_path: Path) -> None:
        request = shell("true", source=tmp_path / "gone.tar.gz")
        local.submit(request)
        assert wait_for_end(local, request.run_id).reason_code == "source_missing"


class TestCards:
    @pytest.fixture
    def two_cards(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A stand-in for nvidia-smi, which machines without cards do not have."""
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir()
        program.write_text(
            "#!/bin/sh\necho '0, NVIDIA Test 80GB, 81920, 37, 1024'\necho '1, NVIDIA Test 80GB, 81920, [N/A], 0'\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    @pytest.mark.usefixtures("two_cards")
    def test_cards_are_seen_and_each_is_lent_once(self, local: LocalConnector) -> None:
        pool = local.inventory().pools[0]
        assert (pool.cards_per_node, pool.card_vendor, pool.card_model) == (2, "NVIDIA", "Test 80GB")
        script = f'echo "cards=$CUDA_VISIBLE_DEVICES of $QIANHANG_CARDS"; {FOREVER}'
        first, second = shell(script, cards=1), shell(script, cards=1)
        for request in (first, second):
            local.submit(request)
            wait_until(lambda request=request: b"started" in local.read_log(request.run_id).data)
        logs = {local.read_log(request.run_id).data.splitlines()[0] for request in (first, second)}
        assert logs == {b"cards=0 of 1", b"cards=1 of 1"}
        reading = status_of(local, first.run_id).reading
        assert reading is not None
        assert (reading.card_percent, reading.card_memory_mib) == (37, 1024)
        with pytest.raises(ConnectorUnavailable):
            local.submit(shell("true", cards=1))
        local.cancel(first.run_id)
        wait_for_end(local, first.run_id)
        third = shell("echo $CUDA_VISIBLE_DEVICES", cards=1)
        local.submit(third)
        wait_for_end(local, third.run_id)
        assert whole_log(local, third.run_id) == b"0\n"
        local.cancel(second.run_id)
        wait_for_end(local, second.run_id)

    def test_a_machine_without_nvidia_smi_has_none(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert host.cards() == ()


@pytest.mark.sandbox
def test_a_sandbox_that_cannot_be_made_fails_the_run_with_its_reason_and_costs_nothing(
    local: LocalConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "python_loan", lambda: PythonLoan("/no/such/interpreter", ""))
    for _ in range(5):
        request = shell("echo started")
        local.submit(request)
        status = wait_for_end(local, request.run_id)
        assert (status.state, status.reason_code, status.exit_code) == (State.FAILED, "start_failed", None)
        assert "/no/such/interpreter" in status.reason
        assert local.usage(request.run_id).elapsed_ms == 0


def test_a_sandbox_that_gives_up_just_before_it_is_released_is_told_from_one_that_runs() -> None:
    """Dead, but not yet waited for: the kernel still takes limits for it, and only its end of the gate is gone."""
    held, gate = os.pipe()
    pid = os.fork()
    if pid == 0:
        os._exit(1)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    os.close(held)
    child = Child.__new__(Child)
    child._plan = {"process_limit": 100, "cgroup": (), "cgroup_limits": (), "cgroup_procs": ()}
    child._sandboxed, child._released, child._gate, child.root = True, False, gate, pid
    try:
        with pytest.raises(ProcessLookupError, match="gave up"):
            child.release()
    finally:
        os.close(gate)
        os.close(child._init)
        os.waitpid(pid, 0)


def test_without_a_sandbox_nothing_runs_unless_the_operator_says_so(local_root: Path) -> None:
    unisolated = bare("the test says so")
    with pytest.raises(SubmitRefused, match="QIANHANG_LOCAL_UNISOLATED=1") as refusal:
        LocalConnector(local_root, isolation=unisolated).submit(shell("true"))
    assert refusal.value.code == "no_isolation"
    assert not (local_root / "runs").exists()
    request, allowed = shell("true"), LocalConnector(local_root, isolation=unisolated, may_run_bare=True)
    allowed.submit(request)
    assert wait_for_end(allowed, request.run_id).isolation == "L0"


@pytest.mark.sandbox
def test_the_level_is_stored_with_the_run(local: LocalConnector, local_root: Path) -> None:
    """Also after the machine has changed: what counts is what held when it ran."""
    level = dataclasses.replace(local.isolation(), level="L1", cgroup=None)
    request = shell("true")
    LocalConnector(local_root, isolation=level).submit(request)
    assert wait_for_end(local, request.run_id).isolation == "L1"
    assert local.inventory().isolation == local.isolation().level


def test_an_unknown_bubblewrap_falls_back_to_plain_processes_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from qianhang.compute.connectors.local import isolation, sandbox

    broken = sandbox.Bubblewrap("/bin/false", "0", frozenset())
    monkeypatch.setattr(isolation, "find_bubblewrap", lambda: broken)
    found = isolation.detect.__wrapped__()
    assert (found.level, found.bubblewrap) == ("L0", None)
    assert "plain processes" in found.note
    monkeypatch.setattr(isolation, "find_bubblewrap", lambda: None)
    assert "apt install bubblewrap" in isolation.detect.__wrapped__().note


@pytest.mark.sandbox
def test_the_lent_python_finds_the_platforms_libraries(local: LocalConnector) -> None:
    request = shell("", command=["python", "-c", "import cryptography, sys; print(sys.prefix)"])
    local.submit(request)
    assert wait_for_end(local, request.run_id).state == State.SUCCEEDED
    assert whole_log(local, request.run_id) == b"/opt/qianhang/venv\n"


def test_a_half_made_run_can_be_forgotten_and_stays_unstarted(local: LocalConnector, local_root: Path) -> None:
    request = shell("echo started")
    folder = RunFolder(local_root, str(request.run_id))
    with folder.starting(fence=1) as must_start:
        assert must_start
        assert status_of(local, request.run_id).state == State.STARTING
    assert status_of(local, request.run_id).reason_code == "never_started"
    local.forget(request.run_id)
    assert status_of(local, request.run_id).state == State.LOST
    with pytest.raises(SubmitRefused) as refusal:
        local.submit(request)
    assert refusal.value.code == "forgotten"


def test_a_run_once_seen_to_start_is_never_seen_lost(local: LocalConnector, local_root: Path) -> None:
    """Asked all the time by another thread, across the moments where one lock is let go and the next is taken."""
    requests = [shell("true") for _ in range(15)]
    histories: dict[uuid.UUID, list[State]] = {request.run_id: [] for request in requests}
    done = threading.Event()

    def ask() -> None:
        other = LocalConnector(local_root)
        while not done.is_set():
            for run_id, status in other.status(histories).items():
                if histories[run_id][-1:] != [status.state]:
                    histories[run_id].append(status.state)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for request in requests:
            local.submit(request)
            wait_for_end(local, request.run_id)
        wait_until(lambda: all(history[-1:] == [State.SUCCEEDED] for history in histories.values()))
    finally:
        done.set()
        thread.join()
    # Unknown before its submission; afterwards each state at most once, and never lost.
    order = [State.LOST, State.STARTING, State.RUNNING, State.SUCCEEDED]
    for history in histories.values():
        assert history == sorted(set(history), key=order.index)


@pytest.mark.parametrize("after_look", range(1, 5))
def test_a_shim_that_begins_between_two_looks_is_not_seen_lost(
    local_root: Path, monkeypatch: pytest.MonkeyPatch, after_look: int
) -> None:
    """Each look at a file or a lock may be the last one before the shim takes its lock and names itself."""
    folder = RunFolder(local_root, str(uuid.uuid4()))
    looks, held = [], []
    exists, is_locked = Path.exists, rundir.is_locked

    def counted(answer: bool) -> bool:
        looks.append(answer)
        if len(looks) == after_look:
            held.append(rundir.take_lock(str(folder.path / rundir.LOCK), wait=False))
            (folder.path / rundir.IDENTITY).write_text('{"pid": 1, "start_ticks": 0, "boot_id": "another boot"}')
        return answer

    with folder.starting(fence=1):
        monkeypatch.setattr(rundir, "is_locked", lambda path: counted(is_locked(path)))
        monkeypatch.setattr(
            Path, "exists", lambda path: counted(exists(path)) if path.name == rundir.IDENTITY else exists(path)
        )
        state = folder.status().state
    monkeypatch.undo()
    assert len(looks) >= after_look
    assert state == State.STARTING
    os.close(held[0])
