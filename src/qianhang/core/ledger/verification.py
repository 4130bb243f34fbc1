"""Proving the books from the transfers alone: what `qianhang ledger verify` runs.

Each check is one statement, so it sees one moment, whatever is being posted meanwhile.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

# A pending transfer this long past its time-out shows that the sweep does not run.
OVERDUE_AFTER = timedelta(hours=1)
# Of one kind of finding, so many are spelled out; the rest is counted.
SHOWN = 20

_TOTALS = """
SELECT unit, count(*), sum(debits_posted)::bigint, sum(credits_posted)::bigint,
       sum(debits_pending)::bigint, sum(credits_pending)::bigint
FROM ledger_account GROUP BY unit ORDER BY unit
"""

_COUNTERS = """
WITH leg AS (
    SELECT debit AS account, CASE kind WHEN 1 THEN amount ELSE -freed END AS dp,
           CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END AS d, 0 AS cp, 0 AS c
    FROM ledger_transfer
    UNION ALL
    SELECT credit, 0, 0, CASE kind WHEN 1 THEN amount ELSE -freed END, CASE WHEN kind IN (0, 2) THEN amount ELSE 0 END
    FROM ledger_transfer
), summed AS (
    SELECT account, sum(dp) AS dp, sum(d) AS d, sum(cp) AS cp, sum(c) AS c FROM leg GROUP BY account
)
SELECT coalesce(a.code, 'no account ' || s.account),
       format('counters %%s, transfers sum to %%s (debits pending, posted; credits pending, posted)',
              CASE WHEN a.id IS NULL THEN 'missing'
                   ELSE concat_ws(' ', a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted) END,
              concat_ws(' ', coalesce(s.dp, 0), coalesce(s.d, 0), coalesce(s.cp, 0), coalesce(s.c, 0))),
       count(*) OVER ()
