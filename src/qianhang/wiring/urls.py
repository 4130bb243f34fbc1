"""Every URL. Rooms give their own lists; this file says where they hang."""

from django.urls import include, path

from qianhang.compute import portal as compute
from qianhang.core.people import audit_portal as audit
from qianhang.core.people import portal as people
from qianhang.core.web import health
from qianhang.funding import portal as funding
from qianhang.portal import views as portal
from qianhang.programme import portal as programme

from .api import api
from .front import DASHBOARD, home_numbers, home_stations

urlpatterns = [
    *health.urlpatterns,
    path("api/v1/", api.urls),
    path("", portal.home, {"numbers": home_numbers, "stations": home_stations}, name="home"),
    path("dashboard/", portal.dashboard, {"panels": DASHBOARD}, name="dashboard"),
    path("help/", portal.help_, name="help"),
    path("help/glossary/", portal.glossary, name="glossary"),
    path("styleguide/", portal.styleguide, name="styleguide"),
    *people.urlpatterns,
    *compute.urlpatterns,
    *funding.urlpatterns,
    *programme.urlpatterns,
    *audit.urlpatterns,
    path("accounts/", include("allauth.urls")),
]

handler400 = "qianhang.core.web.pages.bad_request"
handler403 = "qianhang.core.web.pages.permission_denied"
handler404 = "qianhang.core.web.pages.page_not_found"
handler429 = "qianhang.core.web.pages.too_many_attempts"
handler500 = "qianhang.core.web.pages.server_error"
