"""A process dies at every named commit point; afterwards nothing is lost, doubled or overtaken."""

import pytest

from tests.faults.trials import QUICK, TRIALS, run

CHOSEN = [trial for trial in TRIALS if str(trial) in QUICK]


@pytest.mark.parametrize("trial", CHOSEN, ids=str)
def test_nothing_is_lost_when_a_process_dies(stage, trial):
    """P8, among them: attempt row, call sent, landed, answered, settled, each of a product."""
    run(stage, trial, seed=1)


def test_enough_points_are_tried():
    assert len(CHOSEN) == len(QUICK) >= 20
