"""The model is about this engine: random walks through it, taken with the engine's own functions.

After every step the tables must say what the model says; and where the model lets nobody claim a
lane, a claim gets nothing.
"""

import random

import pytest
from django.db import transaction

from syncqueue.services import rescue
from tests.model.queue import steps
from tests.model.real import Real
from tests.model.state import LANES, MOST_CRASHES, Rules, State

RULES = Rules(fate=3)
STEPS = 60


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(12))
def test_the_engine_walks_as_the_model_does(seed, monkeypatch):
    monkeypatch.setattr(rescue, "MOST_CRASHES", MOST_CRASHES)
    rng, state, real, way = random.Random(seed), State(), Real(), []
    for _ in range(STEPS):
        ways = [step for step in steps(state, RULES) if step[0].what != "deliver again"]
        if not ways:
            break
        deed, state = rng.choice(ways)
        way.append(str(deed))
        getattr(real, deed.what.replace(" ", "_"))(deed.which, deed.worker)
        assert told(real) == said(state), way
        check_claims(real, state, way)


def told(real):
    return real.jobs_now(), real.lanes_now(), real.applied_now(), real.held_now()


def said(state):
    """The model's words without what the tables keep in other ways."""
    jobs = tuple(job if job.state == "open" else job._replace(crashes=0) for job in state.jobs)
    lanes = tuple(
        lane._replace(call=lane.call and lane.call._replace(answer="")) for lane in state.lanes
    )
    return jobs, lanes, state.applied, state.held


def check_claims(real, state, way):
    """Whether an idle worker may claim a lane is the same in both."""
    after_claims = [s for s in steps(state._replace(held=False), RULES) if s[0].what == "claim"]
    allowed = {(deed.worker, after.pumps[deed.worker].lane) for deed, after in after_claims}
    for worker, pump in enumerate(state.pumps):
        for lane in LANES if pump is None else ():
            with transaction.atomic():
                got = bool(real.offered(lane, worker))
                transaction.set_rollback(True)
            assert got == ((worker, lane) in allowed), (way, worker, lane)
