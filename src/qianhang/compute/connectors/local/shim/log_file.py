"""The log of one run: the bytes as they came, up to a limit."""

import os

_PIECE = 1 << 20


class LogFile:
    """Takes what the job writes. Past the limit, or on a full disk, it goes on reading and throws away, so that a job
    never waits for its log, and the log ends with a line that says so."""

    def __init__(self, path: str, limit: int) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._room = limit
        self._limit = limit
        self.bytes = 0
        self.truncated = False
        self._at_line_start = True

    def drain(self, pipe: int) -> bool:
        """Moves what is in the pipe; False at its end. At most one piece, so that one loud job cannot starve limits."""
        try:
            data = os.read(pipe, _PIECE)
        except BlockingIOError:
            return True
        if not data:
            return False
        if not self.truncated:
            self._append(data)
        return True

    def _append(self, data: bytes) -> None:
        kept = data[: self._room]
        self._room -= len(kept)
        if not self._write(kept):
            self._cut("the disk is full")
        elif len(kept) < len(data):
            self._cut(f"longer than {self._limit} bytes")

    def _cut(self, why: str) -> None:
        self.truncated = True
        self.note(f"The log ends here: {why}. What followed was not kept.")

    def note(self, sentence: str) -> None:
        """A line of the platform's own, outside the limit."""
        self._write(f"{'' if self._at_line_start else chr(10)}[qianhang] {sentence}\n".encode())

    def _write(self, data: bytes) -> bool:
        view = memoryview(data)
        while view:
            try:
                written = os.write(self._fd, view)
            except OSError:  # No space, or over a quota: the run goes on without this part of its log.
                return False
            self.bytes += written
            view = view[written:]
        if data:
            self._at_line_start = data[-1:] == b"\n"
        return True

    def close(self) -> None:
        os.close(self._fd)
