"""The harness keeps its own promises: the right role, the right cleaning, no network."""

import os
import socket

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection, transaction


@pytest.mark.django_db
def test_tests_run_with_the_applications_rights(app_role):
    with app_role(), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE not_allowed (id int)")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [1, 2])
def test_a_transactional_test_leaves_nothing_for_the_next(again, app_connection):
    assert ContentType.objects.filter(app_label="harness").count() == 0
    ContentType.objects.create(app_label="harness", model=f"row{again}")
    kept = app_connection.execute("SELECT count(*) FROM django_content_type WHERE app_label <> 'harness'").fetchone()
    assert kept[0] > 10


def test_tests_do_not_run_as_root():
    assert os.geteuid() != 0


def test_the_network_is_closed():
    with socket.socket() as outside, pytest.raises(OSError, match="without the network"):
        outside.connect(("192.0.2.1", 80))
