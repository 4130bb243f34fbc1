"""A disk that is really full: the cluster's root on a memory file system of four megabytes."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from qianhang.compute.connectors.local.sandbox import find_bubblewrap

SCRIPT = """
import json, os, subprocess, sys
from pathlib import Path
from qianhang.compute.connectors.local.connector import LocalConnector
from qianhang.compute.connectors.local.isolation import bare
from qianhang.compute.ports import ConnectorUnavailable
from tests.compute.connectors.contract import shell
from tests.compute.connectors.waiting import wait_for_end

root = Path(sys.argv[1])
# No sandbox in a sandbox: the disk is what is looked at here.
local = LocalConnector(root, isolation=bare("the test says so"), may_run_bare=True)
filler = shell("head -c 20000000 /dev/zero > big; head -c 3000000 /dev/zero | tr '\\\\0' x; echo; echo last")
local.submit(filler)
status = wait_for_end(local, filler.run_id)
found = {"state": status.state, "truncated": local.read_log(filler.run_id).truncated,
         "usage": local.usage(filler.run_id).elapsed_ms > 0}
# What the result's reserve gave back is taken too.
subprocess.run(["dd", "if=/dev/zero", f"of={root}/rest"], capture_output=True)
found["free"] = os.statvfs(root).f_bavail
second = shell("echo started")
try:
    local.submit(second)
except ConnectorUnavailable as error:
    found["second"] = str(error)
(root / "rest").unlink()
(root / "runs" / str(filler.run_id) / "work" / "big").unlink()
local.submit(second)
found["again"] = [wait_for_end(local, second.run_id).state, local.read_log(second.run_id).data.decode()]
local.forget(filler.run_id)
found["forgotten"] = local.status([filler.run_id])[filler.run_id].state
print(json.dumps(found))
"""


@pytest.mark.sandbox
def test_a_run_on_a_full_disk_ends_with_a_result_and_the_next_waits_for_room(tmp_path: Path) -> None:
    bubblewrap = find_bubblewrap()
    assert bubblewrap is not None
    root = tmp_path / "small"
    root.mkdir()
    command = [bubblewrap.path, "--dev-bind", "/", "/", "--size", str(4 << 20), "--tmpfs", str(root)]
    repository = Path(__file__).parents[3]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", textwrap.dedent(SCRIPT), str(root)],
        cwd=repository, env={"PYTHONPATH": str(repository)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["free"] == 0
    assert (found["state"], found["truncated"], found["usage"]) == ("succeeded", True, True)
    assert "No space left" in found["second"]
    assert found["again"] == ["succeeded", "started\n"]
    assert found["forgotten"] == "succeeded"
