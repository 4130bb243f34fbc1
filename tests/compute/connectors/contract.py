"""What every connector that runs jobs must do. Subclass it, and give it a `factory` fixture:

    class TestMine(ConnectorContract):
        @pytest.fixture
        def factory(self) -> Factory: ...

`factory()` makes a connector to the same system each time, and can be pickled, because other processes call it too.
The system must have a POSIX shell.
"""

import multiprocessing
import os
import signal
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qianhang.compute.ports import Capability, ClusterConnector, ConnectorUnavailable, RunRequest, SubmitRefused
from qianhang.compute.rules.states import ENDED, State

from .waiting import status_of, wait_for_end, wait_until, whole_log

Factory = Callable[[], ClusterConnector]
FOREVER = "trap 'exit 0' TERM; echo started; while :; do sleep 0.1; done"


def shell(script: str, **changes: object) -> RunRequest:
    """A small request that runs a shell script."""
    request: dict[str, object] = {
        "run_id": uuid.uuid4(),
        "fence": 1,
        "command": ["/bin/sh", "-c", script],
        "env": {},
        "cards": 0,
        "cpus": 1,
        "memory_mib": 256,
        "time_limit_s": 60,
    }
    return RunRequest(**(request | changes))  # type: ignore[arg-type]


def _submit_elsewhere(factory: Factory, request: RunRequest, go: object, answers: object) -> None:
    go.wait()  # type: ignore[attr-defined]
    try:
        answers.put(factory().submit(request))  # type: ignore[attr-defined]
    except BaseException as error:
        answers.put(repr(error))  # type: ignore[attr-defined]
        raise


def _submit_and_die(factory: Factory, request: RunRequest) -> None:
    factory().submit(request)
    os.kill(os.getpid(), signal.SIGKILL)


