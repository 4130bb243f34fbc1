import contextlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.actors import make_organisation

from qianhang.core.people.models import Organisation
from qianhang.core.web.errors import BadCursor
from qianhang.core.web.paging import MAX_LIMIT, paginate

pytestmark = pytest.mark.django_db


def walk(**options) -> list[str]:
    names, cursor = [], None
    while True:
        page = paginate(Organisation.objects.all(), cursor=cursor, **options)
        names += [row.name for row in page.items]
        cursor = page.next
        if cursor is None:
            return names


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
def test_pages_of_any_size_hold_every_row_once_even_where_keys_are_equal(newest_first, limit):
    made = [make_organisation() for _turn in range(6)]
    Organisation.objects.update(created_at=made[0].created_at)
    expected = [one.name for one in sorted(made, key=lambda o: o.pk, reverse=newest_first)]
    assert walk(key="created_at", newest_first=newest_first, limit=limit) == expected
    assert walk(key="pk", newest_first=newest_first, limit=limit) == expected


def test_a_row_that_appears_in_front_neither_repeats_nor_hides_another():
    made = [make_organisation() for _turn in range(4)]
    first = paginate(Organisation.objects.all(), key="created_at", cursor=None, limit=2)
    make_organisation()
    second = paginate(Organisation.objects.all(), key="created_at", cursor=first.next, limit=2)
    assert [row.pk for row in (*first.items, *second.items)] == [one.pk for one in reversed(made)]
    assert second.next is None


def test_a_limit_is_held_to_what_is_allowed():
    make_organisation()
    for limit in (-1, 0, 1, 10**9):
        assert len(paginate(Organisation.objects.all(), key="pk", cursor=None, limit=limit).items) == 1
    assert MAX_LIMIT == 200


def encoded(raw: str) -> str:
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", "é", "=" * 9, encoded("{}"), encoded("[]"), encoded("null"), encoded('["created_at"]'),
     encoded('["name","a","b"]'), encoded('["created_at","never","b"]'), encoded('["created_at",1,2]'),
     encoded('["created_at","2026-01-01T00:00:00Z","not-an-id"]'), encoded('["created_at","2026-01-01","\\u0000"]'),
     encoded("[" * 9000),
     encoded('["created_at","0001-01-01T00:00:00+14:00","01a1ff8e-e407-7bc0-96f2-cc68d622b284"]'),
     encoded('["created_at","2026-01-01T00:00:00","01a1ff8e-e407-7bc0-96f2-cc68d622b284"]')],
)  # fmt: skip
def test_a_cursor_that_nobody_gave_out_is_refused(cursor):
    with pytest.raises(BadCursor):
        paginate(Organisation.objects.all(), key="created_at", cursor=cursor)


def test_a_cursor_of_another_list_is_refused():
    make_organisation()
    make_organisation()
    page = paginate(Organisation.objects.all(), key="name", cursor=None, limit=1)
    with pytest.raises(BadCursor):
        paginate(Organisation.objects.all(), key="created_at", cursor=page.next)


@given(st.text(max_size=60))
def test_no_text_makes_it_fall_over(text):
    with contextlib.suppress(BadCursor):
        paginate(Organisation.objects.none(), key="created_at", cursor=text)


def test_an_offset_that_only_python_knows_is_turned_into_utc():
    cursor = encoded('["created_at","2026-01-01T00:00:00-20:50","01a1ff8e-e407-7bc0-96f2-cc68d622b284"]')
    assert paginate(Organisation.objects.all(), key="created_at", cursor=cursor).items == []
