"""The commands about plans: reading alone on a machine, and the same with a server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qianhang.appliance.exits import ExitCode
from qianhang.appliance.problems import ApplianceError
from qianhang.programme.cli import app
from qianhang.programme.models import Finding
from qianhang.programme.services import accept_findings, bind_target
from tests.core.actors import make_secret

from .test_import import TEXT

NO_DJANGO = """
import sys
from qianhang.programme.cli_reading import read_document
from pathlib import Path
found = read_document(Path(sys.argv[1]))
print(len(found["targets"]), any(name.partition(".")[0] == "django" for name in sys.modules))
"""


def run(*words: str, **environment: str):
    return CliRunner().invoke(app, [*words], env={"QIANHANG_LANG": "en", "COLUMNS": "200", **environment})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "plan.txt"
    file.write_text(TEXT, "utf-8")
    return file


def test_a_plan_is_read_without_a_server_a_database_or_django(file):
    done = subprocess.run([sys.executable, "-c", NO_DJANGO, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "False"]


def test_reading_prints_the_fields_of_the_gold(file):
    found = json.loads(run("plan", "read", str(file), "--json").stdout)
    assert found["file"] == "plan.txt"
    assert {"meta", "targets", "milestones", "tasks", "responsibilities", "systems"} <= set(found)
    one = found["targets"][0]
    assert (one["value"], one["unit"], one["deadline"]) == (6000, "PFLOPS", "2028-12-31")
    assert all(TEXT[at:].startswith(one["quote"]) for at in one["offsets"][:1])


def test_reading_shows_targets_tasks_and_owners(file):
    shown = run("plan", "read", str(file)).stdout
    for words in ("智能算力规模", "> 6000 PFLOPS", "省数据局、省发展改革委", "Targets: 3"):
        assert words in shown


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path):
    picture = tmp_path / "a.pdf"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    refused = run("plan", "read", str(picture)).exception
    assert isinstance(refused, ApplianceError)
    assert refused.exit_code == ExitCode.REFUSED
    assert "{" not in refused.remedy
    missing = run("plan", "read", str(tmp_path / "none.txt")).exception
    assert missing.exit_code == ExitCode.USAGE


def test_files_are_compared_side_by_side_whatever_their_script(file, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(TEXT.replace("江东", "江西").replace("6000PFLOPS", "3EFLOPS").replace("算力规模", "算力規模"))
    found = json.loads(run("plan", "compare", str(file), str(other), "--json").stdout)
    [row] = [row for row in found["targets"] if "算力" in row["name"]]
    values = {plan: [one["value"] for one in stated] for plan, stated in row["plans"].items()}
    assert values == {"1": ["6000"], "2": ["3"]}
    assert run("plan", "compare", str(file)).exception.exit_code == ExitCode.USAGE


@pytest.mark.django_db(transaction=True)
def test_a_plan_is_imported_listed_compared_observed_and_its_targets_shown(live_server, file, tmp_path):
    from .world import build

    world = build()
    here = {"QIANHANG_SERVER": live_server.url, "QIANHANG_API_KEY": make_secret(world.official)}
    done = json.loads(run("plan", "import", str(file), "--json", **here).stdout)
    assert (done["is_new"], done["version"]) == (True, 1)
    assert "already" in run("plan", "import", str(file), **here).stdout
    assert "江东省" in run("plan", "list", **here).stdout
    found = list(Finding.objects.values_list("id", flat=True))
    accept_findings(actor=world.official, plan_id=done["plan_id"], finding_ids=found)
    target = Finding.objects.get(kind="target", content__unit="PFLOPS").target
    bind_target(actor=world.official, target_id=target.id, measure="compute.fleet_pflops")
    assert "compute.fleet_pflops" in run("observe", "compute.fleet_pflops", **here).stdout
    shown = run("targets", "江东", **here).stdout
    assert "Computing power of the fleet" in shown
    assert "0 PFLOPS" in shown
    file.write_text(TEXT.replace("200家", "300家"), "utf-8")
    again = json.loads(run("plan", "import", str(file), "--plan", "江东", "--json", **here).stdout)
    assert (again["version"], again["new"], again["gone"]) == (2, 1, 1)
    other = tmp_path / "other.txt"
    other.write_text(TEXT.replace("江东", "江西"), "utf-8")
    run("plan", "import", str(other), **here)
    both = json.loads(run("plan", "compare", "江东", "江西", "--json", **here).stdout)
    assert len(both["plans"]) == 2
    assert any(len(row["plans"]) == 2 for row in both["targets"])
    assert "江西" in run("plan", "compare", "江东", "江西", **here).stdout
    assert run("targets", "没有", **here).exception.exit_code == ExitCode.REFUSED
