import json

import pytest
from typer.testing import CliRunner

from qianhang.core import audit
from qianhang.core.access import Actor
from qianhang.core.audit.cli import app
from qianhang.core.audit.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
runner = CliRunner()


@pytest.fixture(autouse=True)
def _entries() -> None:
    for number in range(3):
        audit.record(actor=Actor.system("x"), action="job.submitted", subject="job", subject_id=str(number))


def test_head_then_export_then_verify_against_the_head(tmp_path):
    head = runner.invoke(app, ["head"])
    assert head.exit_code == 0
    file = tmp_path / "trail.jsonl"
    assert runner.invoke(app, ["export", "--out", str(file)]).output == f"5 lines in {file}\n"
    done = runner.invoke(app, ["verify", str(file), "--head", head.output.strip(), "--json"])
    report = json.loads(done.output)
    assert (done.exit_code, report["intact"], report["entries"], report["unsealed"]) == (0, True, 4, 1)


def test_that_it_was_exported_is_an_entry_itself(tmp_path):
    runner.invoke(app, ["export", "--out", str(tmp_path / "trail.jsonl")])
    assert AuditEntry.objects.filter(action="audit.exported").count() == 1


def test_a_changed_file_is_exit_code_1_and_says_where(tmp_path):
    runner.invoke(app, ["head"])
    file = tmp_path / "trail.jsonl"
    runner.invoke(app, ["export", "--out", str(file)])
    file.write_bytes(file.read_bytes().replace(b'"subject_id":"1"', b'"subject_id":"7"'))
    done = runner.invoke(app, ["verify", str(file)])
    assert done.exit_code == 1
    assert "changed: entry" in done.output
    assert "NOT INTACT" in done.output


def test_the_database_itself_can_be_checked():
    runner.invoke(app, ["head"])
    done = runner.invoke(app, ["verify"])
    assert (done.exit_code, done.output.split(":")[0]) == (0, "intact")


def test_a_file_that_cannot_be_opened_is_a_usage_error_that_names_it(tmp_path):
    missing = tmp_path / "nowhere" / "trail.jsonl"
    for arguments in (["export", "--out", str(missing)], ["verify", str(missing)]):
        refused = runner.invoke(app, arguments)
        assert refused.exit_code == 2
        assert "No such file or directory" in refused.output
