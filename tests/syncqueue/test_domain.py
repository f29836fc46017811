"""The engine's pure rules: retry lists, pace, the stored form of an answer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncqueue.domain.backoff import DELAYS, delay
from syncqueue.domain.handling import Answer, CallError, ErrorClass, Points, handler_for, register
from syncqueue.domain.pace import Bucket
from syncqueue.enums import Policy
from syncqueue.errors import UnknownHandler

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
amounts = st.floats(0, 20_000)
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


@given(
    st.builds(
        Answer,
        st.none() | st.dictionaries(st.text(), st.integers()),
        st.none() | errors,
        st.none() | st.integers(100, 599),
        st.text(),
        st.none() | amounts,
        st.none() | points,
        amounts,
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
