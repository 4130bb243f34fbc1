"""Words that only compute's pages need."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..identity import WORKER

ISOLATION: dict[str, str | Promise] = {
    "L0": _("Not isolated: the job runs as an ordinary process beside others."),
    "L1": _("Own namespaces: the job sees neither other jobs, nor the machine's files and network."),
    "L2": _("Own namespaces, with the kernel's limits on CPU, memory and processes."),
    "L3": _("A cluster of its own for this organisation."),
    "L4": _("A virtual machine of its own."),
}


def isolation_in_words(level: str) -> str:
    return str(ISOLATION.get(level, _("The cluster has not said how it isolates jobs.")))


def who(name: str) -> str:
    """Who did something, as the timeline says it: a person's name, or the platform for its own worker."""
    return str(_("the platform")) if name == WORKER.name else name
