"""Exit codes of every `qianhang` command. Scripts depend on them: a number never changes its meaning."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0 and 2 follow the shell's custom; the others tell a script whether a retry can help."""

    OK = 0
    FAILURE = 1
    """The command ran and did not succeed: a job that failed, a check that found something."""
    USAGE = 2
    """The command line itself is wrong."""
    REFUSED = 3
    """Not found, or refused by a rule: repeating the same command changes nothing."""
    NOT_SIGNED_IN = 4
    """No key, an expired key, or a key without the scope."""
    UNREACHABLE = 5
    """The server or the database did not answer: a retry may help."""
    NEEDS_SETUP = 6
    """Something is missing on this machine; the message names it and how to get it."""
    BUSY = 7
    """Another process holds what this command needs: the data folder or the port."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""
