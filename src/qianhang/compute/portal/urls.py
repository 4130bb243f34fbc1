from django.urls import path

from . import clusters, job, jobs, new_job, queue, supplier

urlpatterns = [
    path("jobs/", jobs.job_list, name="job_list"),
    path("jobs/selected/", jobs.job_bulk, name="job_bulk"),
    path("jobs/new/", new_job.job_new, name="job_new"),
    path("jobs/new/quote/", new_job.job_quote, name="job_quote"),
    path("jobs/<uuid:job_id>/", job.job_page, name="job"),
    path("jobs/<uuid:job_id>/live/", job.job_live, name="job_live"),
    path("jobs/<uuid:job_id>/cancel/", job.job_cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/log/", job.job_log, name="job_log"),
    path("jobs/<uuid:job_id>/outputs/<uuid:output_id>/", job.job_output, name="job_output"),
    path("clusters/", clusters.cluster_list, name="cluster_list"),
    path("clusters/<slug:slug>/", clusters.cluster_page, name="cluster"),
    path("clusters/<slug:slug>/state/", clusters.cluster_state, name="cluster_state"),
    path("clusters/<slug:slug>/price/", clusters.cluster_price, name="cluster_price"),
    path("clusters/<slug:slug>/runs/", clusters.cluster_runs, name="cluster_runs"),
    path("queue/", queue.queue_page, name="queue"),
    path("supplier/", supplier.supplier_page, name="supplier"),
]
