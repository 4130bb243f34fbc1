"""The ASGI application that `qianhang serve` runs."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qianhang.wiring.settings")
django.setup()

# Django is set up first: this imports what needs its registry.
from qianhang.core.web.threads import ThreadedApplication  # noqa: E402

application = ThreadedApplication()
