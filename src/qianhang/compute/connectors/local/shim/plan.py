"""What the shim is told to do: plain values, sent by the worker over a pipe with marshal. The shim itself imports this
file for type checking only, because typing takes milliseconds to load."""

from typing import TypedDict


class Plan(TypedDict):
    run_id: str
    folder: str
    """The run's folder; everything the shim writes is in it."""
    work: str
    """The work folder, as seen from outside the sandbox."""
    command: list[str]
    env: dict[str, str]
    """For the bare process; in a sandbox the environment is among `bwrap_args`."""
    source: str
    """The archive to unpack into the work folder, or empty."""
    inputs: list[tuple[str, str]]
    """Relative path in the work folder, file to copy there."""
    package_root: str
    """Where the platform's own package can be imported from."""
    bwrap: str
    """The bubblewrap program, or empty for a bare process."""
    bwrap_args: list[bytes]
    seccomp: bytes
    isolation: str
    rlimits: dict[str, tuple[int, int]]
    cores: list[int]
    nice: int
    cgroup: list[str]
    """Control group folders of this run: made before it, removed after it."""
    cgroup_limits: list[tuple[str, str, bool]]
    """File, value, and whether this kernel may go without it."""
    cgroup_procs: list[str]
    """Files that take the process id of the sandbox's init."""
    cgroup_memory: str
    """File with the memory in use in bytes, or empty."""
    cgroup_oom: str
    """File whose `oom_kill` line counts kills for want of memory, or empty."""
    energy: list[str]
    """Readable energy counters of the host in microjoules."""
    time_limit_ms: int
    grace_ms: int
    memory_limit: int
    disk_limit: int
    process_limit: int
    log_limit: int
