"""Everything may be killed at any moment: no job is lost, none is done twice on the books, none is charged wrongly."""

import sys
from pathlib import Path

import pytest
from tests.faults.storm import SEED, TARGETS, Storm


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(600)
def test_two_hundred_jobs_survive_ten_kills_of_every_part_and_are_each_charged_once(tmp_path: Path) -> None:
    sys.stderr.write(f"QIANHANG_TEST_FAULT_SEED={SEED} repeats this storm\n")
    storm = Storm(
        folder=tmp_path / "data", output=tmp_path, seed=SEED, jobs=200, kills_wanted=dict.fromkeys(TARGETS, 10)
    )
    answer = storm.rage()
    assert answer["breaches"] == []
    assert sum(answer["states"].values()) == 200
    assert all(storm.kills[target] >= 10 for target in TARGETS), storm.kills
