"""How fast the ledger is, beside what else the same machine does in the same minute.

    python benchmarks/ledger.py            about two minutes
    python benchmarks/ledger.py --quick    half a minute, to see that it runs

Starts a throw-away PostgreSQL with fsync and synchronous_commit on and measures, interleaved in every round:

  commit     pgbench, one client: one row inserted and committed at a time, before and after; the yardstick
  batches    one writer posts batches of 1,000 transfers from 1,000 wallets to one hot account
  ORM        the same transfer as row locking through the Django ORM: lock both accounts, check, insert, update both
  coalescer  single-transfer calls from 64 threads through the coalescer, beside 64 threads of the ORM design

and then again with every flush made to last 1 ms longer (commit_delay, for all four alike), which is what a disk costs
that waits for its medium. A virtual disk that answers from its host's memory makes single commits nearly free, and what
batching saves there is the wait: so the ratio to commits is judged only where a commit waits, and shown everywhere.
Exit code 1 if a limit is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg
from rich.console import Console
from rich.table import Table

from qianhang.appliance.postgres import APP, OWNER, EmbeddedPostgres, program
from qianhang.appliance.privileges import Window, become, ensure_service_user, is_root, needed_paths

WALLETS = 1000
BATCH = 1000
CALLERS = 64
SLOW_FLUSH_US = 1000
# A disk that commits more often than this does not wait for its medium (pgbench on an SSD with a flush: 100 to 1,500).
WAITING_DISK_COMMITS = 2000
FUNDS = 10**15

PLAIN_TABLES = """
CREATE TABLE plain_account (
    id bigint PRIMARY KEY, debits bigint NOT NULL DEFAULT 0, credits bigint NOT NULL DEFAULT 0,
    no_overdraft boolean NOT NULL, CHECK (NOT no_overdraft OR debits <= credits)
) WITH (fillfactor = 50);
CREATE TABLE plain_transfer (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL UNIQUE, debit bigint NOT NULL,
    credit bigint NOT NULL, amount bigint NOT NULL CHECK (amount > 0), code text NOT NULL, reference uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE commit_yardstick (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit bigint, credit bigint, amount bigint, note text
);
"""
YARDSTICK = "INSERT INTO commit_yardstick (debit, credit, amount, note) VALUES (1, 2, 3, 'a row');"


@dataclass
class Round:
    """Rates per second; CPU in microseconds of the server's process per transfer; latencies in ms."""

    commit: float = 0.0
    batches: float = 0.0
    batch_cpu_us: float = 0.0
    orm: float = 0.0
    orm_64: float = 0.0
    coalescer: float = 0.0
    p50: float = 0.0
    p99: float = 0.0


@dataclass
class Profile:
    name: str
    flush_us: int
    rounds: list[Round] = field(default_factory=list)

    def median(self, of: Callable[[Round], float]) -> float:
        return statistics.median(of(one) for one in self.rounds)


@dataclass(frozen=True)
class Books:
    hot: int
    wallets: list[int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="one short round instead of three")
    options = parser.parse_args()
    if is_root():  # PostgreSQL refuses root.
        owner, _ = ensure_service_user()
        become(owner, Window(needed_paths()), [sys.executable, *sys.argv], environment=os.environ)
    seconds, rounds = (1.0, 1) if options.quick else (4.0, 3)
    console = Console(width=140)
    with tempfile.TemporaryDirectory(prefix="qianhang-benchmark-") as folder, database(Path(folder)) as server:
        books = open_books(server)
        profiles = [
            Profile("this disk as it is", 0),
            Profile(f"each flush {SLOW_FLUSH_US / 1000:g} ms longer", SLOW_FLUSH_US),
        ]
        for profile in profiles:
            slow_down_flushes(server, profile.flush_us)
            for number in range(rounds):
                console.print(f"{profile.name}: round {number + 1} of {rounds} ...", style="dim")
                profile.rounds.append(measure(server, books, seconds))
        wrong = recount(server)
    missed = [report(console, profile) for profile in profiles]
    console.print(wrong or "Afterwards every account equals the sum of its transfers.")
    return 1 if wrong or any(missed) else 0


@contextmanager
def database(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A durable PostgreSQL that lives as long as the benchmark, migrated, with Django pointed at it."""
    os.environ |= {
        "QIANHANG_DATA_DIR": str(folder),
        "QIANHANG_SECRET_KEY": uuid4().hex + uuid4().hex,
        "DJANGO_SETTINGS_MODULE": "qianhang.wiring.settings",
    }
    settings = {"max_connections": "120", "max_wal_size": "4GB", "autovacuum_naptime": "10s"}
    with EmbeddedPostgres(folder / "postgres", log=folder / "postgres.log", settings=settings) as server:
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "ledger", "--skip-checks", "-v", "0"],
            env=os.environ | {"QIANHANG_DATABASE_URL": server.url(role=OWNER)},
            check=True,
        )
        with server.connect(role=OWNER, database="qianhang") as connection:
            connection.execute(PLAIN_TABLES.encode())
        os.environ["QIANHANG_DATABASE_URL"] = server.url(role=APP)
        import django
        from django.conf import settings as django_settings

        # Every caller has a connection of its own: waiting for a pool would make the ORM look slower than it is.
        django_settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
        django_settings.DATABASES["default"]["CONN_MAX_AGE"] = None
        django.setup()
        yield server


def slow_down_flushes(server: EmbeddedPostgres, flush_us: int) -> None:
    with server.connect(autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET commit_delay = {flush_us}".encode())
        connection.execute(b"ALTER SYSTEM SET commit_siblings = 0")
        connection.execute(b"SELECT pg_reload_conf()")
        connection.execute(b"CHECKPOINT")


def open_books(server: EmbeddedPostgres) -> Books:
    """The same accounts twice: in the ledger, and in the plain tables of the ORM design, under the same ids."""
    from qianhang.core import ledger

    treasury = ledger.open_account(code="treasury", unit="CNY", no_overdraft=False)
    hot = ledger.open_account(code="hot", unit="CNY")
    wallets = [ledger.open_account(code=f"wallet:{i}", unit="CNY") for i in range(WALLETS)]
    ledger.post([ledger.Transfer(id=uuid4(), debit=treasury, credit=w, amount=FUNDS) for w in wallets])
    with server.connect(role=OWNER, database="qianhang") as connection:
        connection.execute("INSERT INTO plain_account (id, no_overdraft) VALUES (%s, true)", [hot])
        connection.cursor().executemany(
            "INSERT INTO plain_account (id, credits, no_overdraft) VALUES (%s, %s, true)",
            [(wallet, FUNDS) for wallet in wallets],
        )
    return Books(hot, wallets)


def measure(server: EmbeddedPostgres, books: Books, seconds: float) -> Round:
    before = commit_rate(server, seconds / 2)
    batches, cpu = batch_rate(server, books, seconds)
    orm = orm_rate(books, seconds)
    after = commit_rate(server, seconds / 2)
    orm_64 = orm_rate(books, seconds, callers=CALLERS)
    coalescer, latencies = coalescer_rate(server, books, seconds)
    return Round(
        commit=(before + after) / 2,
        batches=batches,
        batch_cpu_us=cpu,
        orm=orm,
        orm_64=orm_64,
        coalescer=coalescer,
        p50=1000 * statistics.median(latencies),
        p99=1000 * statistics.quantiles(latencies, n=100)[98],
    )


def commit_rate(server: EmbeddedPostgres, seconds: float) -> float:
    """Commits per second of one pgbench client with a prepared statement."""
    script = server.folder.parent / "yardstick.sql"
    script.write_text(YARDSTICK)
    command = [str(program("pgbench")), "-n", "-M", "prepared", "-c", "1", "-T", str(max(1, round(seconds)))]
    done = subprocess.run(
        [*command, "-f", str(script), "-h", str(server.sockets), "-U", OWNER, "qianhang"],
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("tps")]
    return float(line.split()[2])


def batch_rate(server: EmbeddedPostgres, books: Books, seconds: float) -> tuple[float, float]:
    """Transfers per second of one writer, and the server's CPU per transfer."""
    from qianhang.core.ledger import Transfer
    from qianhang.core.ledger.coalescer import POST_BATCH_BINARY
    from qianhang.core.ledger.transfers import columns

    posted, spent = 0, 0.0
    with psycopg.connect(server.url(role=APP), autocommit=True) as connection:
        cpu = cpu_seconds(connection.info.backend_pid)
        while spent < seconds:
            batch = [
                Transfer(
                    id=uuid4(),
                    debit=books.wallets[i % WALLETS],
                    credit=books.hot,
                    amount=3,
                    code="settle",
                    reference=uuid4(),
                )
                for i in range(BATCH)
            ]
            began = time.perf_counter()
            row = connection.execute(POST_BATCH_BINARY, [*columns(batch), False, None]).fetchone()
            spent += time.perf_counter() - began
            assert row is not None
            assert row[0] == ["ok"] * BATCH
            posted += BATCH
        cpu = cpu_seconds(connection.info.backend_pid) - cpu
    return posted / spent, 1e6 * cpu / posted


def cpu_seconds(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def orm_rate(books: Books, seconds: float, *, callers: int = 1) -> float:
    """Transfers per second of the row-locking design, done as well as the ORM allows."""
    from django.db import connection, models, transaction
    from django.db.models import F

    account_model, transfer_model = plain_models(models)

    def transfer(wallet: int) -> None:
        with transaction.atomic():
            rows = account_model.objects.select_for_update(no_key=True).filter(id__in=[wallet, books.hot])
            locked = {row.id: row for row in rows.order_by("id")}
            payer = locked[wallet]
            if payer.no_overdraft and payer.debits + 3 > payer.credits:
                raise ValueError("not enough")
            transfer_model.objects.create(
                id=uuid4(), debit=wallet, credit=books.hot, amount=3, code="settle", reference=uuid4()
            )
            account_model.objects.filter(id=wallet).update(debits=F("debits") + 3)
            account_model.objects.filter(id=books.hot).update(credits=F("credits") + 3)

    def close() -> None:
        connection.close()  # Looked up here: each thread has its own.

    rate, _ = from_threads(lambda i: transfer(books.wallets[i % WALLETS]), callers, seconds, close)
    return rate


def plain_models(models: type) -> tuple[type, type]:
    """Models over the plain tables, made once: Django does not like a model twice."""
    if not _PLAIN:

        class PlainAccount(models.Model):
            id = models.BigIntegerField(primary_key=True)
            debits = models.BigIntegerField()
            credits = models.BigIntegerField()
            no_overdraft = models.BooleanField()

            class Meta:
                app_label, db_table, managed = "benchmark", "plain_account", False

        class PlainTransfer(models.Model):
            seq = models.BigAutoField(primary_key=True)
            id = models.UUIDField(unique=True)
            debit = models.BigIntegerField()
            credit = models.BigIntegerField()
            amount = models.BigIntegerField()
            code = models.TextField()
            reference = models.UUIDField(null=True)

            class Meta:
                app_label, db_table, managed = "benchmark", "plain_transfer", False

        _PLAIN.extend((PlainAccount, PlainTransfer))
    return _PLAIN[0], _PLAIN[1]


_PLAIN: list[type] = []


def coalescer_rate(server: EmbeddedPostgres, books: Books, seconds: float) -> tuple[float, list[float]]:
    """Single transfers per second from 64 threads through one coalescer, and each call's latency in seconds."""
    from qianhang.core.ledger import Coalescer, Result, Transfer

    with Coalescer(server.url(role=APP)) as coalescer:

        def call(i: int) -> None:
            wallet = books.wallets[i % WALLETS]
            transfer = Transfer(id=uuid4(), debit=wallet, credit=books.hot, amount=3, code="settle", reference=uuid4())
            assert coalescer.post(transfer, timeout_s=60) is Result.OK

        return from_threads(call, CALLERS, seconds)


def from_threads(
    call: Callable[[int], None], callers: int, seconds: float, finish: Callable[[], None] = lambda: None
) -> tuple[float, list[float]]:
    """Calls per second from so many threads that call again and again, and the latency of every call."""
    numbers, ready = count(), threading.Barrier(callers + 1)
    ends: list[float] = [0.0]

    def run() -> list[float]:
        latencies = []
        try:
            call(next(numbers))  # Opens the connection, plans the statements.
            ready.wait(60)
            ready.wait(60)
            while (began := time.perf_counter()) < ends[0]:
                call(next(numbers))
                latencies.append(time.perf_counter() - began)
        except Exception:
            ready.abort()  # The others must not wait for this one.
            raise
        finally:
            finish()
        return latencies

    with ThreadPoolExecutor(callers) as pool:
        running = [pool.submit(run) for _ in range(callers)]
        with suppress(threading.BrokenBarrierError):
            ready.wait(60)
            began = time.perf_counter()
            ends[0] = began + seconds
            ready.wait(60)
        wait(running)
        for error in (one.exception() for one in running):
            if error is not None and not isinstance(error, threading.BrokenBarrierError):
                raise error
        latencies = [latency for one in running for latency in one.result()]
    return len(latencies) / (time.perf_counter() - began), latencies


def recount(server: EmbeddedPostgres) -> str:
    """Says what is wrong if the fast way was not also the right one."""
    from qianhang.core import ledger

    report = ledger.verify()
    with server.connect(role=OWNER, database="qianhang") as connection:
        (plain_wrong,) = connection.execute(
            "SELECT count(*) FROM plain_account AS a WHERE debits <> "
            "(SELECT coalesce(sum(amount), 0) FROM plain_transfer WHERE debit = a.id)"
        ).fetchone()
    return "" if report.ok and not plain_wrong else f"WRONG: {report.findings} {plain_wrong}"


def report(console: Console, profile: Profile) -> bool:
    """Prints one profile's table and says whether a limit was missed."""
    median = profile.median
    commit = median(lambda r: r.commit)
    waits = commit < WAITING_DISK_COMMITS
    lines: list[tuple[str, str, str, float, str, float | None]] = [
        (
            "batches of 1,000, one writer, hot account",
            f"{median(lambda r: r.batches):,.0f}/s",
            f"commits, one client: {commit:,.0f}/s",
            median(lambda r: r.batches / r.commit),
            ">= 20x" if waits else "20x is for a disk that waits",
            20 if waits else None,
        ),
        (
            "",
            "",
            f"row locks by ORM, one client: {median(lambda r: r.orm):,.0f}/s",
            median(lambda r: r.batches / r.orm),
            ">= 50x",
            50,
        ),
        (
            f"single calls, {CALLERS} threads, coalescer",
            f"{median(lambda r: r.coalescer):,.0f}/s",
            f"row locks by ORM, {CALLERS} threads: {median(lambda r: r.orm_64):,.0f}/s",
            median(lambda r: r.coalescer / r.orm_64),
            ">= 15x",
            15,
        ),
    ]
    table = Table(title=f"{profile.name} (median of {len(profile.rounds)})", title_justify="left")
    for heading in ("what", "rate", "beside", "ratio", "limit", ""):
        table.add_column(heading, justify="right" if heading in {"rate", "ratio"} else "left")
    missed = False
    for what, rate, beside, ratio, limit, least in lines:
        verdict = "not judged" if least is None else "ok" if ratio >= least else "NOT OK"
        missed |= verdict == "NOT OK"
        table.add_row(what, rate, beside, f"{ratio:,.1f}x", limit, verdict)
    p99 = median(lambda r: r.p99)
    missed |= p99 > 150
    table.add_row(
        "  their p99 latency",
        f"{p99:,.0f} ms",
        f"p50 {median(lambda r: r.p50):,.0f} ms",
        "",
        "<= 150 ms",
        "ok" if p99 <= 150 else "NOT OK",
    )
    table.add_row("server CPU per transfer in batches", f"{median(lambda r: r.batch_cpu_us):.1f} us", "", "", "", "")
    console.print(table)
    return missed


if __name__ == "__main__":
    sys.exit(main())
