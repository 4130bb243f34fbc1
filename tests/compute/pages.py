"""What the tests of compute's pages say often."""

import re
import uuid

from django.http import HttpResponse

from qianhang.compute import services
from qianhang.compute.models import Job

from .conftest import World, command

QUICK = {"command": "echo hello", "time_limit": "60", "resources.cpus": "1", "resources.memory": "256MiB"}


def form(**changes: str) -> dict[str, str]:
    """What the browser sends when a person filled in the new-job page."""
    return {"as": "form", "do": "submit", "key": str(uuid.uuid4()), **QUICK, **changes}


def submitted(world: World, text: str = "echo hello", **more: object) -> Job:
    return services.submit_job(actor=world.developer, spec=command(text, **more))


def text_of(response: HttpResponse) -> str:
    """What a reader sees: tags away, white space folded."""
    body = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
