"""The engine's pure rules: retry lists, pace, the stored form of an answer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncqueue.domain.backoff import DELAYS, delay
from syncqueue.domain.handling import Answer, CallError, ErrorClass, Points, handler_for, register
from syncqueue.domain.pace import CALL_COST, Bucket, Costs
from syncqueue.enums import Policy
from syncqueue.errors import UnknownHandler

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
amounts = st.just(0.0) | st.floats(0.01, 20_000)
points = st.builds(
    lambda share, maximum, restore: Points(share * maximum, maximum, restore),
    st.floats(0, 1),
    st.floats(100, 20_000),
    st.floats(50, 1_000),
)
errors = st.builds(
    CallError, st.sampled_from(ErrorClass), st.text(), st.text(), st.none() | amounts
)


def test_outbound_waits_a_minute_half_an_hour_two_and_six_hours_then_gives_up():
    assert [delay(Policy.OUTBOUND, n, jitter=0) for n in range(1, 6)] == [
        60, 1800, 7200, 21600, None,
    ]  # fmt: skip


def test_inbound_tries_at_once_and_gives_up_after_the_four_hours():
    assert delay(Policy.INBOUND, 1, jitter=0) == 0
    assert delay(Policy.INBOUND, 8, jitter=0) == 4 * 3600
    assert delay(Policy.INBOUND, 9, jitter=0) is None


@given(st.sampled_from(Policy), st.data(), st.floats(-1, 1))
def test_jitter_moves_a_delay_by_a_tenth_at_most(policy, data, jitter):
    spent = data.draw(st.integers(1, len(DELAYS[policy])))
    plain = DELAYS[policy][spent - 1]
    assert delay(policy, spent, jitter=jitter) == pytest.approx(plain, rel=0.1001)


@given(points, amounts)
def test_after_the_wait_the_points_are_there(bucket_points, cost):
    bucket = Bucket(bucket_points, NOW)
    later = NOW + timedelta(seconds=bucket.wait(cost, NOW) + 0.001)
    assert bucket.available(later) >= min(cost, bucket_points.maximum) - 0.01


@given(points, st.floats(0, 1_000))
def test_a_started_call_is_counted_before_its_answer(bucket_points, cost):
    bucket = Bucket(bucket_points, NOW)
    assert bucket.taking(cost, NOW).available(NOW) == pytest.approx(
        bucket.available(NOW) - cost, abs=1e-6
    )


@given(points, amounts)
def test_a_call_is_affordable_exactly_when_it_need_not_wait(bucket_points, cost):
    bucket = Bucket(bucket_points, NOW)
    assert bucket.affords(cost, NOW) == (bucket.wait(cost, NOW) == 0)


def test_a_call_of_an_unknown_kind_is_taken_to_cost_something():
    assert (Costs().asked("x"), Costs().used("x"), Costs().least) == (CALL_COST,) * 3
    assert not Costs().proven("x")
    told_nothing = Costs().after("x", None, None)
    assert (told_nothing.proven("x"), told_nothing.asked("x")) == (True, CALL_COST)


def test_a_dear_call_counts_at_once_and_is_forgotten_slowly():
    costs = Costs().after("read", 300, 10).after("read", 20, 10)
    assert 290 < costs.asked("read") < 300
    for _ in range(500):
        costs = costs.after("read", 20, 10)
    assert costs.asked("read") == 20
    assert costs.used("read") == pytest.approx(10)
    assert costs.after("write", 12, None).least == 12


@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 1000)), min_size=1, max_size=30))
def test_learned_costs_stay_within_what_was_seen(calls):
    costs = Costs()
    for asked, used in calls:
        costs = costs.after("x", asked, used)
        assert costs.asked("x") >= asked
    assert costs.asked("x") <= max(asked for asked, _ in calls)
    seen = [used or asked for asked, used in calls] + [used for _, used in calls]
    assert min(seen) - 0.01 <= costs.used("x") <= max(seen) + 0.01


@given(
    st.builds(
        Answer,
        st.none() | st.dictionaries(st.text(), st.integers()),
        st.none() | errors,
        st.none() | st.integers(100, 599),
        st.text(),
        asked=st.none() | amounts,
        cost=st.none() | amounts,
        points=st.none() | points,
        seconds=amounts,
    )
)
def test_an_answer_survives_being_stored(answer):
    assert Answer.from_json(answer.to_json()) == answer


def test_a_name_that_nobody_registered_is_said_so():
    handler = object()
    register("tests.known", handler)
    assert handler_for("tests.known") is handler
    with pytest.raises(UnknownHandler, match=r"tests\.nobody"):
        handler_for("tests.nobody")
