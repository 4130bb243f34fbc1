"""What compute refuses, and why."""

from django.utils.translation import gettext_lazy as _

from qianhang.core.errors import Conflict, DomainError, InvalidInput


class NoClusterFits(DomainError):
    """`problems` has one entry per cluster, its path the cluster's slug, with every reason in words."""

    code, status = "no_cluster_fits", 422
    message = _("No cluster can run this job, neither now nor later.")


class UploadTooLarge(DomainError):
    code, status = "upload_too_large", 413
    message = _("The file is larger than {limit_mib} MiB.")


class UploadQuotaReached(DomainError):
    code, status = "upload_quota_reached", 413
    message = _(
        "Your organisation's files take {used_mib} of {quota_mib} MiB; this one ({size_mib} MiB) has no room. "
        "Files that no job names are removed {days} days after they were sent; the operator can raise the limit."
    )


class UploadEmpty(InvalidInput):
    code = "upload_empty"
    message = _("The file is empty.")


class StoreUnavailable(DomainError):
    """The disk is full or the object store does not answer: nothing was kept, trying again is safe."""

    code, status = "store_unavailable", 507
    message = _("The file could not be stored: {why}. Nothing was kept; try again later.")


class SourceUnavailable(DomainError):
    code, status = "source_unavailable", 422
    message = _("The git commit could not be fetched: {why}")


class PricePeriodsOverlap(Conflict):
    code = "price_periods_overlap"
    message = _("Another price of this item holds within that period: {other}. End it first.")


class ClusterStateRefused(Conflict):
    code = "cluster_state_refused"
    message = _("A cluster that is {before} cannot become {after}.")


class ClusterBusy(Conflict):
    code = "cluster_busy"
    message = _("{runs} runs are unfinished on this cluster. Drain it first.")


class SparseFigure(InvalidInput):
    code = "sparse_figure"
    message = _("Only dense figures are kept; a sparse figure says nothing about real work.")


class NoLog(DomainError):
    code, status = "no_log", 404
    message = _("There is no log yet: the job has not started.")


class LogUnavailable(DomainError):
    code, status = "log_unavailable", 503
    message = _("The cluster does not answer at the moment. Try again soon.")
