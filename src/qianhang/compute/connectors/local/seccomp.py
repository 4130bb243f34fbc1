"""The system-call filter of a job: a deny list, as a classic BPF program for bubblewrap's --seccomp.

Denied is what a computation never needs and what an attacker looks for first: namespaces, mounts, tracing, keys, kernel
loading, clocks, and kernel subsystems with a long record of holes (bpf, io_uring, userfaultfd, perf). Written by hand
because it is forty lines, while libseccomp's Python binding is not packaged everywhere. Numbers: the kernel's
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h; a test compares them with the headers.
"""

import errno
import platform
import struct

_X86_64 = {
    "ioctl": 16, "shmget": 29, "socket": 41, "clone": 56, "ptrace": 101, "syslog": 103, "uselib": 134, "sysfs": 139,
    "vhangup": 153, "modify_ldt": 154, "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163,
    "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176,
    "quotactl": 179, "sched_setaffinity": 203, "lookup_dcookie": 212, "clock_settime": 227, "kexec_load": 246,
    "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "fanotify_init": 300,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310,
    "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "memfd_create": 319, "kexec_file_load": 320,
    "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
_GENERIC = {
    "ioctl": 29, "shmget": 194, "socket": 198, "clone": 220, "ptrace": 117, "syslog": 116, "vhangup": 58,
    "pivot_root": 41, "adjtimex": 171, "chroot": 51, "acct": 89, "settimeofday": 170, "mount": 40, "umount2": 39,
    "swapon": 224, "swapoff": 225, "reboot": 142, "sethostname": 161, "setdomainname": 162, "init_module": 105,
    "delete_module": 106, "quotactl": 60, "sched_setaffinity": 122, "lookup_dcookie": 18, "clock_settime": 112,
    "kexec_load": 104, "add_key": 217, "request_key": 218, "keyctl": 219, "unshare": 97, "perf_event_open": 241,
    "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268,
    "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "memfd_create": 279,
    "kexec_file_load": 294, "bpf": 280, "userfaultfd": 282,
}  # fmt: skip
# From number 424 on all architectures agree.
_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438,
    "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip

# AUDIT_ARCH_* of linux/audit.h, and the table of numbers.
ARCHITECTURES = {
    "x86_64": (0xC000003E, _X86_64 | _EVERYWHERE),
    "aarch64": (0xC00000B7, _GENERIC | _EVERYWHERE),
    "riscv64": (0xC00000F3, _GENERIC | _EVERYWHERE),
    "loongarch64": (0xC0000102, _GENERIC | _EVERYWHERE),
}

# Answered with "no such call", so that libraries fall back to what they did before these existed.
_ABSENT = frozenset(
    {"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "memfd_create", "memfd_secret", "shmget"}
)
_CHECKED = frozenset({"ioctl", "socket", "clone"})
_MEMORY_GUARD = frozenset({"memfd_create", "shmget"})
_CORES_GUARD = frozenset({"sched_setaffinity"})

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
_CLONE_NAMESPACES = 0x7E020000
_TERMINAL_INJECTION = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: they put words into a terminal's mouth."""
_SOCKET_FAMILIES = (1, 2, 10, 16)
"""Unix, IPv4, IPv6, netlink. Others, such as vsock, ignore the network namespace or are rarely audited."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = 0x7FFF0000
_NUMBER, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24
"""Offsets in struct seccomp_data; the low halves of the arguments, on little-endian machines."""


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _instruction(_RETURN, 0x00050000 | error)


def program(*, guard_memory: bool, guard_cores: bool, machine: str = "") -> bytes | None:
    """The filter, or None for a machine whose numbers we do not know.

    `guard_memory` also refuses memory that no process's counters show, for where there is no control group to count it;
    `guard_cores` refuses leaving the assigned cores, for where there is none to hold a job to them.
    """
    known = ARCHITECTURES.get(machine or platform.machine())
    if known is None:
        return None
    arch, numbers = known
    skipped = (
        _CHECKED | (frozenset() if guard_memory else _MEMORY_GUARD) | (frozenset() if guard_cores else _CORES_GUARD)
    )
    # Another architecture's calls (32 bit, x32) have other numbers and would slip through the list.
    parts = [_instruction(_LOAD, _ARCH), _instruction(_EQUAL, arch, 1, 0), _refuse(errno.ENOSYS)]
    parts += [_instruction(_LOAD, _NUMBER)]
    if arch == ARCHITECTURES["x86_64"][0]:
        parts += [_instruction(_AT_LEAST, 0x40000000, 0, 1), _refuse(errno.ENOSYS)]
    for name, number in sorted(numbers.items(), key=lambda item: item[1]):
        if name not in skipped:
            parts += [_instruction(_EQUAL, number, 0, 1), _refuse(errno.ENOSYS if name in _ABSENT else errno.EPERM)]
    parts += _argument_check(
        numbers["clone"], _ARG0, [_instruction(_ANY_BIT, _CLONE_NAMESPACES, 0, 1), _refuse(errno.EPERM)]
    )
    injections = [i for call in _TERMINAL_INJECTION for i in (_instruction(_EQUAL, call, 0, 1), _refuse(errno.EPERM))]
    parts += _argument_check(numbers["ioctl"], _ARG1, injections)
    allowed = [
        i for family in _SOCKET_FAMILIES for i in (_instruction(_EQUAL, family, 0, 1), _instruction(_RETURN, _ALLOW))
    ]
    parts += _argument_check(numbers["socket"], _ARG0, [*allowed, _refuse(errno.EAFNOSUPPORT)])
    return b"".join([*parts, _instruction(_RETURN, _ALLOW)])


def _argument_check(number: int, offset: int, body: list[bytes]) -> list[bytes]:
    """For one call: look at an argument, then allow what `body` has not decided. Other calls pass by."""
    inside = [_instruction(_LOAD, offset), *body, _instruction(_RETURN, _ALLOW)]
    return [_instruction(_EQUAL, number, 0, len(inside)), *inside]
