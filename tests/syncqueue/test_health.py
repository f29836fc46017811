"""How a channel falls ill, waits, tries and recovers."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncqueue.domain.handling import CallError, ErrorClass
from syncqueue.domain.health import (
    LONGEST_OUTAGE_PAUSE,
    TRIAL_PAUSES,
    ChannelHealth,
    after_failure,
    after_success,
    hold,
    release,
    start_trial,
)
from syncqueue.enums import Health

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def failure(kind):
    return CallError(kind, "code", f"It was {kind}.")


DOWN = failure(ErrorClass.PLATFORM_DOWN)
events = st.lists(st.none() | st.sampled_from(ErrorClass).map(failure), max_size=20)


def after(known, history):
    for event in history:
        known = after_failure(known, event, NOW) if event else after_success(known)
    return known


def test_when_the_platform_is_down_calls_wait_and_the_row_says_why():
    waiting = after_failure(ChannelHealth(), DOWN, NOW)
    assert (waiting.health, waiting.reason) == (Health.WAITING, DOWN.message)
    assert waiting.may_call(NOW) == 0
    assert waiting.may_call(NOW + timedelta(seconds=1)) == 1


def test_failed_trials_grow_the_pause_up_to_its_cap():
    known, pauses = ChannelHealth(), []
    for _ in range(7):
        known = after_failure(known, DOWN, NOW)
        pauses.append((known.next_trial_at - NOW).total_seconds())
        known = start_trial(known)
        assert known.may_call(NOW) == 0
    assert pauses == [*TRIAL_PAUSES, 30, 30]


def test_a_pause_that_the_platform_asks_for_is_kept_within_bounds():
    for asked, kept in ((0.2, 1), (20, 20), (9999, LONGEST_OUTAGE_PAUSE), (-5, 1), (None, 1)):
        error = CallError(ErrorClass.PLATFORM_DOWN, "http_503", "Not serving.", retry_after=asked)
        waiting = after_failure(ChannelHealth(), error, NOW)
        assert waiting.next_trial_at == NOW + timedelta(seconds=kept)


def test_a_trial_that_passes_heals_the_channel():
    assert after_success(start_trial(after_failure(ChannelHealth(), DOWN, NOW))) == ChannelHealth()


def test_three_transient_failures_in_a_row_degrade_but_never_stop_it():
    known = after(ChannelHealth(), [failure(ErrorClass.TRANSIENT)] * 3)
    assert known.health == Health.DEGRADED
    assert known.may_call(NOW) is None


def test_a_refused_payload_or_a_full_bucket_says_nothing_of_the_channel():
    for kind in (ErrorClass.REFUSED, ErrorClass.THROTTLED):
        assert after_failure(ChannelHealth(), failure(kind), NOW) == ChannelHealth()


def test_a_refused_trial_shows_that_the_platform_is_back():
    waiting = start_trial(after_failure(ChannelHealth(), DOWN, NOW))
    assert after_failure(waiting, failure(ErrorClass.REFUSED), NOW) == ChannelHealth()


def test_lost_access_holds_the_channel_until_it_is_released():
    held = after_failure(ChannelHealth(), failure(ErrorClass.REVOKED), NOW)
    assert held.may_call(NOW) == 0
    assert after_success(held) == held
    assert release(held, by="") == ChannelHealth()


@given(events)
def test_automation_never_undoes_a_person(history):
    held = hold("The season's prices are being checked.", by="ana")
    assert release(after(held, history), by="") == held
    assert release(held, by="ben") == ChannelHealth()


@given(events)
def test_a_channel_that_may_not_call_always_has_a_way_back(history):
    known = after(ChannelHealth(), history)
    if known.may_call(NOW) == 0:
        assert known.reason
        assert known.health == Health.HELD or known.next_trial_at > NOW
