"""Writing one new row with a statement that is composed once per table.

The ORM composes its INSERT anew for every row, which for the rows that each submission writes takes longer than the
database takes to store them. Only for new rows of one table, without signals or inheritance.
"""

import functools

from django.db import connection, models


def insert(row: models.Model, *, unless_there: str | None = None) -> bool:
    """Stores a new row; True if it was written.

    `unless_there` names the columns of a unique constraint, "" any: a row that stands there already stays, and the
    answer is False. A key that the database counts up is not read back. Raises what `save` raises.
    """
    statement, fields = _statement(type(row), unless_there)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        written = cursor.rowcount == 1
    if written:
        row._state.adding, row._state.db = False, connection.alias
    return written


@functools.cache
def _statement(model: type[models.Model], unless_there: str | None) -> tuple[str, tuple[models.Field, ...]]:
    meta = model._meta
    fields = tuple(field for field in meta.concrete_fields if not isinstance(field, models.AutoField))
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    statement = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({marks})'  # noqa: S608 -- names of our own columns
    if unless_there is not None:
        target = f" ({unless_there})" if unless_there else ""
        statement += f" ON CONFLICT{target} DO NOTHING"
    return statement, fields
