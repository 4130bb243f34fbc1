"""The real command line against a real `qianhang up --demo`."""

import json
import re
import signal
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.appliance.running import free_port

pytestmark = pytest.mark.slow(seconds=120)

PRINTS_AND_WRITES = """
import os, pathlib, sys
print("arguments", sys.argv[1:], flush=True)
print("processors", os.environ["QIANHANG_CPUS"], flush=True)
pathlib.Path("outputs/deep").mkdir(parents=True)
pathlib.Path("outputs/deep/result.txt").write_text("forty-two")
"""
WAITS = """
import time
print("waiting", flush=True)
time.sleep(300)
"""


def test_a_script_that_is_not_in_the_repository_runs_and_shows_placement_quote_log_and_receipt(qianhang):
    script = qianhang.script("my_job.py", PRINTS_AND_WRITES)
    answer = qianhang("run", script, "--near", "Changchun", "--time-limit", "2m", "-o", "back", "--", "--epochs", "3")
    assert answer.code == 0, answer.err
    out = answer.out
    assert "(local) is the only one of 4 clusters that fits." in out
    assert re.search(r"announced but not built", out)
    assert re.search(r"At most +1\.20 CNY", out)
    assert "arguments ['--epochs', '3']\nprocessors 1\n" in out
    assert re.search(r"Receipt +R\d{8}-\d{6}", out)
    assert (qianhang.folder / "back/deep/result.txt").read_text() == "forty-two"
    order = [
        out.index(part) for part in ("Where, and why", "Quote", "Log", "arguments", "Succeeded", "Receipt", "Outputs")
    ]
    assert order == sorted(order)


def test_the_whole_story_as_json_adds_up_and_keeps_the_log_out_of_it(qianhang):
    script = qianhang.script("my_job.py", PRINTS_AND_WRITES)
    answer = qianhang("run", script, "-c", "2", "-t", "1m", "--json")
    assert answer.code == 0, answer.err
    story = answer.json
    assert story["job"]["state"] == "succeeded"
    assert "processors 2" in answer.err
    receipt = story["runs"][0]["receipt"]
    exact = sum(line["amount_micro"] for line in receipt["lines"])
    assert exact + receipt["rounding_micro"] - receipt["waived_micro"] == receipt["total_micro"]
    assert receipt["total_micro"] + receipt["released_micro"] == story["job"]["hold_micro"] == 1_200_000
    assert receipt["voucher_micro"] + receipt["wallet_micro"] == receipt["total_micro"]
    (line,) = receipt["lines"]
    assert (line["item"], line["price_micro"]) == ("cpu_hour", 36_000_000)
    assert line["quantity"] == 2 * story["runs"][0]["elapsed_ms"]
    assert [Path(file).name for file in story["files"]] == ["result.txt"]


def test_a_job_that_fails_ends_the_command_with_1_and_only_used_time_is_charged(qianhang):
    script = qianhang.script("fails.py", "import sys; print('so long'); sys.exit(3)")
    answer = qianhang("run", script, "-t", "1m")
    assert answer.code == 1
    assert "so long" in answer.out
    assert "exit code 3" in answer.out
    assert re.search(r"Set free again +0\.([45]\d+|60) CNY", answer.out)


def test_a_voucher_pays_its_share(qianhang):
    number = qianhang("vouchers", "--json").json[0]["number"]
    script = qianhang.script("busy.py", "import time; time.sleep(2.5)")
    story = qianhang("run", script, "-t", "1m", "--voucher", number.lower(), "--json").json
    receipt = story["runs"][0]["receipt"]
    assert receipt["voucher_number"] == number
    assert receipt["voucher_micro"] == receipt["total_micro"] // 2 > 0


def test_ctrl_c_leaves_the_job_running_and_says_how_to_stop_it(qianhang):
    script = qianhang.script("waits.py", WAITS)
    following = qianhang.start("run", script, "-t", "10m")
    for line in following.stdout:
        if line == "waiting\n":
            break
    following.send_signal(signal.SIGINT)
    _out, err = following.communicate(timeout=30)
    assert following.returncode == 130
    job = re.search(r"qianhang cancel ([0-9a-f-]{36})", err).group(1)
    assert qianhang("job", job, "--json").json["job"]["state"] in {"starting", "running"}
    assert "is told to stop" in qianhang("cancel", job).out
    assert qianhang("logs", "-f", job).out == "waiting\n"
    assert qianhang("job", job, "--json").json["job"]["state"] == "cancelled"
    assert "was over already" in qianhang("cancel", job).out or "is cancelled" in qianhang("cancel", job).out


