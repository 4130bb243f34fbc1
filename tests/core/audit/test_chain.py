import time
from collections.abc import Callable

import psycopg
import pytest

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.audit import queries
from qianhang.core.audit.chain import export_lines, seal_audit
from qianhang.core.audit.models import AuditBlock, AuditEntry
from qianhang.core.audit.verify import verify_export

pytestmark = pytest.mark.django_db(transaction=True)

ACTOR = Actor.system("test")


def write(count: int, *, start: int = 1) -> None:
    for number in range(start, start + count):
        audit.record(
            actor=ACTOR, action="job.submitted", subject="job", subject_id=str(number), after={"名": "值", "n": number}
        )


def sealed_trail(count: int = 6) -> None:
    """Two blocks of entries."""
    write(count // 2)
    assert seal_audit().entries == count // 2
    write(count - count // 2, start=count // 2 + 1)
    assert seal_audit().entries == count - count // 2


def findings(head: str | None = None) -> list[str]:
    return verify_export(export_lines(), head=head).findings


def published_head() -> str:
    block = queries.head()
    return f"{block.number}:{bytes(block.hash).hex()}"


@pytest.fixture
def superuser(admin_connection: psycopg.Connection) -> psycopg.Connection:
    """What nobody can prevent: a superuser who switches the triggers off."""
    admin_connection.autocommit = True
    admin_connection.execute("SET session_replication_role = replica")
    return admin_connection


def seqs() -> list[int]:
    return list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True))


def test_an_untouched_trail_is_intact_and_its_head_is_the_last_block():
    sealed_trail(6)
    write(2, start=7)
    report = verify_export(export_lines(), head=published_head())
    assert (report.findings, report.entries, report.blocks, report.unsealed) == ([], 8, 2, 2)
    assert report.head == published_head()


def test_an_edit_is_found_and_names_the_entry(superuser):
    sealed_trail(6)
    target = seqs()[1]
    superuser.execute("UPDATE audit_auditentry SET reason = 'nothing to see' WHERE seq = %s", [target])
    assert findings() == [f"block 1 (entries {seqs()[0]} to {seqs()[2]}): changed: entry {target}"]


def test_an_edit_inside_the_json_is_found(superuser):
    sealed_trail(6)
    superuser.execute("""UPDATE audit_auditentry SET after = '{"n": 2, "名": "别的"}' WHERE seq = %s""", [seqs()[1]])
    assert len(findings()) == 1


def test_a_deletion_is_found_and_names_the_place(superuser):
    sealed_trail(6)
    first, second, third, *_rest = seqs()
    superuser.execute("DELETE FROM audit_auditentry WHERE seq = %s", [second])
    assert findings() == [f"block 1 (entries {first} to {third}): deleted: 1 of its 3 entries (place 2 in the block)"]


def test_an_entry_inserted_into_a_gap_is_found(superuser):
    write(2)
    superuser.execute("SELECT nextval(pg_get_serial_sequence('audit_auditentry', 'seq'))")
    write(1, start=3)
    assert seal_audit().entries == 3
    gap = seqs()[1] + 1
    superuser.execute(
        """INSERT INTO audit_auditentry OVERRIDING SYSTEM VALUE
           SELECT %s, at, actor_kind, actor_user, actor_organisation, actor_key, actor_name, action, subject,
                  subject_id, organisation_id, before, after, reason, request_id
           FROM audit_auditentry WHERE seq = %s""",
        [gap, seqs()[0]],
    )
    assert [finding.split(": ", 1)[1] for finding in findings()] == [f"inserted: entry {gap}"]


def test_swapping_two_entries_is_found(superuser):
    sealed_trail(6)
    one, two, *_rest = seqs()
    for old, new in ((one, -1), (two, one), (-1, two)):
        superuser.execute("UPDATE audit_auditentry SET seq = %s WHERE seq = %s", [new, old])
    assert len(findings()) == 1


def test_a_reordered_export_is_found():
    sealed_trail(6)
    lines = list(export_lines())
    lines[0], lines[1] = lines[1], lines[0]
    found = verify_export(lines).findings
    assert len(found) == 2
    assert "reordered or repeated" in found[0]
    assert found[1].endswith("its entries were reordered or repeated")


