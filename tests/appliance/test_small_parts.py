"""Decisions of the supervisor that need no process: restarts, logs, the schema's fingerprint, addresses."""

import pytest
from tests.harness.database import TEST_DATABASE

from qianhang.appliance import database as outside
from qianhang.appliance import parts, schema_state
from qianhang.appliance.cgroups import delegate
from qianhang.appliance.exits import ExitCode
from qianhang.appliance.folder import DataFolder, Holder
from qianhang.appliance.logs import rotate, tail
from qianhang.appliance.parts import delay_before_restart, describe_exit
from qianhang.appliance.ports import is_local, names_of, reachable_host
from qianhang.appliance.postgres import OWNER
from qianhang.appliance.privileges import Identity
from qianhang.appliance.problems import ApplianceError

EVERY_INTERFACE = "0.0.0.0"  # noqa: S104 - a text to be judged; nothing is bound


def test_a_dying_part_waits_twice_as_long_each_time_up_to_half_a_minute():
    assert [delay_before_restart(deaths) for deaths in (1, 2, 3, 7, 50)] == [0.5, 1.0, 2.0, 8.0, 8.0]


def test_an_exit_is_described_in_words():
    assert describe_exit(3) == "ended with status 3"
    assert describe_exit(-9) == "killed by SIGKILL"
    assert describe_exit(-77) == "killed by signal 77"


def test_a_full_log_moves_aside_and_its_writer_goes_on_in_the_same_file(tmp_path):
    log = tmp_path / "web.log"
    with log.open("a") as writer:
        for number in range(5):
            writer.write(f"{number}" * 100)
            writer.flush()
            assert rotate(log, max_bytes=50, kept=3)
        writer.write("last")
    assert log.read_text() == "last"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert (tmp_path / "web.log.1").read_text() == "4" * 100


def test_a_small_log_stays(tmp_path):
    log = tmp_path / "web.log"
    log.write_text("short\n" * 3)
    assert not rotate(log, max_bytes=50)
    assert tail(log, lines=2) == "short\nshort"
    assert tail(tmp_path / "none.log") == ""


def test_a_held_folder_tells_who_holds_it_and_a_released_one_nobody(tmp_path):
    folder = DataFolder(tmp_path)
    with folder.locked() as lock:
        lock.describe(Holder(4321, "http://127.0.0.1:1", "app", "owner"))
        assert folder.holder() == Holder(4321, "http://127.0.0.1:1", "app", "owner")
        with pytest.raises(ApplianceError, match="in use by process 4321"), folder.locked():
            pass
    assert folder.holder() is None


def test_the_secret_key_is_made_once(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    key = (folder.secret / "key").read_text()
    folder.prepare()
    assert (folder.secret / "key").read_text() == key
    assert len(key.strip()) == 96
    assert [path.name for path in folder.secret.iterdir()] == ["key"]


def test_the_schema_is_current_only_with_this_versions_fingerprint(database, connect_as, monkeypatch):
    url = database.url(database=TEST_DATABASE)
    owner = connect_as(OWNER, autocommit=True)
    assert not schema_state.is_current(url)
    schema_state.remember(owner)
    try:
        assert schema_state.is_current(url)
        monkeypatch.setattr(schema_state, "fingerprint", lambda: "another version")
        assert not schema_state.is_current(url)
    finally:
        owner.execute(f"DROP TABLE {schema_state.TABLE}")


def test_an_outside_server_that_is_too_old_is_refused_with_its_version(database, monkeypatch):
    monkeypatch.setattr(outside, "OLDEST_SERVER", 19)
    url = database.url(database=TEST_DATABASE)
    with pytest.raises(ApplianceError, match=r"is PostgreSQL 18\.\d+; Qianhang needs 19 or later") as refused:
        outside.check_outside(outside.Access(url, url))
    assert refused.value.exit_code == ExitCode.NEEDS_SETUP


def test_addresses_are_named_as_a_browser_on_this_machine_reaches_them():
    assert [reachable_host(host) for host in (EVERY_INTERFACE, "::", "::1", "10.1.2.3", "localhost")] == [
        "127.0.0.1",
        "[::1]",
        "[::1]",
        "10.1.2.3",
        "localhost",
    ]
    assert [is_local(host) for host in ("127.0.0.1", "localhost", "::1", EVERY_INTERFACE, "example.org")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert set(names_of("127.0.0.1")) == {"localhost", "127.0.0.1", "[::1]"}
    assert set(names_of(EVERY_INTERFACE)) > {"localhost", "127.0.0.1", EVERY_INTERFACE}


@pytest.mark.parametrize("unified", [True, False])
def test_a_control_group_is_handed_over_where_the_kernel_has_them(unified, tmp_path):
    if unified:
        (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    else:
        for controller in ("memory", "cpu"):
            (tmp_path / controller).mkdir()
    given = delegate(Identity.current(), tmp_path)
    expected = [tmp_path / "qianhang"] if unified else [tmp_path / "memory/qianhang", tmp_path / "cpu/qianhang"]
    assert given == expected
    assert all(group.is_dir() for group in given)


def test_no_control_groups_means_none_are_given(tmp_path):
    assert delegate(Identity.current(), tmp_path) == []


def test_a_part_is_given_up_for_silence_only_if_it_was_really_asked_all_that_time(tmp_path, monkeypatch):
    """On a machine too busy to ask, or while the check of another part hangs, a part is not to blame."""
    part = parts.Part("web", ["true"], tmp_path / "web.log", ready=lambda part: True)
    monkeypatch.setattr(parts.time, "monotonic", lambda: 1000.0)
    part.unanswered = parts.ASKED_IN_VAIN
    assert part.is_stuck(answered_at=879.0)
    assert not part.is_stuck(answered_at=881.0)
    part.unanswered = parts.ASKED_IN_VAIN - 1
    assert not part.is_stuck(answered_at=879.0)
