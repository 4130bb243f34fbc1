"""Attacks on what the platform takes out of a sandbox: outputs that lead elsewhere, secrets that stay behind."""

from pathlib import Path

import pytest

from qianhang.compute.connectors.local.connector import LocalConnector

from .contract import FOREVER, shell
from .probing import probe, request_for
from .waiting import wait_for_end, wait_until

pytestmark = pytest.mark.sandbox


def test_links_a_job_leaves_among_its_outputs_lead_nowhere(
    local: LocalConnector, local_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "secret").write_text("of the host")
    found = probe(
        local,
        f"""
        os.makedirs("outputs/real", exist_ok=True)
        open("outputs/real/fine", "w").write("fine")
        os.symlink("/etc/passwd", "outputs/passwd")
        os.symlink({str(tmp_path / "host")!r}, "outputs/folder")
        os.symlink({str(tmp_path / "host" / "secret")!r}, "outputs/secret")
        os.symlink("../../../request.json", "outputs/relative")
        os.mkfifo("outputs/pipe")
        socket.socket(socket.AF_UNIX).bind("outputs/socket")
        """,
    )
    assert [file.path for file in local.list_outputs(found.run_id)] == ["outputs/real/fine"]
    for path in ("outputs/passwd", "outputs/folder/secret", "outputs/secret", "outputs/pipe", "outputs/socket",
                 "../request.json", "/etc/passwd", "outputs/../../request.json"):  # fmt: skip
        with pytest.raises(Exception, match=path.split("/")[-1]):
            local.fetch_output(found.run_id, path, tmp_path / "taken")
        assert not (tmp_path / "taken").exists()


def test_a_folder_swapped_for_a_link_during_collection_never_leads_out(local: LocalConnector, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "file").write_text("of the host")
    request = request_for(
        f"""
        os.makedirs("outputs/a"); open("outputs/a/file", "w").write("of the job")
        os.symlink({str(tmp_path / "host")!r}, "outputs/b")
        print("ready", flush=True)
        while True:
            for before, after in ("ac", "ba", "cb"):
                os.rename("outputs/" + before, "outputs/" + after)
        """
    )
    local.submit(request)
    wait_until(lambda: local.read_log(request.run_id).data)
    taken = set()
    for _ in range(300):
        local.list_outputs(request.run_id)
        try:
            local.fetch_output(request.run_id, "outputs/a/file", tmp_path / "taken")
        except Exception as error:
            taken.add(type(error).__name__)
            continue
        taken.add((tmp_path / "taken").read_text())
    local.cancel(request.run_id)
    wait_for_end(local, request.run_id)
    assert taken == {"of the job", "NoSuchOutput"}


def test_secrets_are_in_no_file_and_no_process_list(local: LocalConnector, local_root: Path) -> None:
    request = shell(FOREVER, secrets={"TOKEN": "canary-3f9a"})
    local.submit(request)
    wait_until(lambda: local.read_log(request.run_id).data)
    listed = b"\n".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline"))
    assert str(request.run_id).encode() in listed
    assert b"canary-3f9a" not in listed
    files = [path for path in local_root.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"canary-3f9a" in path.read_bytes()]
    local.cancel(request.run_id)
    wait_for_end(local, request.run_id)
