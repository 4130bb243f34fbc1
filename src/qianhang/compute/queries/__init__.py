"""What compute can be asked. Every answer is scoped to who asks; what is foreign is NotFound."""

from .clusters import accelerators, cluster, cluster_regions, clusters
from .jobs import job_detail, job_rows, jobs_seen, outputs_of, samples_of
from .logs import log_text, open_output, read_log
from .totals import totals
from .upkeep import clusters_to_refresh, clusters_with_unfinished_runs, runs_to_cancel_again

__all__ = [
    "accelerators",
    "cluster",
    "cluster_regions",
    "clusters",
    "clusters_to_refresh",
    "clusters_with_unfinished_runs",
    "job_detail",
    "job_rows",
    "jobs_seen",
    "log_text",
    "open_output",
    "outputs_of",
    "read_log",
    "runs_to_cancel_again",
    "samples_of",
    "totals",
]