def test_a_repeated_line_and_a_missing_block_line_are_found():
    sealed_trail(6)
    lines = list(export_lines())
    assert verify_export([lines[0], *lines]).findings
    assert verify_export(line for line in lines if not line.startswith(b'{"block":1,')).findings


def test_deleting_a_whole_block_with_its_entries_is_found(superuser):
    sealed_trail(6)
    superuser.execute(
        "DELETE FROM audit_auditentry WHERE seq <= (SELECT last_seq FROM audit_auditblock WHERE number = 1)"
    )
    superuser.execute("DELETE FROM audit_auditblock WHERE number = 1")
    assert "block 2 follows block 0: blocks are missing, repeated or reordered" in findings()


def test_a_changed_block_is_found(superuser):
    sealed_trail(6)
    superuser.execute("UPDATE audit_auditblock SET last_seq = last_seq - 1 WHERE number = 1")
    assert "block 1 itself was changed: its hash does not fit" in findings()


def test_a_cut_off_end_is_found_only_with_a_published_head(superuser):
    sealed_trail(6)
    head = published_head()
    superuser.execute(
        "DELETE FROM audit_auditentry WHERE seq > (SELECT last_seq FROM audit_auditblock WHERE number = 1)"
    )
    superuser.execute("DELETE FROM audit_auditblock WHERE number = 2")
    assert findings() == []
    assert findings(head=head)[0].startswith("the published block 2 is not in this export (it ends with block 1)")


def test_a_rewritten_chain_is_found_only_with_a_published_head(superuser):
    sealed_trail(6)
    head = published_head()
    superuser.execute("UPDATE audit_auditentry SET actor_name = 'somebody else'")
    superuser.execute("DELETE FROM audit_auditblock")
    assert seal_audit().blocks == 1
    write(1, start=7)
    assert seal_audit().blocks == 1
    assert findings() == []
    assert findings(head=head) == ["block 2 is not the one that was published: the chain was rewritten"]


def test_an_entry_that_commits_late_is_never_left_out(connect_as: Callable[..., psycopg.Connection]):
    """Its number is lower than one already visible; a seal up to the visible one would skip it for ever."""
    slow = connect_as("qianhang_app")
    insert = """INSERT INTO audit_auditentry
                    (at, actor_kind, actor_name, action, subject, subject_id, reason, request_id)
                VALUES (now(), 'system', 'slow', 'job.submitted', 'job', '1', '', '') RETURNING seq"""
    late = slow.execute(insert).fetchone()[0]
    write(1)
    assert seqs() == [late + 1]
    from datetime import timedelta

    began = time.monotonic()
    waited = seal_audit(patience=timedelta(milliseconds=50))
    assert (waited.entries, waited.waiting_for, AuditBlock.objects.count()) == (0, 1, 0)
    assert time.monotonic() - began < 1
    slow.commit()
    assert seal_audit().entries == 2
    assert seqs() == [late, late + 1]
    assert findings() == []


def test_sealing_holds_nobody_up_and_an_unrelated_transaction_does_not_hold_up_sealing(connect_as):
    reader = connect_as("qianhang_app")
    reader.execute("SELECT count(*) FROM audit_auditentry")
    write(1)
    assert seal_audit().entries == 1


def test_a_rolled_back_writer_leaves_a_gap_that_is_no_finding(connect_as):
    writer = connect_as("qianhang_app")
    writer.execute(
        """INSERT INTO audit_auditentry (at, actor_kind, actor_name, action, subject, subject_id, reason, request_id)
           VALUES (now(), 'system', 'x', 'x', 'x', '1', '', '')"""
    )
    writer.rollback()
    write(2)
    assert seal_audit().entries == 2
    assert findings() == []


def test_sealing_again_does_nothing():
    write(3)
    assert seal_audit().entries == 3
    assert (seal_audit().entries, AuditBlock.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET reason = 'x'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
        "UPDATE audit_auditblock SET count = 0",
        "DELETE FROM audit_auditblock",
        "TRUNCATE audit_auditblock",
    ],
)
@pytest.mark.parametrize("role", ["qianhang_app", "qianhang_owner"])
def test_history_cannot_be_changed_by_the_application_nor_by_the_owner(connect_as, role, statement):
    sealed_trail(2)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(role).execute(statement)
    assert (AuditEntry.objects.count(), AuditBlock.objects.count()) == (2, 2)