FROM ledger_account AS a FULL JOIN summed AS s ON s.account = a.id
WHERE a.id IS NULL
    OR (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
        <> (coalesce(s.dp, 0), coalesce(s.d, 0), coalesce(s.cp, 0), coalesce(s.c, 0))
ORDER BY 1 LIMIT %(shown)s
"""

_LIMITS = """
SELECT code, format('counters %%s break a limit%%s',
           concat_ws(' ', debits_pending, debits_posted, credits_pending, credits_posted),
           CASE WHEN no_overdraft THEN ' (no overdraft)' END), count(*) OVER ()
FROM ledger_account
WHERE least(debits_pending, debits_posted, credits_pending, credits_posted) < 0
    OR no_overdraft AND debits_pending + debits_posted > credits_posted
ORDER BY 1 LIMIT %(shown)s
"""

_UNITS = """
SELECT t.id::text, format('moves from %%s to %%s', d.unit, c.unit), count(*) OVER ()
FROM ledger_transfer AS t
JOIN ledger_account AS d ON d.id = t.debit JOIN ledger_account AS c ON c.id = t.credit
WHERE d.unit <> c.unit
ORDER BY t.seq LIMIT %(shown)s
"""

_RESOLUTIONS = """
SELECT r.id::text,
       CASE WHEN p.id IS NULL THEN 'resolves ' || r.pending_id || ', which is not there'
            ELSE 'does not fit the pending transfer ' || p.id || ' it resolves' END, count(*) OVER ()
FROM ledger_transfer AS r LEFT JOIN ledger_transfer AS p ON p.id = r.pending_id
WHERE r.pending_id IS NOT NULL
    AND (p.id IS NULL OR p.kind <> 1 OR p.debit <> r.debit OR p.credit <> r.credit OR p.amount <> r.freed
         OR p.seq > r.seq)
ORDER BY r.seq LIMIT %(shown)s
"""

_TWICE = """
SELECT pending_id::text, format('resolved %%s times', count(*)), count(*) OVER ()
FROM ledger_transfer WHERE pending_id IS NOT NULL
GROUP BY pending_id HAVING count(*) > 1 ORDER BY 1 LIMIT %(shown)s
"""

_OVERDUE = """
SELECT p.id::text, format('timed out at %%s and is still pending', p.at + p.timeout_s * interval '1 second'),
       count(*) OVER ()
FROM ledger_transfer AS p
WHERE p.timeout_s IS NOT NULL AND p.at + p.timeout_s * interval '1 second' < clock_timestamp() - %(overdue_after)s
    AND NOT EXISTS (SELECT FROM ledger_transfer AS r WHERE r.pending_id = p.id)
ORDER BY p.seq LIMIT %(shown)s
"""

_GUARDS = """
WITH expected (kind, name) AS (VALUES
    ('trigger', 'ledger_apply'), ('trigger', 'ledger_transfer_immutable'), ('trigger', 'ledger_account_stays'),
    ('trigger', 'ledger_account_opens_empty'), ('trigger', 'ledger_account_guarded'),
    ('constraint', 'ledger_account_in_range'), ('constraint', 'ledger_account_no_overdraft'),
    ('constraint', 'ledger_transfer_two_accounts'), ('constraint', 'ledger_transfer_amount_in_range'),
    ('constraint', 'ledger_transfer_shape'), ('constraint', 'ledger_transfer_id_unique'),
    ('index', 'ledger_transfer_resolved_once')
), found AS (
    SELECT 'trigger' AS kind, tgname AS name FROM pg_trigger
    WHERE tgrelid IN ('ledger_account'::regclass, 'ledger_transfer'::regclass) AND tgenabled IN ('O', 'A')
    UNION ALL
    SELECT 'constraint', conname FROM pg_constraint
    WHERE conrelid IN ('ledger_account'::regclass, 'ledger_transfer'::regclass) AND convalidated
    UNION ALL
    SELECT 'index', relname FROM pg_class JOIN pg_index ON indexrelid = oid
    WHERE indrelid = 'ledger_transfer'::regclass AND indisunique AND indisvalid
)
SELECT name, kind || ' is missing or switched off', count(*) OVER ()
FROM expected WHERE NOT EXISTS (SELECT FROM found WHERE found.kind = expected.kind AND found.name = expected.name)
ORDER BY 1 LIMIT %(shown)s
"""

BALANCED = "debits equal credits in every unit"
CHECKS = {
    "counters equal the sum of the transfers": _COUNTERS,
    "counters are within their limits": _LIMITS,
    "transfers stay within one unit": _UNITS,
    "every post and void fits its pending transfer": _RESOLUTIONS,
    "no pending transfer is resolved twice": _TWICE,
    "no pending transfer is overdue": _OVERDUE,
    "triggers and constraints are in place": _GUARDS,
}


@dataclass(frozen=True, slots=True)
class UnitTotals:
    """The sums over all accounts of one unit. Debits equal credits, posted and pending."""

    unit: str
    accounts: int
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int

    @property
    def balances(self) -> bool:
        return (self.debits_posted, self.debits_pending) == (self.credits_posted, self.credits_pending)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be: which check, about what, in words."""

    check: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    transfers: int
    units: tuple[UnitTotals, ...]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def accounts(self) -> int:
        return sum(unit.accounts for unit in self.units)

    @property
    def ok(self) -> bool:
        return not self.findings


def verify() -> VerifyReport:
    """Re-sums every account from its transfers and checks what must hold. Reads only; about 2 s per million."""
    began = time.perf_counter()
    values: dict[str, Any] = {"shown": SHOWN, "overdue_after": OVERDUE_AFTER}
    findings: list[Finding] = []
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        units = tuple(UnitTotals(*row) for row in cursor.fetchall())
        findings += [
            Finding(
                BALANCED,
                unit.unit,
                f"posted {unit.debits_posted} against {unit.credits_posted},"
                f" pending {unit.debits_pending} against {unit.credits_pending}",
            )
            for unit in units
            if not unit.balances
        ]
        for check, query in CHECKS.items():
            cursor.execute(query, values)
            rows = cursor.fetchall()
            findings += [Finding(check, subject, detail) for subject, detail, _ in rows]
            if rows and rows[0][2] > len(rows):
                findings.append(Finding(check, "...", f"and {rows[0][2] - len(rows)} more"))
        cursor.execute("SELECT count(*) FROM ledger_transfer")
        transfers = cursor.fetchone()[0]
    return VerifyReport(transfers=transfers, units=units, findings=tuple(findings), seconds=time.perf_counter() - began)
