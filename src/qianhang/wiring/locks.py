"""Advisory locks: which of several processes does a thing that one should do. Session-level, so that PostgreSQL frees
them when their holder dies. (Behind a pooler in transaction mode they would not hold; connect the worker directly.)"""

import psycopg

# The first key is ours; the second says what for.
SPACE = 0x5148
WATCHER = 1


def try_session_lock(connection: psycopg.Connection, number: int) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPACE, number]).fetchone()
    return bool(row and row[0])


def unlock(connection: psycopg.Connection, number: int) -> None:
    connection.execute("SELECT pg_advisory_unlock(%s, %s)", [SPACE, number])
