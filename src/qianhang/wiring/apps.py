"""Fills the registries when Django is ready, in every process alike: server, worker, command line and tests."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WiringConfig(AppConfig):
    name = "qianhang.wiring"
    label = "wiring"
    verbose_name = _("Wiring")

    def ready(self) -> None:
        from qianhang.core.web import health

        from . import connectors, gauges, measures

        connectors.register_all()
        measures.register_all()
        health.STANDING.register(gauges.Standing())
