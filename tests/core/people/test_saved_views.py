"""Saved views: a person's own names for the filters of a list."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.core.actors import join, make_organisation, make_user

from qianhang.core.access import Actor
from qianhang.core.errors import InvalidInput, Unauthenticated
from qianhang.core.people.errors import TooManyViews
from qianhang.core.people.models import User
from qianhang.core.people.rules.saved_views import MOST_VIEWS, SavedView, canonical_query, with_view, without_view
from qianhang.core.people.services.save_view import save_view

REGISTER = "/organisations/"


def test_the_same_filters_give_the_same_text_without_the_place_in_the_list():
    assert canonical_query("state=active&q=a%20b&cursor=xyz&export=csv") == "q=a+b&state=active"
    assert canonical_query("q=a+b&state=active&state=active") == "q=a+b&state=active"


def test_a_name_stands_once_on_each_page():
    views = with_view([SavedView("mine", "/a/", "x=1")], SavedView("mine", "/b/", "x=2"))
    assert [(one.path, one.query) for one in with_view(views, SavedView("mine", "/a/", "x=3"))] == [
        ("/a/", "x=3"),
        ("/b/", "x=2"),
    ]
    assert without_view(views, path="/a/", name="mine") == [SavedView("mine", "/b/", "x=2")]


@pytest.fixture
def officer(db: None) -> User:
    user = make_user()
    join(user, make_organisation("programme_office"))
    return user


@pytest.fixture
def browser(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    client.cookies["qianhang_language"] = "en"
    return client


def actor_of(user: User) -> Actor:
    from tests.core.actors import actor_for

    return actor_for(user)


def test_a_saved_view_is_found_above_its_list_and_marked_where_one_is_in_it(browser, officer):
    sent = {"name": " To  decide ", "path": REGISTER, "query": "state=registered&cursor=abc"}
    for _click in range(2):
        answer = browser.post(reverse("view_save"), sent)
        assert (answer.status_code, answer["Location"]) == (302, "/organisations/?state=registered")
    officer.refresh_from_db()
    assert officer.saved_views == [{"name": "To decide", "path": REGISTER, "query": "state=registered"}]

    listed = browser.get(REGISTER).content.decode()
    assert '<a href="/organisations/?state=registered">To decide</a>' in listed
    inside = browser.get(REGISTER, {"state": "registered"}).content.decode()
    assert '<a href="/organisations/?state=registered" aria-current="page">To decide</a>' in inside
    assert "To decide" not in browser.get(reverse("audit")).content.decode()


def test_showing_the_views_costs_no_query(browser, officer):
    browser.get(REGISTER)
    with CaptureQueriesContext(connection) as without:
        browser.get(REGISTER)
    save_view(actor=actor_of(officer), name="a", path=REGISTER, query="state=active")
    with CaptureQueriesContext(connection) as with_one:
        assert b"?state=active" in browser.get(REGISTER).content
    assert len(with_one) == len(without)


def test_a_view_is_forgotten_by_its_person_alone(browser, officer):
    save_view(actor=actor_of(officer), name="a", path=REGISTER, query="state=active")
    other = make_user()
    join(other, officer.memberships.get().organisation)
    stranger = Client()
    stranger.force_login(other)
    assert b"?state=active" not in stranger.get(REGISTER).content
    stranger.post(reverse("view_forget"), {"name": "a", "path": REGISTER})
    officer.refresh_from_db()
    assert len(officer.saved_views) == 1

    for _click in range(2):
        assert browser.post(reverse("view_forget"), {"name": "a", "path": REGISTER}).status_code == 302
    officer.refresh_from_db()
    assert officer.saved_views == []


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/no/such/page", "", "/jobs/\n"])
def test_only_pages_of_this_site_are_kept_or_gone_to(browser, officer, path):
    assert browser.post(reverse("view_save"), {"name": "a", "path": path, "query": ""}).status_code == 404
    assert browser.post(reverse("view_forget"), {"name": "a", "path": path}).status_code == 404
    officer.refresh_from_db()
    assert officer.saved_views == []


@pytest.mark.parametrize(
    ("name", "query"), [("", "q=1"), ("x" * 61, "q=1"), ("a\0b", "q=1"), ("a", "q=" + "1" * 1_000)]
)
def test_a_view_that_cannot_be_kept_is_refused_and_writes_nothing(officer, name, query):
    with pytest.raises(InvalidInput):
        save_view(actor=actor_of(officer), name=name, path=REGISTER, query=query)
    officer.refresh_from_db()
    assert officer.saved_views == []


def test_nobody_has_views_and_no_person_has_too_many(officer):
    with pytest.raises(Unauthenticated):
        save_view(actor=Actor.anonymous(), name="a", path=REGISTER, query="")
    officer.saved_views = [{"name": str(n), "path": REGISTER, "query": "q=1"} for n in range(MOST_VIEWS)]
    officer.save()
    save_view(actor=actor_of(officer), name="0", path=REGISTER, query="q=2")
    with pytest.raises(TooManyViews):
        save_view(actor=actor_of(officer), name="one more", path=REGISTER, query="q=2")
