"""Measures a running job and says which limit it has broken."""

from __future__ import annotations

import os

from . import rundir
from .disk import folder_use, unlinked_bytes
from .outcome import Clock, Outcome
from .tree import Reading, descendants, exact_memory, measure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .child import Child
    from .log_file import LogFile
    from .plan import Plan

_SAMPLE_MS = 1_000
_DISK_MS = 1_000
_SAMPLES_BYTES = 1 << 20
_CHECK_NEAR_MS, _CHECK_FAR_MS = 50, 250


class Watch:
    def __init__(self, plan: Plan, child: Child, clock: Clock, log: LogFile) -> None:
        self._plan = plan
        self._child = child
        self._clock = clock
        self._log = log
        self._samples = os.open(
            f"{plan['folder']}/{rundir.SAMPLES}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        self._samples_bytes = 0
        self._next_sample = self._next_disk = self._next_check = 0
        self._device = os.stat(plan["work"]).st_dev
        self._host_devices = {
            os.stat(place).st_dev
            for place in ("/", "/tmp", "/dev", "/dev/shm")  # noqa: S108 - only looked at
            if os.path.exists(place)
        }
        self._energy_before = self._read_energy()
        self._machine_before = _machine_cpu_ms() if self._energy_before is not None else 0
        self.cpu_ms = 0
        self.peak_mib = 0
        self._memory = 0
        self._processes = 0

    def next_ms(self) -> int:
        due = min(self._next_check, self._next_sample, self._next_disk, self._plan["time_limit_ms"])
        return max(1, min(1_000, due - self._clock.elapsed_ms()))

    def check(self) -> Outcome | None:
        """Looks at what is due. Returns the first broken limit."""
        elapsed = self._clock.elapsed_ms()
        if elapsed >= self._plan["time_limit_ms"]:
            seconds = self._plan["time_limit_ms"] // 1000
            return Outcome("failed", "time_limit", f"The job reached its time limit of {seconds} s.")
        if elapsed < min(self._next_check, self._next_sample, self._next_disk):
            return None
        pids = descendants(self._child.root)
        self._take(measure(self._child.root, pids), pids)
        breach = self._memory_breach() or self._process_breach()
        if not breach and elapsed >= self._next_disk:
            breach = self._disk_breach(pids)
        if breach or elapsed >= self._next_sample:
            self._write_sample(elapsed)
        near = self._memory * 2 > self._plan["memory_limit"] or elapsed < 2_000
        unguarded = not self._plan["cgroup_memory"]
        self._next_check = self._clock.elapsed_ms() + (_CHECK_NEAR_MS if near and unguarded else _CHECK_FAR_MS)
        return breach

    def sample(self) -> None:
        """The first sample: the run exists and has used nothing."""
        self._write_sample(0)

    def finish(self, waited_cpu_ms: int) -> None:
        """Takes in what the kernel says the ended tree has used."""
        self.cpu_ms = max(self.cpu_ms, waited_cpu_ms)
        self._write_sample(self._clock.elapsed_ms())
        os.close(self._samples)

    def out_of_memory(self) -> bool:
        """Whether the control group has killed a process of the run for want of memory."""
        if not self._plan["cgroup_oom"]:
            return False
        try:
            with open(self._plan["cgroup_oom"], encoding="ascii") as file:
                return any(line.split()[0] == "oom_kill" and int(line.split()[1]) > 0 for line in file)
        except OSError:
            return False

    def _take(self, reading: Reading, pids: list[int]) -> None:
        self.cpu_ms = max(self.cpu_ms, reading.cpu_ms)
        self._processes = reading.processes
        self._memory = reading.memory + self._memory_files()
        if self._memory > self._plan["memory_limit"]:
            # The quick figure counts pages shared after a fork several times. Ask exactly before saying so.
            self._memory = exact_memory(pids) + self._memory_files()
        self.peak_mib = max(self.peak_mib, _mib(self._memory))

    def _memory_files(self) -> int:
        """What lies in the sandbox's memory file systems, in bytes; no process's counter shows it."""
        if not self._plan["bwrap"]:
            return 0
        total = 0
        root = f"/proc/{self._child.root}/root"
        for place in ("tmp", "dev/shm"):
            try:
                # Until the sandbox has its own root, and after its end, these are folders of the host.
                if os.stat(f"{root}/{place}").st_dev in self._host_devices:
                    continue
                found = os.statvfs(f"{root}/{place}")
            except OSError:
                continue
            total += (found.f_blocks - found.f_bfree) * found.f_frsize
        return total

    def _memory_breach(self) -> Outcome | None:
        # One process killed by the control group ends the job: what is left of it is rarely what was meant.
        if self._memory <= self._plan["memory_limit"] and not self.out_of_memory():
            return None
        return over_memory(self._plan)

    def _process_breach(self) -> Outcome | None:
        limit = self._plan["process_limit"]
        if self._processes <= limit:
            return None
        return Outcome("failed", "process_limit", f"The job ran more than its {limit} processes.")

    def _disk_breach(self, pids: list[int]) -> Outcome | None:
        before = self._clock.elapsed_ms()
        use = folder_use(self._plan["work"])
        total = use.bytes + unlinked_bytes(pids, self._device)
        took = self._clock.elapsed_ms() - before
        # A large folder is looked at less often: at most a tenth of one core's time.
        self._next_disk = self._clock.elapsed_ms() + max(_DISK_MS, took * 10)
        limit = self._plan["disk_limit"]
        if total > limit:
            return Outcome("failed", "disk_limit", f"The job's work folder grew over its {limit >> 20} MiB.")
        if not use.seen_all:
            return Outcome(
                "failed", "disk_limit", "The job's work folder holds more files, or deeper folders, than are allowed."
            )
        return None

    def _write_sample(self, elapsed: int) -> None:
        at = self._clock.started_at + elapsed / 1000
        line = (
            f'{{"at": {at:.3f}, "elapsed_ms": {elapsed}, "cpu_ms": {self.cpu_ms}, '
            f'"memory_mib": {_mib(self._memory)}, "peak_memory_mib": {self.peak_mib}, '
            f'"processes": {self._processes}, "log_truncated": {"true" if self._log.truncated else "false"}}}\n'
        ).encode("ascii")
        self._next_sample = elapsed + _SAMPLE_MS
        try:
            if self._samples_bytes > _SAMPLES_BYTES:
                # Only the last line is ever read; a run of weeks must not fill the disk with the others.
                rundir.write_atomically(self._plan["folder"], rundir.SAMPLES, line)
                os.close(self._samples)
                flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
                self._samples = os.open(f"{self._plan['folder']}/{rundir.SAMPLES}", flags)
                self._samples_bytes = 0
            else:
                os.write(self._samples, line)
            self._samples_bytes += len(line)
        except OSError:  # A full disk costs samples, never the run.
            return

    def _read_energy(self) -> int | None:
        """Energy of the machine since some moment, in microjoules."""
        total = 0
        for path in self._plan["energy"]:
            try:
                with open(path, encoding="ascii") as file:
                    total += int(file.read())
            except (OSError, ValueError):
                return None
        return total if self._plan["energy"] else None

    def energy_mj(self) -> int | None:
        """The run's share of the machine's energy in millijoules, by CPU time. None where the machine does not say."""
        after = self._read_energy()
        if self._energy_before is None or after is None or after < self._energy_before:
            return None  # Not readable, or the counter has wrapped.
        machine = _machine_cpu_ms() - self._machine_before
        share = min(1.0, self.cpu_ms / machine) if machine > 0 else 0.0
        return round((after - self._energy_before) / 1000 * share)


def over_memory(plan: Plan) -> Outcome:
    return Outcome("failed", "memory_limit", f"The job used more than its {plan['memory_limit'] >> 20} MiB of memory.")


def _mib(count: int) -> int:
    return (count + (1 << 20) - 1) >> 20


def _machine_cpu_ms() -> int:
    """Busy time of all cores since boot."""
    with open("/proc/stat", encoding="ascii") as file:
        numbers = [int(part) for part in file.readline().split()[1:9]]
    return (sum(numbers) - numbers[3] - numbers[4]) * 1000 // os.sysconf("SC_CLK_TCK")
