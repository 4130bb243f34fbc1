"""Compute's pages: jobs, clusters, the queue, and what compute says on the dashboard."""

from .urls import urlpatterns

__all__ = ["urlpatterns"]
