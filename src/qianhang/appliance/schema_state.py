"""Whether the database already has this version's schema, answered in milliseconds and without Django.

`migrate` writes a fingerprint of all migrations into the database it migrated. A start that finds the same one there
has nothing to do; one that finds another, or none, runs `migrate`, which decides by itself what is missing.
"""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psycopg

import qianhang

# Installed packages that bring migrations of their own.
PACKAGES = ("django", "django-allauth", "procrastinate")
TABLE = "qianhang_schema_state"
# Two hosts on one outside database take turns: the number is arbitrary and only has to be the same everywhere.
MIGRATION_LOCK = 7_226_310_118


def fingerprint() -> str:
    """Changes with each migration of ours, the data it loads, and each package's version that has migrations."""
    digest = hashlib.sha256()
    for name in PACKAGES:
        try:
            digest.update(f"{name}={version(name)}\n".encode())
        except PackageNotFoundError:
            digest.update(f"{name} is missing\n".encode())
    source = Path(qianhang.__file__).parent
    for path in sorted([*source.rglob("migrations/*.py"), *source.rglob("*.sql"), *source.glob("*/data/*")]):
        digest.update(str(path.relative_to(source)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_current(url: str) -> bool:
    """Does the database behind `url` carry this version's fingerprint?"""
    with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass(%s)", [TABLE]).fetchone() == (None,):
            return False
        row = connection.execute("SELECT fingerprint FROM qianhang_schema_state").fetchone()
        return row == (fingerprint(),)


def remember(connection: psycopg.Connection) -> None:
    """Write the fingerprint, as the schema's owner; the application's role may only read it."""
    for statement in _REMEMBER:
        connection.execute(statement, [fingerprint()] if "%s" in statement else None)


_REMEMBER = (
    "CREATE TABLE IF NOT EXISTS qianhang_schema_state (one bool PRIMARY KEY CHECK (one), fingerprint text NOT NULL)",
    "INSERT INTO qianhang_schema_state VALUES (true, %s) "
    "ON CONFLICT (one) DO UPDATE SET fingerprint = excluded.fingerprint",
    "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'qianhang_app') "
    "THEN REVOKE INSERT, UPDATE, DELETE ON qianhang_schema_state FROM qianhang_app; END IF; END $$",
)
