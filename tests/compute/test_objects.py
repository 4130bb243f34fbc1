"""The object store: what a crash leaves behind."""

import os
import time

from qianhang.compute import objects

DAY = 24 * 3600


def test_what_was_left_half_received_goes_after_a_day_and_what_is_on_its_way_stays():
    left, under_way = objects.new_file(), objects.new_file()
    for file in (left, under_way):
        file.write_bytes(b"x")
    os.utime(left, (time.time() - 2 * DAY,) * 2)
    assert objects.sweep_incoming(before=time.time() - DAY) == 1
    assert (left.exists(), under_way.exists()) == (False, True)
    under_way.unlink()


def test_there_may_be_nothing_to_sweep(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path / "none"}}
    }
    assert objects.sweep_incoming(before=time.time()) == 0
