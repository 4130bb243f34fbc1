import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils import translation

from qianhang.core import outgoing
from qianhang.core.access import Actor
from qianhang.core.errors import DomainError
from qianhang.funding.services import release_hold

from .. import objects
from ..identity import run_id_of
from ..models import Job
from ..rules.job_spec import Source, stored_job_spec
from ..rules.states import WAITING, State
from ..transitions import move

SCHEMES = ("https",)
TIMEOUT_S = 120
MAX_BLOCKS = 1024 * 1024
"""The largest file that git may write, in blocks of `ulimit -f`: 512 bytes to POSIX shells, 1 KiB to others."""


class GitFailed(Exception):
    """The commit could not be brought here; the message is for the person who submitted the job."""


def fetch_git_source(*, actor: Actor, job_id: uuid.UUID) -> bool:
    """Brings a waiting job's git commit into the object store as an archive, once per address and commit.

    Returns whether the job can go on: True also for a job without a git source. When the commit cannot be had the
    job fails and its money is free again.
    """
    job = Job.objects.visible_to(actor).filter(id=job_id, state__in=WAITING).only("id", "spec").first()
    source = stored_job_spec(job.spec).source if job else None
    if source is None or source_is_here(source):
        return True
    try:
        _fetch(source)
    except GitFailed as failure:
        _fail(actor, job_id, str(failure))
        return False
    return True


def source_is_here(source: Source | None) -> bool:
    """Whether a job can start as far as its source goes: uploads came with it, a git commit must have been fetched."""
    return source is None or not source.git or objects.exists(objects.git_name(source.git, source.commit))


def _fetch(source: Source) -> None:
    """One commit: no history, no submodules, no hooks, and only from the address that was checked."""
    try:
        target = outgoing.check_url(source.git)
    except DomainError as refused:
        # Kept with the job, for readers of every language: the codes have the translated sentences.
        with translation.override("en"):
            raise GitFailed(str(refused)) from refused
    if target.scheme not in SCHEMES:
        raise GitFailed(f"only {', '.join(SCHEMES)} addresses are fetched")
    if shutil.which("git") is None:
        raise GitFailed("git is not installed on this server")
    address = f"[{target.ip}]" if ":" in target.ip else target.ip
    with tempfile.TemporaryDirectory(prefix="qianhang-git-") as folder:
        repository = Path(folder) / "repository"
        _git(repository, "init", "--quiet", "--bare", str(repository))
        _git(
            repository,
            "-c", f"http.curloptResolve={target.host}:{target.port}:{address}",
            "fetch", "--quiet", "--no-tags", "--depth=1", "--no-recurse-submodules", "--no-auto-gc",
            "--", source.git, source.commit,
        )  # fmt: skip
        archive = objects.new_file()
        try:
            _git(repository, "archive", "--format=tar.gz", f"--output={archive}", source.commit)
            objects.adopt(archive, objects.git_name(source.git, source.commit))
        finally:
            archive.unlink(missing_ok=True)


# Nothing of this machine's or anybody's git configuration counts, and no address may hand over to another one.
_SAFE = (
    "-c", "protocol.allow=never", "-c", "http.followRedirects=false", "-c", "http.proxy=",
    "-c", "core.hooksPath=/dev/null", "-c", "credential.helper=", "-c", "submodule.recurse=false",
    "-c", "core.symlinks=false", "-c", "transfer.fsckObjects=true",
)  # fmt: skip


def _git(repository: Path, *arguments: str) -> None:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(repository.parent),
        "GIT_DIR": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }
    allowed = [option for scheme in SCHEMES for option in ("-c", f"protocol.{scheme}.allow=always")]
    limited = ["sh", "-c", 'ulimit -f "$1" && shift && exec "$@"', "sh", str(MAX_BLOCKS), "git"]
    git = subprocess.Popen(
        [*limited, *_SAFE, *allowed, *arguments],
        env=environment,
        cwd=repository.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with git:
        try:
            _out, said = git.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired as slow:
            # All of its session: git talks through a helper process, which would go on waiting without it.
            os.killpg(git.pid, signal.SIGKILL)
            raise GitFailed(f"no answer within {TIMEOUT_S} s") from slow
    if git.returncode:
        words = said.decode("utf-8", "replace").replace(str(repository.parent), "").strip().splitlines()
        raise GitFailed(words[-1][:300] if words else f"git ended with status {git.returncode}")


@transaction.atomic
def _fail(actor: Actor, job_id: uuid.UUID, why: str) -> None:
    job = Job.objects.select_for_update(of=("self",), no_key=True).get(id=job_id)
    if job.state not in WAITING:
        return
    move(job, State.FAILED, actor=actor, reason_code="git_failed", reason=why)
    attempt = 1 + (job.runs.aggregate(last=Max("attempt"))["last"] or 0)
    release_hold(actor=actor, reference=run_id_of(job.id, attempt=attempt), reason="git_failed")
