"""Which database an installation uses: its own embedded one, or an outside PostgreSQL that the operator named."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.folder import DataFolder
from qianhang.appliance.postgres import APP, OWNER, EmbeddedPostgres
from qianhang.appliance.problems import ApplianceError

OLDEST_SERVER = 15


@dataclass(frozen=True, slots=True)
class Access:
    """Connection strings: what the application uses, and what owns the schema."""

    app: str
    owner: str

    def environment(self) -> dict[str, str]:
        return {"QIANHANG_DATABASE_URL": self.app, "QIANHANG_MIGRATION_DATABASE_URL": self.owner}


def outside_database() -> Access | None:
    """The PostgreSQL named in QIANHANG_DATABASE_URL, or None for the embedded one."""
    url = os.environ.get("QIANHANG_DATABASE_URL", "")
    return Access(url, os.environ.get("QIANHANG_MIGRATION_DATABASE_URL", url)) if url else None


def check_outside(access: Access) -> str:
    """The version of an outside server, such as "16.4".

    Raises ApplianceError when it is unreachable (UNREACHABLE) or too old (NEEDS_SETUP). Never shows the password.
    """
    try:
        with psycopg.connect(access.app, connect_timeout=10) as connection:
            number = connection.info.server_version
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.OperationalError as error:
        raise ApplianceError(
            f"The database in QIANHANG_DATABASE_URL does not answer: {str(error).strip().splitlines()[-1]}",
            remedy="Check the address, the password and that the server runs; unset the variable for the embedded one.",
            exit_code=ExitCode.UNREACHABLE,
        ) from error
    version = f"{number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST_SERVER:
        raise ApplianceError(
            f"The database in QIANHANG_DATABASE_URL is PostgreSQL {version}; Qianhang needs {OLDEST_SERVER} or later.",
            remedy="Upgrade that server, or unset QIANHANG_DATABASE_URL to use the embedded PostgreSQL.",
            exit_code=ExitCode.NEEDS_SETUP,
        )
    if encoding != "UTF8":
        raise ApplianceError(
            f"The database in QIANHANG_DATABASE_URL stores text as {encoding}; Qianhang needs UTF8.",
            remedy="Make a new one: CREATE DATABASE qianhang ENCODING 'UTF8' TEMPLATE template0.",
            exit_code=ExitCode.NEEDS_SETUP,
        )
    return version


def embedded(folder: DataFolder) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder.database, sockets=folder.root / "run", log=folder.logs / "database.log")


def access_to(server: EmbeddedPostgres) -> Access:
    return Access(server.url(role=APP), server.url(role=OWNER))


@contextlib.contextmanager
def opened(folder: DataFolder) -> Iterator[Access]:
    """The installation's database for one command: the outside one, a running `up`'s, or started just for this."""
    folder.prepare()
    if (outside := outside_database()) is not None:
        check_outside(outside)
        yield outside
        return
    if (holder := folder.holder()) is not None and holder.database_url:
        yield Access(holder.database_url, holder.owner_url)
        return
    with folder.locked(), embedded(folder) as server:
        yield access_to(server)
