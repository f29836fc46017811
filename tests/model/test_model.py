"""The whole space of the model is closed; each protection taken away lets something go wrong."""

import pytest

from tests.model.explore import explore, stuck
from tests.model.queue import settled_down
from tests.model.state import Rules


def test_however_pumps_stall_nothing_goes_wrong_and_nothing_is_stuck():
    rules = Rules(fate=0)
    found = explore(rules)
    assert found.wrong is None
    assert next(stuck(found, rules), None) is None
    ends = [state for state in found.came_from if settled_down(state)]
    assert {state.applied for state in ends} == {(1, 1, 1)}
    assert {job.state for state in ends for job in state.jobs} == {"done"}


def test_whatever_misfortune_comes_nothing_goes_wrong():
    """A death, a lost answer or request, a doubled delivery or a hold, at any moment."""
    found = explore(Rules(fate=1))
    assert found.wrong is None, found.way_to(found.wrong)
    assert len(found.came_from) > 100_000
    ends = [state for state in found.came_from if settled_down(state)]
    assert {state.applied for state in ends if is_done(state)} == {(1, 1, 1)}


def is_done(state):
    return all(job.state == "done" for job in state.jobs)


@pytest.mark.parametrize(
    ("protection", "harm"),
    [
        ("fence", "applied twice"),
        ("head", "applied after a later one"),
        ("dedupe", "applied twice"),
        ("one_holder", "applied twice"),
        ("hold_checked_at_start", "started while the channel was held"),
        ("send_in_time", "applied twice"),
        ("reads_unknown", "applied twice"),
        ("absolve", "buried without enough deaths"),
    ],
)
def test_without_a_protection_there_is_a_way_to_harm(protection, harm):
    found = explore(Rules(fate=1, **{protection: False}), wanted=harm)
    assert found.wrong is not None
    print(*found.way_to(found.wrong), sep="\n")  # noqa: T201  pytest -rP shows the way
