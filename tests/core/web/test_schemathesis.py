"""The whole API, fed with what its own OpenAPI document allows and with what it does not: never a 5xx."""

import time
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from tests.architecture.sample_world import FIRM, OFFICE, build
from tests.core.actors import bearer, make_secret

from qianhang.core.access import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow(seconds=20)]

EXAMPLES = 12
BUDGET_S = 45
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def schema() -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def test_nothing_that_can_be_sent_makes_the_api_fall_over(schema):
    world = build()
    keys = [bearer(make_secret(world.actor(of, Role.OWNER))) for of in (FIRM, OFFICE)]
    give_up_at = time.monotonic() + BUDGET_S
    statuses: list[int] = []
    failures: list[str] = []
    for found in schema.get_all_operations():
        fuzz(
            found.ok(),
            keys=keys,
            samples=dict(world.samples),
            statuses=statuses,
            failures=failures,
            give_up_at=give_up_at,
        )
    assert not failures, "\n".join(failures[:10])
    assert len(statuses) >= 300
    assert {200, 201, 404, 422} <= set(statuses), "it never got past the door"


def fuzz(
    operation: Any,
    *,
    keys: list[dict[str, str]],
    samples: dict[str, str],
    statuses: list[int],
    failures: list[str],
    give_up_at: float,
) -> None:
    """Some requests to one operation; half of them name objects that exist."""
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES])

    @given(case=cases, key=st.sampled_from(keys), real=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any, key: dict[str, str], real: bool) -> None:
        if time.monotonic() > give_up_at:
            return
        if real and case.path_parameters:
            case.path_parameters = {name: samples.get(name, value) for name, value in case.path_parameters.items()}
        response = case.call(headers=key)
        statuses.append(response.status_code)
        if response.status_code >= 500:
            said = f"{response.status_code} {response.text[:300]}"
            failures.append(f"{operation.label}: {said}\n{case.as_curl_command()}")

    send()
