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


def test_after_a_trial_that_passes_the_channel_climbs_back_to_full_pace():
    known = start_trial(after_failure(ChannelHealth(), DOWN, NOW))
    allowed = []
    for _ in range(5):
        known = after_success(known)
        allowed.append(known.may_call(NOW))
        assert known.health == Health.HEALTHY
    assert allowed == [2, 4, 8, 16, None]
    assert known == ChannelHealth()


def test_a_channel_that_falls_ill_again_while_it_climbs_waits_again():
    climbing = after_success(start_trial(after_failure(ChannelHealth(), DOWN, NOW)))
    again = after_failure(climbing, DOWN, NOW)
    assert (again.health, again.failures, again.climb) == (Health.WAITING, 1, None)


def test_eight_calls_in_a_row_that_nobody_answered_are_an_outage():
    known = ChannelHealth()
    for kind in [ErrorClass.TRANSIENT, ErrorClass.UNKNOWN] * 4:
        assert known.health != Health.WAITING
        known = after_failure(known, failure(kind), NOW)
    assert known.health == Health.WAITING
    assert known.reason == "8 calls in a row failed: It was unknown."
    assert known.next_trial_at == NOW + timedelta(seconds=TRIAL_PAUSES[0])


def test_what_was_never_sent_says_nothing():
    degraded = after(ChannelHealth(), [failure(ErrorClass.TRANSIENT)] * 3)
    assert after_failure(degraded, failure(ErrorClass.NOT_SENT), NOW) == degraded


def test_three_transient_failures_in_a_row_degrade_but_never_stop_it():
    known = after(ChannelHealth(), [failure(ErrorClass.TRANSIENT)] * 3)
    assert known.health == Health.DEGRADED
    assert known.may_call(NOW) is None


def test_a_refused_payload_or_a_full_bucket_says_nothing_of_the_channel():
    for kind in (ErrorClass.REFUSED, ErrorClass.THROTTLED):
        assert after_failure(ChannelHealth(), failure(kind), NOW) == ChannelHealth()


def test_a_refused_trial_shows_that_the_platform_is_back():
    waiting = start_trial(after_failure(ChannelHealth(), DOWN, NOW))
    back = after_failure(waiting, failure(ErrorClass.REFUSED), NOW)
    assert (back.health, back.reason) == (Health.HEALTHY, "Shopify is back; climbing to full pace.")


def test_lost_access_holds_the_channel_until_it_is_released():
    held = after_failure(ChannelHealth(), failure(ErrorClass.REVOKED), NOW)
    assert held.may_call(NOW) == 0
    assert after_success(held) == held
    assert release(held, by="") == ChannelHealth()


@given(events)
def test_automation_never_undoes_a_person(history):
    held = hold(ChannelHealth(), "The season's prices are being checked.", by="ana")
    known = after(held, history)
    assert known == held
    assert release(known, by="") == held
    assert hold(known, "The app was uninstalled.", by="") == held
    assert release(held, by="ben").health == Health.HEALTHY
    assert release(held, by="ben").reason == "Released by ben."


@given(events)
def test_a_channel_that_may_not_call_always_has_a_way_back_and_says_why(history):
    known = after(ChannelHealth(), history)
    if known.may_call(NOW) == 0:
        assert known.reason
        assert known.health == Health.HELD or known.next_trial_at > NOW


@given(events)
def test_what_was_held_by_the_platform_stays_held_until_it_is_released(history):
    held = after_failure(ChannelHealth(), failure(ErrorClass.REVOKED), NOW)
    known = after(held, history)
    assert (known.health, known.by) == (Health.HELD, "")
    assert release(known, by="").health == Health.HEALTHY


@given(events, events)
def test_one_answer_ends_an_outage_whatever_came_before(before, between):
    known = after_success(after(after(ChannelHealth(), before), between))
    assert known.health in (Health.HEALTHY, Health.HELD)
    assert known.failures == 0


@given(events)
def test_the_bound_after_an_outage_only_grows_until_it_is_gone(history):
    known = ChannelHealth()
    for event in history:
        before = known
        known = after_failure(known, event, NOW) if event else after_success(known)
        if before.climb and known.climb:
            assert known.climb in (before.climb, 2 * before.climb)
        if known.climb:
            assert known.health in (Health.HEALTHY, Health.DEGRADED)