def test_a_detached_job_is_followed_later(qianhang):
    script = qianhang.script("later.py", PRINTS_AND_WRITES)
    taken = qianhang("run", script, "-t", "1m", "--detach", "--json").json
    log = qianhang("logs", "--follow", taken["job"]["id"])
    assert (log.code, log.out) == (0, "arguments []\nprocessors 1\n")
    assert qianhang("logs", taken["job"]["id"]).out == log.out


def test_a_folder_with_a_job_spec_is_submitted_as_it_lies(qianhang):
    folder = qianhang.folder / "project"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__pycache__/old.pyc").write_text("not sent")
    (folder / "part.py").write_text("WORD = 'imported'")
    (folder / "main.py").write_text(
        "import os, part\nprint(part.WORD, [name for name in sorted(os.listdir()) if os.path.isfile(name)], flush=True)"
    )
    (folder / "job.yaml").write_text("name: project\ncommand: python -B main.py\ntime_limit: 1m\n")
    answer = qianhang("submit", "-f", folder / "job.yaml")
    assert answer.code == 0, answer.err
    assert "imported ['job.yaml', 'main.py', 'part.py']" in answer.out


def test_an_unknown_region_suggests_the_nearest_and_nothing_is_submitted(qianhang):
    before = qianhang("jobs", "--json").json
    script = qianhang.script("my_job.py", PRINTS_AND_WRITES)
    answer = qianhang("run", script, "--near", "Changchn")
    assert answer.code == 3
    assert "There is no region Changchn." in answer.err
    assert "长春 (changchun)" in answer.err
    assert qianhang("jobs", "--json").json == before


@pytest.mark.parametrize("name", ["长春", "长春市", "CHANGCHUN", "changchun"])
def test_a_region_is_known_by_all_its_names(qianhang, name):
    assert qianhang("quote", "--near", name, "--json").json["spec"]["near"]["region"] == "changchun"


def test_a_quote_submits_nothing_and_explains_itself(qianhang):
    before = qianhang("jobs", "--json").json
    answer = qianhang("quote", "-c", "2", "-t", "30m")
    assert answer.code == 0
    assert re.search(r"At most +36\.00 CNY", answer.out)
    assert "announced but not built" in answer.out
    assert qianhang("jobs", "--json").json == before


def test_a_job_that_fits_nowhere_says_why_for_each_cluster(qianhang):
    answer = qianhang("run", qianhang.script("my_job.py", "pass"), "--gpus", "1")
    assert answer.code == 3
    assert "✗ local: It has no accelerators." in answer.err
    assert "✗ baishan-ascend: It is announced but not built" in answer.err
    assert "What could help: fewer cards or none (--gpus)" in answer.err


def test_a_wrong_key_is_refused_with_its_own_exit_code(demo, stranger):
    answer = stranger("wallet", QIANHANG_SERVER=f"http://127.0.0.1:{demo.port}", QIANHANG_API_KEY="qh_" + "x" * 43)
    assert answer.code == 4
    assert "unknown, expired or revoked" in answer.err
    assert "qianhang login" in answer.err


def test_a_server_that_does_not_answer_is_named_with_its_own_exit_code(stranger):
    server = f"http://127.0.0.1:{free_port()}"
    answer = stranger("jobs", QIANHANG_SERVER=server, QIANHANG_API_KEY="qh_" + "x" * 43)
    assert answer.code == 5
    assert f"{server} does not answer" in answer.err


def test_without_a_key_the_way_to_sign_in_is_shown(stranger):
    answer = stranger("jobs")
    assert answer.code == 4
    assert "qianhang login SERVER" in answer.err


def test_signing_in_keeps_the_key_private_and_signing_out_forgets_it(demo, stranger, api_key):
    server = f"http://127.0.0.1:{demo.port}"
    refused = stranger("login", server, typed="qh_wrong\n")
    assert refused.code == 4
    assert not (stranger.folder / "config/qianhang/profiles.json").exists()

    assert stranger("login", server, typed=api_key + "\n").code == 0
    kept = stranger.folder / "config/qianhang/profiles.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    me = stranger("whoami", "--json").json
    assert (me["server"], me["key_from"]) == (server, "login")
    assert stranger("jobs", "--json").code == 0

    assert stranger("logout").code == 0
    assert stranger("jobs").code == 4


