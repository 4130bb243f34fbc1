"""The index behind the search for part of a job's name."""

import importlib

import pytest
from django.apps import apps
from django.db import connection, transaction
from structlog.testing import capture_logs

from qianhang.compute import queries

from .conftest import SYSTEM
from .pages import submitted

migration = importlib.import_module("qianhang.compute.migrations.0003_find_jobs_by_part_of_a_name")


@pytest.mark.parametrize("part", ["TRAIN", "rain-7", "情感分类", "分类"])
def test_part_of_a_name_is_found_in_any_case_and_script(world, local_cluster, part):
    world.credit(1)
    submitted(world, name="Train-7 情感分类训练")
    submitted(world, name="sweep")
    found = queries.jobs_seen(actor=world.developer, q=part)
    assert [job.name for job in found] == ["Train-7 情感分类训练"]


def test_the_search_for_part_of_a_name_can_use_the_index(world):
    sought = queries.jobs_seen(actor=SYSTEM, q="train-7").order_by().values("id")
    with transaction.atomic(), connection.cursor() as cursor:
        # The table is nearly empty: without this the planner rightly reads all of it.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        assert migration.NAME in sought.explain()


@pytest.mark.parametrize("extension", ["btree_gin", "no_such_extension"], ids=["not ours to add", "not installed"])
def test_a_database_that_refuses_the_extension_is_migrated_without_the_index(app_role, monkeypatch, extension):
    monkeypatch.setattr(migration, "EXTENSION", f"CREATE EXTENSION {extension}")
    with app_role(), connection.schema_editor() as editor, capture_logs() as said:
        migration.add_index(apps, editor)
    assert [(line["log_level"], line["event"]) for line in said] == [("warning", "job_search_without_index")]
