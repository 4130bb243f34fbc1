"""The small decisions of the embedded cluster, one by one."""

import os
import re
from pathlib import Path

import pytest

from qianhang.compute.connectors.local import cgroup, outputs, seccomp
from qianhang.compute.connectors.local.environment import job_environment
from qianhang.compute.connectors.local.folder import RunFolder
from qianhang.compute.connectors.local.outputs import matches
from qianhang.compute.connectors.local.sandbox import Bubblewrap, PythonLoan, bubblewrap_arguments, write_etc
from qianhang.compute.connectors.local.shim import disk, rundir
from qianhang.compute.connectors.local.shim.disk import folder_use
from qianhang.compute.connectors.local.shim.outcome import of_exit
from qianhang.compute.connectors.local.slots import NoFreeCard, Slots
from qianhang.compute.rules.states import State


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("outputs/a", "outputs/**", True),
        ("outputs/a/b/c", "outputs/**", True),
        ("outputs", "outputs/**", False),
        ("other/a", "outputs/**", False),
        ("a.csv", "*.csv", True),
        ("d/a.csv", "*.csv", False),
        ("d/a.csv", "**/*.csv", True),
        ("a.csv", "**/*.csv", True),
        ("d/e/model.bin", "d/**/model.bin", True),
        ("d/model.bin", "d/**/model.bin", True),
        ("d/model.bin", "./d/*", True),
        ("run1/log", "run[0-9]/log", True),
        ("runx/log", "run[0-9]/log", False),
        ("A.CSV", "*.csv", False),
    ],
)
def test_output_patterns(path: str, pattern: str, *, fits: bool) -> None:
    assert matches(path, pattern) is fits


def test_a_pattern_with_a_hundred_double_stars_is_decided_at_once() -> None:
    """Tried one way after the other, each `**` would multiply the time by the depth of the path."""
    deep = "/".join(["a"] * 64)
    assert not matches(deep, "**/" * 98 + "b")
    assert matches(deep, "**/a/" * 30 + "**")


def test_patterns_and_files_beyond_all_measure_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(outputs, "_MAX_COMPARISONS", 2)
    assert [file.path for file in outputs.list_outputs(tmp_path, ["*"], max_bytes=100)] == ["a", "b"]


