"""An index over the trigrams of job names, so that a search for part of a name does not read every job.

`pg_trgm` comes with PostgreSQL, and whoever may create things in a database may add it; but an outside server may
lack it or refuse. The search then works without the index, only slower. Whoever adds the extension later runs
CREATE EXTENSION pg_trgm and the statement in INDEX by hand.

`upper(name::text)` is what Django's `icontains` compares.
"""

import structlog
from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.utils import NotSupportedError, OperationalError, ProgrammingError

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
NAME = "compute_job_name_parts"
INDEX = "CREATE INDEX compute_job_name_parts ON compute_job USING gin (upper(name::text) {schema}.gin_trgm_ops)"
# The extension may have been put into a schema of its own.
WHERE = """
    SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm'
"""

log = structlog.get_logger("qianhang.migrate")


def add_index(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    connection = editor.connection
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(EXTENSION)
    except (NotSupportedError, OperationalError, ProgrammingError) as refused:
        # Not installed on the server, or not ours to add.
        log.warning("job_search_without_index", reason=str(refused).strip(), remedy="CREATE EXTENSION pg_trgm")
        return
    with connection.cursor() as cursor:
        cursor.execute(WHERE)
        (schema,) = cursor.fetchone()
        cursor.execute(INDEX.format(schema=schema))


def drop_index(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """The extension stays: something else may use it by now."""
    with editor.connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    dependencies = [("compute", "0002_alter_accelerator_evidence")]

    operations = [migrations.RunPython(add_index, drop_index)]
