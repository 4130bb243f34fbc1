"""The programme's pages: plans, their review, their comparison."""

from .urls import urlpatterns

__all__ = ["urlpatterns"]
