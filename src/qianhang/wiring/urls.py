"""Every URL. Rooms give their own lists; this file says where they hang."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
]
