"""The folder of one run: names, locks and atomic files. Used by the shim and by the worker, so it imports little.

Who is alive is told by locks, which the kernel drops when their holder dies, never by a number in a file:
`lock` is held by the shim as long as it lives, `submit.lock` by whoever is starting it.
"""

import fcntl
import os
import struct

REQUEST = "request.json"
IDENTITY = "shim.json"
LOCK = "lock"
SUBMIT_LOCK = "submit.lock"
LOG = "log"
SAMPLES = "samples"
RESULT = "result.json"
CANCEL = "cancel.json"
ERRORS = "shim.err"
WORK = "work"

# struct flock of Linux, 64 bit: type, whence, start, length, pid. Open-file-description locks (fcntl(2)) exclude
# threads as well as processes, and can be asked about without being taken.
_FLOCK = struct.Struct("@hhqqi4x")


def _whole_file(kind: int) -> bytes:
    return _FLOCK.pack(kind, os.SEEK_SET, 0, 0, 0)


def take_lock(path: str, *, wait: bool) -> int:
    """Locks the file and returns its descriptor, or -1 when another holds it and `wait` is false."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLKW if wait else fcntl.F_OFD_SETLK, _whole_file(fcntl.F_WRLCK))
    except BlockingIOError:
        os.close(fd)
        return -1
    except BaseException:
        os.close(fd)
        raise
    return fd


def is_locked(path: str) -> bool:
    """Whether anyone holds the lock, without taking it."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _whole_file(fcntl.F_WRLCK))
    finally:
        os.close(fd)
    return bool(_FLOCK.unpack(answer)[0] != fcntl.F_UNLCK)


def write_atomically(folder: str, name: str, data: bytes, *, durable: bool = False) -> None:
    """Readers see the old file or the whole new one. `durable` waits for the disk."""
    temporary = f"{folder}/.{name}.{os.getpid()}.{os.urandom(4).hex()}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            if durable:
                os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(temporary, f"{folder}/{name}")
    except BaseException:
        os.unlink(temporary)
        raise
    if durable:
        sync_folder(folder)


def sync_folder(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def boot_id() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is no such process. Together with the boot id
    it names one process for ever, which a process id alone does not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The name in parentheses may hold anything; the numbers follow the last one.
    return int(text[text.rindex(b")") + 2 :].split()[19])


def identity() -> bytes:
    """This process, as JSON."""
    pid = os.getpid()
    return f'{{"pid": {pid}, "start_ticks": {start_ticks(pid)}, "boot_id": "{boot_id()}"}}'.encode("ascii")
