"""Is it alive, is it ready, what are its numbers."""

import hmac
import ipaddress

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

# A statement that parses, plans and runs PL/pgSQL: a server in recovery or with a broken catalogue does not pass it.
_PROBE = "DO $$ BEGIN PERFORM 1 FROM pg_catalog.pg_class LIMIT 1; END $$"

STANDING = CollectorRegistry()
"""Numbers asked for at each scrape, the same in every process; wiring registers what collects them."""

_migrated = False


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a database outage does not get the web server killed."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database runs a function and every migration is applied; 503 with the reason otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_PROBE)
        missing = _missing_migrations()
    except (DatabaseError, InterfaceError) as error:
        return JsonResponse({"status": "unavailable", "database": type(error).__name__}, status=503)
    if missing:
        return JsonResponse({"status": "unavailable", "missing_migrations": missing}, status=503)
    return JsonResponse({"status": "ok"})


def _missing_migrations() -> list[str]:
    """Names of migrations not yet applied. Asked until there are none: applied ones do not go away under us."""
    global _migrated  # noqa: PLW0603 -- one fact per process, true for as long as the process lives
    if _migrated:
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    _migrated = not plan
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for scrapers on this machine, or for whoever sends the metrics token. Others see nothing."""
    if not _may_scrape(request):
        raise Http404
    registry = REGISTRY
    if settings.METRICS_DIR:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, path=str(settings.METRICS_DIR))  # type: ignore[no-untyped-call]
    text = generate_latest(registry) + generate_latest(STANDING)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(given.encode(), token.encode())
    # Behind a proxy everyone comes from loopback: then only the token lets anyone in.
    if "X-Forwarded-For" in request.headers or settings.BEHIND_TLS:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "127.0.0.1").is_loopback
    except ValueError:
        return False


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
