"""Everything may be killed at any moment: no job is lost, none is done twice on the books, none is charged wrongly."""

import os
import random
from pathlib import Path

import pytest

from tests.faults.storm import TARGETS, Storm

SEED = int(os.environ.get("QIANHANG_TEST_FAULT_SEED", "0")) or random.randrange(1, 1 << 30)


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(600)
def test_two_hundred_jobs_survive_ten_kills_of_every_part_and_are_each_charged_once(tmp_path: Path) -> None:
    print(f"QIANHANG_TEST_FAULT_SEED={SEED}")  # noqa: T201 - repeats this very storm
    storm = Storm(folder=tmp_path / "data", output=tmp_path, seed=SEED, jobs=200, kills_each=10)
    answer = storm.rage()
    assert answer["breaches"] == []
    assert sum(answer["states"].values()) == 200
    assert all(storm.kills[target] >= 10 for target in TARGETS), storm.kills


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(600)
def test_a_settlement_that_charges_before_it_writes_is_caught_by_the_same_storm(tmp_path: Path) -> None:
    """Proves that the storm has teeth: tests/faults/naive charges first, under a fresh id, then ends the run."""
    naive = {"PYTHONPATH": str(Path(__file__).parent / "naive"), "NAIVE_SETTLEMENT": "1"}
    storm = Storm(
        folder=tmp_path / "data", output=tmp_path, seed=SEED, jobs=60, kills_each=6, environment=naive
    )
    breaches = storm.rage()["breaches"]
    assert any("the wallet paid" in breach for breach in breaches), breaches
