"""Why a job or a run ended or waits, in the reader's words.

A connector gives a code and, in English, what it saw: the port is spoken by programs. The sentences of the local
cluster are known, so their facts are taken out of them and said in the reader's language; others are quoted.
"""

import re
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ENDINGS: dict[str, str | Promise] = {
    "bad_command": _("The cluster refused the command."),
    "bad_environment": _("The cluster refused an environment variable."),
    "bad_input_path": _("The path of an input is not inside the working directory."),
    "bad_limits": _("The cluster refused the limits."),
    "cancelled": _("Cancelled."),
    "cluster_silent": _("The cluster did not answer for too long; the run counts as lost."),
    "command_not_found": _("The command was not found on the cluster."),
    "disk_limit": _("The job wrote more than its disk limit."),
    "exit_nonzero": _("The command ended with an error; its log says why."),
    "git_failed": _("The git commit could not be fetched."),
    "host_stopped": _("The cluster's machine stopped while the job ran."),
    "images_not_supported": _("The cluster cannot run container images."),
    "no_isolation": _("The cluster's machine cannot isolate jobs, and its operator has not allowed running them so."),
    "no_network": _("It gives jobs no network."),
    "budget_spent": _("What the budget has left is not enough for another attempt."),
    "insufficient_funds": _("The money for another attempt is gone."),
    "lost": _("The cluster no longer knows this run."),
    "memory_limit": _("The job used more memory than its limit. Ask for more in resources.memory."),
    "never_started": _("The run was accepted but never started."),
    "no_cluster_fits": _("No cluster fits this job any more."),
    "not_enough_cards": _("The cluster has fewer cards than the job asks for."),
    "not_enough_cpus": _("The cluster has fewer CPUs than the job asks for."),
    "not_enough_memory": _("The cluster has less memory than the job asks for."),
    "process_limit": _("The job started more processes than it may."),
    "sandbox_killed": _("The sandbox was stopped from outside."),
    "source_missing": _("The job's source archive is gone from the store."),
    "source_refused": _("The source archive was refused."),
    "start_failed": _("The cluster could not start the job."),
    "supervisor_died": _("The process that watched the run died; the run counts as lost."),
    "supervisor_failed": _("The process that watched the run failed."),
    "time_limit": _("The job reached its time limit and was stopped."),
    "voucher_unusable": _("The voucher can no longer be used for another attempt."),
    "waiting_for_cluster": _("Every cluster that fits is busy or silent; the job starts as soon as one has room."),
}

# By code: what the local cluster says, and the same facts as one sentence that stands for code and detail together.
DETAILS: dict[str, Sequence[tuple[re.Pattern[str], str | Promise]]] = {
    "cancelled": ((re.compile(r"The run was cancelled( before it began)?\."), ENDINGS["cancelled"]),),
    "disk_limit": (
        (
            re.compile(r"The job's work folder grew over its (?P<limit>\d+) MiB\."),
            _("The job wrote more than its disk limit of {limit} MiB."),
        ),
        (
            re.compile(r"The job's work folder holds more files, or deeper folders, than are allowed\."),
            _("The job's folder holds more files, or deeper folders, than are allowed."),
        ),
    ),
    "exit_nonzero": (
        (
            re.compile(r"The command ended with exit code (?P<exit>\d+)\."),
            _("The command ended with exit code {exit}; its log says why."),
        ),
        (
            re.compile(r"The command ended by signal (?P<signal>\d+)\."),
            _("The command was ended by signal {signal}; its log may say why."),
        ),
    ),
    "host_stopped": ((re.compile(r"The host was stopped while the job ran\."), ENDINGS["host_stopped"]),),
    "memory_limit": (
        (
            re.compile(r"The job used more than its (?P<limit>\d+) MiB of memory\."),
            _("The job used more than its {limit} MiB of memory. Ask for more in resources.memory."),
        ),
    ),
    "never_started": ((re.compile(r"This cluster has not started such a run\."), ENDINGS["never_started"]),),
    "process_limit": (
        (
            re.compile(r"The job ran more than its (?P<limit>\d+) processes\."),
            _("The job started more than the {limit} processes it may."),
        ),
    ),
    "sandbox_killed": (
        (
            re.compile(r"The sandbox was ended from outside by signal (?P<signal>\d+)\."),
            _("The sandbox was stopped from outside, by signal {signal}."),
        ),
    ),
    "source_missing": (
        (
            re.compile(r"A file of the job is gone: (?P<file>.*)\."),
            _("A file of the job is gone from the store: {file}."),
        ),
    ),
    "start_failed": (
        (
            re.compile(r"The sandbox was not ready in time\."),
            _("The cluster could not start the job: its sandbox was not ready in time."),
        ),
        (
            re.compile(r"The work folder could not be filled: (?P<why>.*)\."),
            _("The cluster could not start the job: its folder could not be filled ({why})."),
        ),
        (
            re.compile(r"The sandbox did not start: (?P<why>.*)", re.DOTALL),
            _("The cluster could not start the job: its sandbox did not start ({why})."),
        ),
    ),
    "supervisor_died": ((re.compile(r"The run's supervisor was ended from outside\."), ENDINGS["supervisor_died"]),),
    "time_limit": (
        (
            re.compile(r"The job reached its time limit of (?P<limit>\d+) s\."),
            _("The job reached its time limit of {limit} s and was stopped."),
        ),
    ),
}


def ending_sentence(code: str, detail: str) -> str:
    """One sentence for a code and what the cluster said about it; a detail nobody knows follows the code's sentence."""
    if not code:
        return detail
    for pattern, sentence in DETAILS.get(code, ()):
        if found := pattern.fullmatch(detail):
            return str(sentence).format_map(found.groupdict())
    sentence = str(ENDINGS.get(code, ""))
    return f"{sentence} {detail}".strip() if detail and detail != sentence else sentence or code
