"""What can be done with clusters and jobs: one use case per file, one public function of the same name."""

from .announce_cluster import announce_cluster
from .cancel_job import cancel_job
from .cancel_run import cancel_run
from .fetch_again import fetch_again
from .fetch_git_source import fetch_git_source
from .finish_run import finish_run
from .forget_runs import forget_runs
from .link_regions import link_regions
from .load_accelerators import load_accelerators
from .look_again import look_again
from .place_job import place_job
from .place_waiting import place_waiting
from .prune_uploads import prune_uploads
from .quote_job import quote_job
from .refresh_inventory import refresh_inventory
from .register_accelerator import register_accelerator
from .register_cluster import register_cluster
from .register_region import register_region
from .set_cluster_state import set_cluster_state
from .set_price import set_price
from .stalled_runs import stalled_runs
from .start_run import start_run
from .store_upload import store_upload
from .submit_job import submit_job
from .sync_runs import sync_runs

__all__ = [
    "announce_cluster",
    "cancel_job",
    "cancel_run",
    "fetch_again",
    "fetch_git_source",
    "finish_run",
    "forget_runs",
    "link_regions",
    "load_accelerators",
    "look_again",
    "place_job",
    "place_waiting",
    "prune_uploads",
    "quote_job",
    "refresh_inventory",
    "register_accelerator",
    "register_cluster",
    "register_region",
    "set_cluster_state",
    "set_price",
    "stalled_runs",
    "start_run",
    "store_upload",
    "submit_job",
    "sync_runs",
]