@pytest.mark.parametrize(
    "command",
    [
        ("jobs",),
        ("job", "last"),
        ("outputs", "last"),
        ("clusters",),
        ("cluster", "local"),
        ("quote",),
        ("wallet",),
        ("vouchers",),
        ("receipts",),
        ("whoami",),
        ("keys",),
    ],
)
def test_every_read_answers_in_json_and_in_plain_lines(qianhang, examples, command):
    answer = qianhang(*command, "--json")
    assert answer.code == 0, answer.err
    assert isinstance(answer.json, dict | list)
    plain = qianhang(*command)
    assert plain.code == 0
    assert "\x1b" not in plain.out
    assert not set("│╭╮┃━") & set(plain.out)


def test_columns_stay_aligned_beside_chinese_names(qianhang, examples):
    lines = qianhang("receipts").out.splitlines()
    totals = [line[: line.index(" CNY")] for line in lines[1:]]
    ends = {sum(2 if ord(character) > 0x2E80 else 1 for character in text) for text in totals}
    assert len(ends) == 1


def test_a_receipt_is_found_by_its_number(qianhang, examples):
    number = qianhang("receipts", "--json").json[0]["number"]
    answer = qianhang("receipt", number.lower())
    assert answer.code == 0
    assert number in answer.out
    missing = qianhang("receipt", "R20000101-000001")
    assert (missing.code, "There is no receipt" in missing.err) == (3, True)


def test_the_wallet_adds_up_with_the_receipts(qianhang, examples):
    wallet = qianhang("wallet", "--json").json
    receipts = qianhang("receipts", "--json", "--limit", "1000").json
    assert wallet["spent_micro"] == sum(receipt["wallet_micro"] for receipt in receipts)
    assert wallet["available_micro"] + wallet["held_micro"] + wallet["spent_micro"] == 500_000_000


def test_filling_the_demo_again_changes_nothing(demo, qianhang):
    def state():
        names = ("clusters", "vouchers", "keys", "wallet")
        found = {name: qianhang(name, "--json").json for name in names}
        for key in found["keys"]:
            del key["last_used_at"]
        for cluster in found["clusters"]:
            del cluster["heartbeat_at"]
        return found, [job["id"] for job in qianhang("jobs", "--json", "--limit", "1000").json]

    before, accounts = state(), json.loads((demo.folder.secret / "demo-sign-ins.json").read_text())
    assert qianhang("demo-seed").code == 0
    assert state() == before
    assert json.loads((demo.folder.secret / "demo-sign-ins.json").read_text()) == accounts


def test_a_revoked_key_is_refused_at_once_and_filling_the_demo_again_makes_a_new_one(qianhang):
    (key,) = [one for one in qianhang("keys", "--json").json if one["revoked_at"] is None]
    assert qianhang("keys", "revoke", key["id"]).code == 0
    assert qianhang("jobs").code == 4
    assert qianhang("demo-seed").code == 0
    assert qianhang("jobs").code == 0
    revoked = {one["id"]: one["revoked_at"] for one in qianhang("keys", "--json").json}
    assert revoked[key["id"]] is not None
    assert len(revoked) == 2


def test_the_example_jobs_of_the_demo_have_really_run(qianhang, examples):
    assert {detail["job"]["state"] for detail in examples.values()} == {"succeeded"}
    qianhang("outputs", examples["train-classifier"]["job"]["id"], "-o", qianhang.folder / "model")
    metrics = json.loads((qianhang.folder / "model/metrics.json").read_text())
    assert metrics["accuracy"] == 530 / 540
    assert Decimal(examples["monte-carlo-sweep"]["runs"][0]["receipt"]["total_micro"]) > 0
    assert "60 of 60 known copies found" in qianhang("logs", examples["text-batch"]["job"]["id"]).out


def test_a_reader_of_chinese_is_answered_in_chinese(qianhang, stranger, examples):
    assert "您还没有登录" in stranger("jobs", LANG="zh_CN.UTF-8").err
    listed = qianhang("jobs", LANG="zh_CN.UTF-8").out
    assert "成功" in listed
    assert "Succeeded" not in listed
    assert "没有地区 Changchn" in qianhang("quote", "--near", "Changchn", QIANHANG_LANG="zh").err


def test_a_name_in_the_output_cannot_move_the_cursor(qianhang):
    script = qianhang.script("plain.py", "pass")
    qianhang("run", script, "-t", "1m", "--name", "red \x1b[31m name", "--detach")
    assert "\x1b" not in qianhang("jobs").out


def test_starting_a_client_command_loads_neither_django_nor_a_database_driver():
    loaded = (
        "import sys; import qianhang.compute.cli, qianhang.funding.cli, qianhang.core.people.cli;"
        "print(sorted({'django', 'psycopg', 'httpx', 'rich', 'ninja'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
