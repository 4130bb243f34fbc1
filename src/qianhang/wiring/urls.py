"""Every URL. Rooms give their own lists; this file says where they hang."""

from django.urls import include, path

from qianhang.core.web import health

from .api import api

urlpatterns = [
    *health.urlpatterns,
    path("api/v1/", api.urls),
    path("accounts/", include("allauth.urls")),
]