class ConnectorContract:
    @pytest.fixture
    def factory(self) -> Factory:
        raise NotImplementedError

    @pytest.fixture
    def connector(self, factory: Factory) -> ClusterConnector:
        return factory()

    def test_a_command_that_succeeds_ends_succeeded_with_its_log(self, connector: ClusterConnector) -> None:
        request = shell("echo out; echo err >&2")
        handle = connector.submit(request)
        status = wait_for_end(connector, request.run_id)
        assert (status.state, status.exit_code, status.reason_code) == (State.SUCCEEDED, 0, "")
        assert status.handle == handle
        assert whole_log(connector, request.run_id) == b"out\nerr\n"

    def test_a_command_that_fails_keeps_its_exit_code(self, connector: ClusterConnector) -> None:
        request = shell("exit 7")
        connector.submit(request)
        status = wait_for_end(connector, request.run_id)
        assert (status.state, status.exit_code, status.reason_code) == (State.FAILED, 7, "exit_nonzero")

    def test_a_command_that_does_not_exist_fails_and_says_so(self, connector: ClusterConnector) -> None:
        request = shell("", command=["no-such-program-here", "argument"])
        connector.submit(request)
        status = wait_for_end(connector, request.run_id)
        assert status.state == State.FAILED
        assert status.exit_code in (127, None)
        assert "no-such-program-here" in status.reason + whole_log(connector, request.run_id).decode()

    def test_the_job_gets_its_environment_and_secrets(self, connector: ClusterConnector) -> None:
        request = shell(
            'echo "$PLAIN|$TOKEN|$QIANHANG_RUN_ID"', env={"PLAIN": "三 = 3"}, secrets={"TOKEN": "s3cr3t value"}
        )
        connector.submit(request)
        wait_for_end(connector, request.run_id)
        assert whole_log(connector, request.run_id).decode() == f"三 = 3|s3cr3t value|{request.run_id}\n"

    def test_the_connector_says_what_it_has(self, connector: ClusterConnector) -> None:
        assert Capability.INVENTORY in connector.capabilities
        inventory = connector.inventory()
        assert inventory.isolation in {"L0", "L1", "L2", "L3", "L4"}
        assert all(pool.nodes >= 1 and pool.cpus_per_node >= 1 for pool in inventory.pools)

    def test_eight_processes_submitting_one_run_start_it_once(self, factory: Factory) -> None:
        request = shell("echo started; sleep 0.3")
        spawn = multiprocessing.get_context("spawn")
        go, answers = spawn.Event(), spawn.Queue()
        submitters = [spawn.Process(target=_submit_elsewhere, args=(factory, request, go, answers)) for _ in range(8)]
        for process in submitters:
            process.start()
        go.set()
        handles = {answers.get(timeout=60) for _ in submitters}
        for process in submitters:
            process.join(60)
        connector = factory()
        assert wait_for_end(connector, request.run_id).state == State.SUCCEEDED
        assert handles == {status_of(connector, request.run_id).handle}
        assert whole_log(connector, request.run_id) == b"started\n"

    def test_submitting_again_after_the_end_starts_nothing(self, connector: ClusterConnector) -> None:
        request = shell("echo started")
        handle = connector.submit(request)
        wait_for_end(connector, request.run_id)
        assert connector.submit(request) == handle
        assert whole_log(connector, request.run_id) == b"started\n"

    def test_an_older_fence_is_refused_and_a_newer_one_taken(self, connector: ClusterConnector) -> None:
        request = shell(FOREVER, fence=5)
        handle = connector.submit(request)
        with pytest.raises(SubmitRefused) as refusal:
            connector.submit(shell(FOREVER, run_id=request.run_id, fence=4))
        assert refusal.value.code == "stale_fence"
        assert connector.submit(shell(FOREVER, run_id=request.run_id, fence=6)) == handle
        with pytest.raises(SubmitRefused):
            connector.submit(request)
        connector.cancel(request.run_id)
        wait_for_end(connector, request.run_id)

    def test_a_run_survives_the_process_that_submitted_it(self, factory: Factory) -> None:
        request = shell("echo started; sleep 0.5; echo done")
        process = multiprocessing.get_context("spawn").Process(target=_submit_and_die, args=(factory, request))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        connector = factory()
        assert wait_for_end(connector, request.run_id).state == State.SUCCEEDED
        assert whole_log(connector, request.run_id) == b"started\ndone\n"

    def test_cancelling_before_submission_refuses_it_for_ever(self, connector: ClusterConnector) -> None:
        request = shell("echo started")
        connector.cancel(request.run_id)
        for _ in range(2):
            with pytest.raises(SubmitRefused) as refusal:
                connector.submit(request)
            assert refusal.value.code == "cancelled"
        assert status_of(connector, request.run_id).state == State.CANCELLED
        assert whole_log(connector, request.run_id) == b""

    def test_cancelling_while_it_runs_ends_it(self, connector: ClusterConnector) -> None:
        request = shell(FOREVER)
        connector.submit(request)
        wait_until(lambda: connector.read_log(request.run_id).data)
        connector.cancel(request.run_id, reason_code="budget_spent")
        connector.cancel(request.run_id)
        status = wait_for_end(connector, request.run_id)
        assert (status.state, status.reason_code) == (State.CANCELLED, "budget_spent")
        with pytest.raises(SubmitRefused):
            connector.submit(request)

    def test_a_job_that_ignores_the_request_to_end_is_killed(self, connector: ClusterConnector) -> None:
        request = shell("trap '' TERM; echo started; while :; do sleep 0.1; done")
        connector.submit(request)
        wait_until(lambda: connector.read_log(request.run_id).data)
        connector.cancel(request.run_id)
        assert wait_for_end(connector, request.run_id).state == State.CANCELLED

    def test_cancelling_right_after_submission_ends_it(self, connector: ClusterConnector) -> None:
        request = shell(FOREVER)
        connector.submit(request)
        connector.cancel(request.run_id)
        assert wait_for_end(connector, request.run_id).state == State.CANCELLED

    def test_cancelling_after_the_end_changes_nothing(self, connector: ClusterConnector) -> None:
        request = shell("echo started")
        connector.submit(request)
        before = wait_for_end(connector, request.run_id)
        connector.cancel(request.run_id)
        assert status_of(connector, request.run_id) == before

    def test_an_unknown_run_is_lost_and_empty(self, connector: ClusterConnector) -> None:
        unknown = uuid.uuid4()
        status = status_of(connector, unknown)
        assert (status.run_id, status.state) == (unknown, State.LOST)
        assert connector.read_log(unknown).complete
        assert list(connector.list_outputs(unknown)) == []
        assert connector.usage(unknown).elapsed_ms == 0

    def test_one_answer_for_every_run_asked_for(self, connector: ClusterConnector) -> None:
        request, unknown = shell("true"), uuid.uuid4()
        connector.submit(request)
        wait_for_end(connector, request.run_id)
        states = {run_id: status.state for run_id, status in connector.status([request.run_id, unknown]).items()}
        assert states == {request.run_id: State.SUCCEEDED, unknown: State.LOST}

    def test_the_log_can_be_read_while_it_grows(self, connector: ClusterConnector) -> None:
        request = shell("trap 'echo last; exit 0' TERM; echo first; while :; do sleep 0.05; done")
        connector.submit(request)
        wait_until(lambda: connector.read_log(request.run_id).data)
        chunk = connector.read_log(request.run_id)
        assert (chunk.data, chunk.next_offset, chunk.complete) == (b"first\n", 6, False)
        connector.cancel(request.run_id)
        wait_for_end(connector, request.run_id)
        chunk = connector.read_log(request.run_id, offset=6)
        assert (b"last\n" in chunk.data, chunk.next_offset, chunk.complete) == (True, 6 + len(chunk.data), True)
        assert whole_log(connector, request.run_id) == b"first\n" + chunk.data
        assert connector.read_log(request.run_id, offset=2, limit=3).data == b"rst"

    def test_a_log_over_its_limit_is_cut_and_says_so(self, connector: ClusterConnector) -> None:
        request = shell("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo after", log_limit_bytes=10_000)
        connector.submit(request)
        assert wait_for_end(connector, request.run_id).state == State.SUCCEEDED
        log = whole_log(connector, request.run_id)
        assert log.startswith(b"x" * 10_000)
        assert b"x" * 10_001 not in log
        assert len(log) < 10_500
        assert connector.read_log(request.run_id).truncated

    def test_outputs_are_the_files_that_fit_the_patterns(self, connector: ClusterConnector, tmp_path: Path) -> None:
        request = shell(
            "mkdir -p outputs/deep; printf model > outputs/deep/模型.bin; printf x > other.txt; printf y > notes.md",
            outputs=("outputs/**", "*.md"),
        )
        connector.submit(request)
        wait_for_end(connector, request.run_id)
        files = [(file.path, file.bytes) for file in connector.list_outputs(request.run_id)]
        assert files == [("notes.md", 1), ("outputs/deep/模型.bin", 5)]
        connector.fetch_output(request.run_id, "outputs/deep/模型.bin", tmp_path / "fetched")
        assert (tmp_path / "fetched").read_bytes() == b"model"

    def test_the_source_archive_becomes_the_working_directory(
        self, connector: ClusterConnector, tmp_path: Path
    ) -> None:
        from qianhang.compute.archives import pack_directory

        (tmp_path / "src" / "pkg").mkdir(parents=True)
        (tmp_path / "src" / "pkg" / "data.txt").write_text("from the archive\n")
        (tmp_path / "given.csv").write_text("1,2\n")
        pack_directory(tmp_path / "src", tmp_path / "source.tar.gz")
        request = shell(
            "cat pkg/data.txt inputs/given.csv",
            source=tmp_path / "source.tar.gz",
            inputs={"inputs/given.csv": tmp_path / "given.csv"},
        )
        connector.submit(request)
        assert wait_for_end(connector, request.run_id).state == State.SUCCEEDED
        assert whole_log(connector, request.run_id) == b"from the archive\n1,2\n"

    def test_usage_is_measured_time(self, connector: ClusterConnector) -> None:
        before = datetime.now(UTC)
        request = shell("n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done; sleep 0.5")
        connector.submit(request)
        status = wait_for_end(connector, request.run_id)
        usage = connector.usage(request.run_id)
        assert 500 <= usage.elapsed_ms < 20_000
        assert 20 <= usage.cpu_ms_used <= usage.elapsed_ms * 2
        assert status.started_at is not None
        assert status.ended_at is not None
        assert before - timedelta(seconds=5) < status.started_at < status.ended_at
        assert status.ended_at - status.started_at == pytest.approx(
            timedelta(milliseconds=usage.elapsed_ms), abs=timedelta(milliseconds=2)
        )

    def test_the_time_limit_ends_a_run(self, connector: ClusterConnector) -> None:
        request = shell(FOREVER, time_limit_s=1)
        connector.submit(request)
        status = wait_for_end(connector, request.run_id)
        assert (status.state, status.reason_code) == (State.FAILED, "time_limit")
        assert 1_000 <= connector.usage(request.run_id).elapsed_ms < 8_000

    def test_a_new_connector_object_knows_the_run(self, factory: Factory) -> None:
        request = shell("echo started; sleep 0.3")
        factory().submit(request)
        assert status_of(factory(), request.run_id).state in {State.STARTING, State.RUNNING, *ENDED}
        assert wait_for_end(factory(), request.run_id).state == State.SUCCEEDED
        assert whole_log(factory(), request.run_id) == b"started\n"

    def test_a_running_run_reports_its_use(self, connector: ClusterConnector) -> None:
        request = shell("trap 'exit 0' TERM; while :; do :; done")
        connector.submit(request)
        wait_until(lambda: (r := status_of(connector, request.run_id).reading) and r.cpu_ms > 0 and r.processes >= 1)
        connector.cancel(request.run_id)
        wait_for_end(connector, request.run_id)

    def test_forgetting_frees_the_run_and_keeps_its_id_used(self, connector: ClusterConnector) -> None:
        request = shell("echo started")
        connector.submit(request)
        before = wait_for_end(connector, request.run_id)
        usage = connector.usage(request.run_id)
        connector.forget(request.run_id)
        connector.forget(request.run_id)
        with pytest.raises(SubmitRefused) as refusal:
            connector.submit(request)
        assert refusal.value.code == "forgotten"
        after = status_of(connector, request.run_id)
        assert (after.state, after.exit_code) == (before.state, before.exit_code)
        assert connector.usage(request.run_id) == usage
        assert list(connector.list_outputs(request.run_id)) == []

    def test_a_run_that_lives_cannot_be_forgotten(self, connector: ClusterConnector) -> None:
        request = shell(FOREVER)
        connector.submit(request)
        with pytest.raises(ConnectorUnavailable):
            connector.forget(request.run_id)
        connector.cancel(request.run_id)
        assert wait_for_end(connector, request.run_id).state == State.CANCELLED
