"""The ASGI application that `qianhang serve` runs."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qianhang.wiring.settings")
application = get_asgi_application()
