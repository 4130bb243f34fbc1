"""The environment of a job: built from nothing, so that nothing of the platform's own leaks into it."""

from collections.abc import Mapping, Sequence

# Numeric libraries start one thread per core of the machine unless told; the job has only its share.
_THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")


def job_environment(
    *,
    run_id: str,
    home: str,
    scratch: str,
    python_folders: Sequence[str],
    cpus: int,
    cards: Sequence[int],
    asked: Mapping[str, str],
    secrets: Mapping[str, str],
) -> dict[str, str]:
    """What the job asked for, over sensible defaults, under what the platform states about the run itself."""
    defaults = {
        "PATH": ":".join((*python_folders, *_SYSTEM_PATH)),
        "HOME": home,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "USER": "job",
        "LOGNAME": "job",
        "PYTHONUNBUFFERED": "1",
        **dict.fromkeys(_THREAD_COUNTS, str(cpus)),
    }
    stated = {
        "QIANHANG_RUN_ID": run_id,
        "QIANHANG_CPUS": str(cpus),
        "QIANHANG_CARDS": str(len(cards)),
        "QIANHANG_WORK": home,
        "QIANHANG_OUTPUTS": f"{home}/outputs",
        "CUDA_VISIBLE_DEVICES": ",".join(map(str, cards)),
    }
    return {**defaults, **asked, **secrets, **stated}
