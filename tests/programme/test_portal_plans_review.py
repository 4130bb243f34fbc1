"""The review page: what it shows, and that every decision works without JavaScript."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from qianhang.core.people.models import User
from qianhang.programme.models import Finding

from .world import TEXT, World

pytestmark = pytest.mark.django_db


def client_of(actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=actor.user_id))
    return client


@pytest.fixture
def office(world: World) -> Client:
    return client_of(world.official)


def test_the_review_shows_the_document_with_every_finding_marked(world: World, office: Client):
    plan, _document, _changes = world.plan()
    html = office.get(reverse("plan_review", args=[plan.id])).content.decode()
    shown = re.search(r'data-document lang="zh">(.*?)</div>', html, re.S)[1]
    assert re.sub(r"<[^>]+>", "", shown) == TEXT
    findings = Finding.objects.filter(plan=plan)
    for number in range(1, findings.count() + 1):
        assert f'id="q{number}"' in html
        assert f'id="f{number}"' in html
