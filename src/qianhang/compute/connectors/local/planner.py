"""From a request to the plan that the shim carries out: checks, limits, what the job will see."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from qianhang.compute.ports import RunRequest, SubmitRefused

from . import cgroup, host, seccomp
from .environment import job_environment
from .isolation import Isolation
from .launch import PACKAGE_ROOT
from .sandbox import WORK, PythonLoan, bubblewrap_arguments
from .shim import rundir
from .shim.plan import Plan

_MIB = 1 << 20
_GRACE_MS = 5_000
_NICE = 5
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The kernel takes at most 128 KiB for one argument, and bubblewrap reads 9,000 of them.
_TEXT_LIMIT = 128 * 1024 - 1
_VARIABLES = 1_000
_OPEN_FILES = 4_096


def refuse_what_cannot_run(request: RunRequest, *, all_cores: Sequence[int], all_cards: Sequence[int]) -> None:
    """Raises SubmitRefused for a request that this machine can never run."""
    if not request.command or not all(_is_text(part) for part in request.command) or not request.command[0]:
        raise SubmitRefused("bad_command", "The command is empty, too long, or holds a null character.")
    variables = {**request.env, **request.secrets}
    if len(variables) > _VARIABLES:
        raise SubmitRefused("bad_environment", f"More than {_VARIABLES} environment variables.")
    for name, value in variables.items():
        if not _NAME.fullmatch(name) or not _is_text(value):
            raise SubmitRefused("bad_environment", f"{name!r} is not a usable environment variable.")
    if request.image:
        raise SubmitRefused("images_not_supported", "The local cluster does not run container images.")
    if request.cards > len(all_cards):
        raise SubmitRefused(
            "not_enough_cards", f"This machine has {len(all_cards)} cards, {request.cards} were asked for."
        )
    if request.cpus > len(all_cores):
        raise SubmitRefused(
            "not_enough_cpus", f"This machine has {len(all_cores)} cores, {request.cpus} were asked for."
        )
    if min(request.cpus, request.memory_mib, request.time_limit_s, request.disk_mib, request.process_limit) < 1:
        raise SubmitRefused("bad_limits", "CPUs, memory, time, disk and processes must each be at least 1.")
    if request.memory_mib > host.memory_mib():
        raise SubmitRefused("not_enough_memory", f"This machine has {host.memory_mib()} MiB of memory.")
    for path in request.inputs:
        pure = PurePosixPath(path)
        if pure.is_absolute() or not pure.parts or ".." in pure.parts or not path.isprintable() or str(pure) != path:
            raise SubmitRefused("bad_input_path", f"{path!r} is not a relative path inside the working directory.")


def _is_text(text: str) -> bool:
    return "\0" not in text and len(text.encode("utf-8", "surrogateescape")) <= _TEXT_LIMIT


def python_loan() -> PythonLoan:
    """The Python that runs the platform, lent to jobs so that `python train.py` finds it and its libraries."""
    return PythonLoan(sys.base_prefix, sys.prefix if sys.prefix != sys.base_prefix else "")


def make_plan(
    request: RunRequest, *, folder: Path, etc: Path, isolation: Isolation, cores: list[int], cards: list[int]
) -> Plan:
    run_id = str(request.run_id)
    work = folder / rundir.WORK
    boxed = isolation.bubblewrap
    loan = python_loan()
    environment = job_environment(
        run_id=run_id,
        home=WORK if boxed else str(work),
        scratch="/tmp" if boxed else str(work),  # noqa: S108 - the sandbox's own
        python_folders=loan.folders() if boxed else [str(Path(sys.executable).parent)],
        cpus=request.cpus,
        cards=cards,
        asked=request.env,
        secrets=request.secrets,
    )
    memory = request.memory_mib * _MIB
    disk = request.disk_mib * _MIB
    group = cgroup.NO_GROUP
    if isolation.cgroup is not None:
        group = cgroup.group_for(
            isolation.cgroup, run_id, memory=memory, processes=request.process_limit, cpus=request.cpus
        )
    filter_program = seccomp.program(guard_memory=not group.memory_file, guard_cores=not group.procs)
    return Plan(
        run_id=run_id,
        folder=str(folder),
        work=str(work),
        command=list(request.command),
        env=environment,
        source=str(request.source or ""),
        inputs=[(path, str(file)) for path, file in request.inputs.items()],
        package_root=str(PACKAGE_ROOT),
        bwrap=boxed.path if boxed else "",
        bwrap_args=bubblewrap_arguments(
            bubblewrap=boxed,
            work=work,
            etc=etc,
            loan=loan,
            environment=environment,
            network=request.network,
            cards=cards,
            memory_bytes=memory,
        )
        if boxed
        else [],
        seccomp=(filter_program or b"") if isolation.seccomp else b"",
        isolation=isolation.level,
        rlimits={
            "RLIMIT_CORE": (0, 0),
            "RLIMIT_FSIZE": (disk, disk),
            "RLIMIT_NOFILE": (min(1024, _OPEN_FILES), _OPEN_FILES),
            "RLIMIT_MEMLOCK": (64 * 1024, 64 * 1024),
            "RLIMIT_MSGQUEUE": (0, 0),
            # Private memory of each process; the tree as a whole is watched, or held by its control group. A quarter
            # more than promised, because reserved is not used.
            "RLIMIT_DATA": (memory + memory // 4 + 64 * _MIB,) * 2,
        },
        cores=cores,
        nice=_NICE,
        cgroup=group.folders,
        cgroup_limits=group.limits,
        cgroup_procs=group.procs,
        cgroup_memory=group.memory_file,
        cgroup_oom=group.oom_file,
        energy=host.energy_counters(),
        time_limit_ms=request.time_limit_s * 1000,
        grace_ms=_GRACE_MS,
        memory_limit=memory,
        disk_limit=disk,
        process_limit=request.process_limit,
        log_limit=request.log_limit_bytes,
    )
