"""Bring the schema up to date, once at a time, and leave a note that the next start can trust."""

from django.core.management import call_command
from django.db import connection

from qianhang.appliance import schema_state
from qianhang.compute.services import load_accelerators
from qianhang.core.access import Actor


def migrate() -> None:
    """Apply what is missing as the schema's owner. Two hosts on one database take turns."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [schema_state.MIGRATION_LOCK])
        try:
            call_command("migrate", interactive=False)
            load_accelerators(actor=Actor.system("migrate"))
            schema_state.remember(connection.connection)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [schema_state.MIGRATION_LOCK])
