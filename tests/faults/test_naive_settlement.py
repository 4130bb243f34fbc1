"""The storm has teeth: a settlement with a hole in it does not get through."""

from pathlib import Path

import pytest
from tests.faults.storm import SEED, Storm

# The hole is open while a run's files are brought home; a web server's death does not meet it, a worker's does.
KILLS = {"worker": 10, "database": 6, "supervisor": 2, "web": 1}


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(600)
def test_a_settlement_that_charges_before_it_writes_is_caught_by_the_same_storm(tmp_path: Path) -> None:
    """Proves that the storm has teeth: tests/faults/naive charges first, under a fresh id, then ends the run."""
    naive = {"PYTHONPATH": str(Path(__file__).parent / "naive"), "NAIVE_SETTLEMENT": "1"}
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        storm = Storm(
            folder=folder / "data", output=folder, seed=SEED + number, jobs=80, kills_wanted=KILLS, environment=naive
        )
        breaches = storm.rage()["breaches"]
        if any("the wallet paid" in breach for breach in breaches):
            return
    raise AssertionError(f"three storms went by without a wrong charge: {breaches}")
