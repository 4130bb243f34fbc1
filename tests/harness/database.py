"""The suite's PostgreSQL: a migrated template kept between runs, copied and started anew for each run.

The template's name is a hash of everything that shapes it (migrations, dependencies, settings, the server's own code),
so a changed migration gets a new one and an unchanged run starts in half a second.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from qianhang.appliance.postgres import ADMIN, APP, OWNER, EmbeddedPostgres

TEST_DATABASE = "qianhang_test"
KEPT_TEMPLATES = 4
UNUSED_S = 600  # Another run may be copying a younger one.
REPOSITORY = Path(__file__).resolve().parents[2]

# Transactional tests end by putting back what the migrations left. Deleting as a replica bypasses every trigger, which
# is the point: the ledger's own triggers refuse deletion, in tests too.
BASELINE = """
CREATE SCHEMA harness;
DO $$
DECLARE t record; filled boolean;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t.tablename) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE harness.%I AS TABLE public.%I', t.tablename, t.tablename); END IF;
    END LOOP;
END $$;
CREATE FUNCTION harness.restore() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t record; dirty boolean; columns text;
BEGIN
    SET LOCAL session_replication_role = replica;
    SET LOCAL lock_timeout = '10s';
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%';
    FOR t IN
        SELECT p.tablename, h.tablename IS NOT NULL AS kept
        FROM pg_tables p LEFT JOIN pg_tables h ON h.schemaname = 'harness' AND h.tablename = p.tablename
        WHERE p.schemaname = 'public' AND p.tablename <> 'django_migrations'
    LOOP
        IF t.kept THEN
            EXECUTE format('SELECT (SELECT count(*) FROM public.%1$I) <> (SELECT count(*) FROM harness.%1$I) OR EXISTS '
                '(SELECT x::text FROM public.%1$I x EXCEPT SELECT x::text FROM harness.%1$I x)', t.tablename)
                INTO dirty;
        ELSE
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t.tablename) INTO dirty;
        END IF;
        CONTINUE WHEN NOT dirty;
        EXECUTE format('DELETE FROM public.%I', t.tablename);
        IF t.kept THEN
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
                WHERE attrelid = format('public.%I', t.tablename)::regclass AND attnum > 0
                AND NOT attisdropped AND attgenerated = '';
            EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM harness.%1$I',
                t.tablename, columns);
        END IF;
    END LOOP;
END $$;
"""


def cache_folder(uid: int | None = None, *, make: bool = True) -> Path:
    """A private folder for what is worth keeping between runs."""
    folder = Path(tempfile.gettempdir()) / f"qianhang-tests-{os.getuid() if uid is None else uid}"
    if make:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise RuntimeError(f"{folder} is not a private folder of this user; remove it.")
    return folder


def new_session_folder() -> Path:
    """A folder for one run, named after its process so that the remains of a killed run can be told and removed."""
    for old in cache_folder().glob("run-*"):
        pid = old.name.split("-")[1]
        if not Path(f"/proc/{pid}").exists():
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=cache_folder()))


def start_session_server(session: Path, *, rebuild: bool = False) -> EmbeddedPostgres:
    """A running, migrated, empty database that belongs to this run alone."""
    template = _template(rebuild=rebuild)
    shutil.copytree(template / "postgres", session / "postgres")
    os.utime(template)
    server = EmbeddedPostgres(session / "postgres", durable=False, log=session / "postgres.log")
    server.start()
    return server


def restore_baseline(server: EmbeddedPostgres) -> None:
    """Every table as the migrations left it. Open transactions that a test forgot are ended."""
    with server.connect(role=ADMIN, database=TEST_DATABASE) as connection:
        connection.execute("SELECT harness.restore()")


def _template(*, rebuild: bool) -> Path:
    kept = cache_folder() / f"template-{_fingerprint()}"
    if rebuild:
        shutil.rmtree(kept, ignore_errors=True)
    if not kept.is_dir():
        for old in sorted(cache_folder().glob("template-*"), key=lambda path: path.stat().st_mtime)[:-KEPT_TEMPLATES]:
            if time.time() - old.stat().st_mtime > UNUSED_S:
                shutil.rmtree(old, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-template-", dir=cache_folder()))
        _build(building)
        try:
            building.rename(kept)
        except OSError:
            shutil.rmtree(building)  # Another run was faster; its template is the same.
    return kept


def _build(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres", durable=False, log=folder / "postgres.log") as server:
        with server.connect(autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEST_DATABASE} OWNER {OWNER}")
            connection.execute(f"GRANT {APP} TO {OWNER}")
        migrated = subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--skip-checks", "--no-color", "-v", "1"],
            env=os.environ | {"QIANHANG_DATABASE_URL": server.url(role=OWNER, database=TEST_DATABASE)},
            capture_output=True,
            text=True,
            check=False,
        )
        if migrated.returncode != 0:
            raise RuntimeError(f"The migrations fail on an empty database:\n{migrated.stdout}\n{migrated.stderr}")
        with server.connect(database=TEST_DATABASE) as connection:
            connection.execute(BASELINE.encode())


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{psycopg.__version__} {sys.version}".encode())
    source = REPOSITORY / "src" / "qianhang"
    shaping = [
        *source.rglob("migrations/*.py"),
        *source.rglob("*.sql"),
        *source.rglob("models.py"),
        source / "wiring" / "settings.py",
        source / "appliance" / "postgres.py",
        REPOSITORY / "requirements.txt",
        Path(__file__),
    ]
    for path in sorted(shaping):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