class TestFolderAfterAPowerCut:
    """Files that nobody waited for may come back empty or cut. The run must still come to an end."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> RunFolder:
        folder = RunFolder(tmp_path, "01890000-0000-7000-8000-000000000001")
        folder.path.mkdir(parents=True)
        return folder

    @pytest.mark.parametrize("left", [b"", b"\0" * 20, b'{"fence": 1', b"[]"])
    def test_an_unreadable_file_says_nothing(self, folder: RunFolder, left: bytes) -> None:
        for name in (rundir.REQUEST, rundir.CANCEL, rundir.IDENTITY, rundir.RESULT):
            (folder.path / name).write_bytes(left)
        status = folder.status()
        assert (status.state, status.reason_code) == (State.LOST, "supervisor_died")

    def test_the_newest_sample_that_can_be_read_counts(self, folder: RunFolder) -> None:
        (folder.path / rundir.SAMPLES).write_bytes(b'{"elapsed_ms": 7}\n\0\0\0\n')
        assert folder.last_sample() == {"elapsed_ms": 7}


class TestSlots:
    @pytest.fixture
    def live(self) -> set[str]:
        return set()

    @pytest.fixture
    def slots(self, tmp_path: Path, live: set[str]) -> Slots:
        return Slots(tmp_path, live.__contains__)

    def _take(
        self, slots: Slots, live: set[str], name: str, cpus: int = 1, cards: int = 0
    ) -> tuple[list[int], list[int]]:
        live.add(name)
        return slots.take(name, cpus=cpus, cards=cards, all_cores=[0, 1, 2, 3], all_cards=[0, 1])

    def test_the_least_used_cores_come_first(self, slots: Slots, live: set[str]) -> None:
        assert self._take(slots, live, "a", cpus=3)[0] == [0, 1, 2]
        assert self._take(slots, live, "b", cpus=2)[0] == [0, 3]
        assert self._take(slots, live, "c", cpus=4)[0] == [0, 1, 2, 3]

    def test_asking_again_gives_the_same(self, slots: Slots, live: set[str]) -> None:
        first = self._take(slots, live, "a", cpus=2, cards=1)
        self._take(slots, live, "b", cpus=2)
        assert self._take(slots, live, "a", cpus=2, cards=1) == first

    def test_cards_are_never_shared_and_come_back_with_the_end_of_a_run(self, slots: Slots, live: set[str]) -> None:
        assert self._take(slots, live, "a", cards=2)[1] == [0, 1]
        with pytest.raises(NoFreeCard):
            self._take(slots, live, "b", cards=1)
        live.discard("a")
        assert self._take(slots, live, "b", cards=1)[1] == [0]
        assert slots.cards() == {"b": [0]}


class TestLocks:
    def test_asking_whether_a_lock_is_held_does_not_take_it(self, tmp_path: Path) -> None:
        path = str(tmp_path / "lock")
        assert not rundir.is_locked(path)
        held = rundir.take_lock(path, wait=False)
        assert rundir.is_locked(path)
        assert rundir.take_lock(path, wait=False) == -1
        os.close(held)
        assert not rundir.is_locked(path)
        os.close(rundir.take_lock(path, wait=False))

    def test_an_atomic_write_that_fails_leaves_the_old_content_and_no_scraps(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rundir.write_atomically(str(tmp_path), "f", b"old", durable=True)

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(rundir.os, "write", full)
        with pytest.raises(OSError, match="No space"):
            rundir.write_atomically(str(tmp_path), "f", b"new")
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("f", b"old")]

    def test_a_process_is_known_by_its_start(self) -> None:
        assert rundir.start_ticks(os.getpid()) > 0
        assert rundir.start_ticks(2**22 + 1) == 0


class TestSystemCallFilter:
    HEADERS = {
        "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+)\s+(\d+)"),
        "aarch64": ("/usr/include/asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
    }

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_its_numbers_are_the_kernels(self, machine: str) -> None:
        path, pattern = self.HEADERS[machine]
        if not Path(path).exists():
            pytest.skip(f"{path} is not installed (linux-libc-dev)")
        kernels = {name: int(number) for name, number in re.findall(pattern, Path(path).read_text())}
        ours = seccomp.ARCHITECTURES[machine][1]
        assert {name: kernels.get(name, number) for name, number in ours.items()} == ours
        assert len(kernels.keys() & ours.keys()) > 40

    @pytest.mark.parametrize("machine", sorted(seccomp.ARCHITECTURES))
    def test_every_jump_lands_inside_the_program(self, machine: str) -> None:
        program = seccomp.program(guard_memory=True, guard_cores=True, machine=machine)
        assert program is not None
        assert len(program) % 8 == 0
        count = len(program) // 8
        for at in range(count):
            code, if_true, if_false = (
                int.from_bytes(program[at * 8 : at * 8 + 2], "little"),
                *program[at * 8 + 2 : at * 8 + 4],
            )
            if code & 0x07 == 0x05:
                assert at + 1 + max(if_true, if_false) < count
        assert program[-8:] == bytes.fromhex("060000000000ff7f")

    def test_an_unknown_machine_gets_none(self) -> None:
        assert seccomp.program(guard_memory=True, guard_cores=True, machine="s390x") is None


class TestArguments:
    def _arguments(self, tmp_path: Path, **changes: object) -> list[str]:
        settings: dict[str, object] = {
            "bubblewrap": Bubblewrap("/usr/bin/bwrap", "0.8.0", frozenset({"--disable-userns"})),
            "work": tmp_path / "work",
            "etc": write_etc(tmp_path / "etc"),
            "loan": PythonLoan("/usr", ""),
            "environment": {"A": "1"},
            "network": False,
            "cards": (),
            "memory_bytes": 1 << 30,
        }
        return [os.fsdecode(part) for part in bubblewrap_arguments(**(settings | changes))]  # type: ignore[arg-type]

    def test_nothing_is_shared_unless_granted(self, tmp_path: Path) -> None:
        arguments = self._arguments(tmp_path)
        assert arguments[:6] == [
            "--unshare-all",
            "--unshare-user",
            "--die-with-parent",
            "--new-session",
            "--cap-drop",
            "ALL",
        ]
        assert "--disable-userns" in arguments
        assert "--share-net" not in arguments
        assert "/etc/resolv.conf" not in arguments
        assert "--share-net" in self._arguments(tmp_path, network=True)

    def test_only_the_work_folder_is_bound_writable(self, tmp_path: Path) -> None:
        arguments = self._arguments(tmp_path, cards=(1,))
        bound = [arguments[at + 1] for at, word in enumerate(arguments) if word == "--bind"]
        devices = [arguments[at + 1] for at, word in enumerate(arguments) if word == "--dev-bind-try"]
        assert bound == [str(tmp_path / "work")]
        assert "/dev/nvidia1" in devices
        assert "/dev/nvidia0" not in devices

    def test_an_old_bubblewrap_is_not_asked_for_what_it_does_not_know(self, tmp_path: Path) -> None:
        old = Bubblewrap("/usr/bin/bwrap", "0.6.1", frozenset())
        assert "--disable-userns" not in self._arguments(tmp_path, bubblewrap=old)


def test_what_the_platform_states_cannot_be_overridden() -> None:
    environment = job_environment(
        run_id="r",
        home="/work",
        scratch="/tmp",
        python_folders=["/opt/qianhang/venv/bin"],
        cpus=3,
        cards=[2, 5],
        asked={"QIANHANG_RUN_ID": "forged", "OMP_NUM_THREADS": "1", "HOME": "/elsewhere", "CUDA_VISIBLE_DEVICES": "0"},
        secrets={"TOKEN": "t"},
    )
    assert environment["QIANHANG_RUN_ID"] == "r"
    assert environment["CUDA_VISIBLE_DEVICES"] == "2,5"
    assert (environment["OMP_NUM_THREADS"], environment["MKL_NUM_THREADS"]) == ("1", "3")
    assert (environment["HOME"], environment["TOKEN"]) == ("/elsewhere", "t")
    assert environment["PATH"] == "/opt/qianhang/venv/bin:/usr/local/bin:/usr/bin:/bin"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        (0, "succeeded", ""),
        (3, "failed", "The command ended with exit code 3."),
        (137, "failed", "The command ended by signal 9."),
        (255, "failed", "The command ended with exit code 255."),
    ],
)
def test_exit_codes_in_words(code: int, state: str, reason: str) -> None:
    outcome = of_exit(code)
    assert (outcome.state, outcome.reason, outcome.exit_code) == (state, reason, code)


class TestControlGroups:
    """On a stand-in for the kernel's files; the real ones are met by test_limits, where they have been handed over."""

    @pytest.fixture
    def version_two(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        ours = tmp_path / "qianhang"
        ours.mkdir()
        (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
        (tmp_path / "cgroup.procs").write_text("")
        for name, text in {
            "cgroup.controllers": "cpu memory pids io",
            "cgroup.procs": "",
            "cgroup.subtree_control": "",
        }.items():
            (ours / name).write_text(text)
        monkeypatch.setattr(cgroup, "MOUNT", tmp_path)
        monkeypatch.setattr(cgroup, "_own_group", lambda: "")
        return ours

    def test_version_two_limits_are_written(self, version_two: Path) -> None:
        delegation = cgroup.find()
        assert delegation is not None
        assert (delegation.version, delegation.complete) == (2, True)
        assert (version_two / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"
        group = cgroup.group_for(delegation, "run", memory=1 << 28, processes=64, cpus=2)
        assert group.folders == [f"{version_two}/run"]
        assert {Path(file).name: (value, optional) for file, value, optional in group.limits} == {
            "memory.max": ("268435456", False),
            "memory.swap.max": ("0", True),
            "memory.oom.group": ("1", True),
            "pids.max": ("66", False),
            "cpu.max": ("200000 100000", False),
        }
        assert group.procs == [f"{version_two}/run/cgroup.procs"]
        assert group.oom_file == f"{version_two}/run/memory.events"

    def test_nothing_handed_over_is_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cgroup, "MOUNT", tmp_path)
        assert cgroup.find() is None

    def test_sweeping_removes_only_what_has_ended_here(self, tmp_path: Path) -> None:
        for name in ("ended", "live", "another root's"):
            (tmp_path / name).mkdir()
        cgroup.sweep(cgroup.Delegation(2, {"memory": tmp_path}), has_ended=lambda name: name == "ended")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["another root's", "live"]


class TestFolderUse:
    def test_a_thousand_folders_are_counted(self, tmp_path: Path) -> None:
        for number in range(1000):
            (tmp_path / str(number)).mkdir()
            (tmp_path / str(number) / "f").write_bytes(b"x" * 4096)
        use = folder_use(str(tmp_path))
        assert (use.entries, use.seen_all) == (2000, True)
        assert use.bytes >= 1000 * 4096

    def test_what_is_too_deep_or_too_much_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tmp_path.joinpath(*["d"] * 90).mkdir(parents=True)
        assert folder_use(str(tmp_path)).seen_all
        tmp_path.joinpath(*["d"] * 110).mkdir(parents=True)
        assert not folder_use(str(tmp_path)).seen_all
        monkeypatch.setattr(disk, "MAX_ENTRIES", 50)
        assert not folder_use(str(tmp_path)).seen_all

    def test_links_are_not_followed_and_closed_folders_are_opened(self, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "big").write_bytes(b"x" * (1 << 20))
        inside = tmp_path / "inside"
        (inside / "closed").mkdir(parents=True)
        (inside / "closed" / "f").write_bytes(b"x" * 8192)
        (inside / "closed").chmod(0)
        (inside / "link").symlink_to(tmp_path / "outside")
        use = folder_use(str(inside))
        assert use.entries == 3
        assert 8192 <= use.bytes < 1 << 20
        assert folder_use(str(inside / "link")).entries == 0
