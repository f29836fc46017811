"""The rules of stock: what a level should show, what a sighting means, what is done next."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.stock import (
    Level,
    Push,
    Seen,
    Sighted,
    Standing,
    decide_expired,
    decide_hook,
    decide_read,
    join,
    next_step,
    pushed,
)
from catalogue.enums import JoinChoice, StockVerdict

NOON = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
amounts = st.integers(-50, 50)
buffers = st.integers(0, 10)
seconds = st.integers(0, 6)


def at(second):
    return NOON + timedelta(seconds=second)


def partner(quantity, **more):
    return Standing(quantity, **more)


@given(amounts, buffers, amounts)
def test_a_target_is_what_is_left_and_never_raises_an_empty_level_for_nothing(q, buffer, shows):
    target = partner(q, buffer=buffer).target(shows)
    if q - buffer > 0:
        assert target == q - buffer
    else:
        assert target == min(shows, 0)
        assert target <= 0
    assert target >= 0 or target == shows  # nothing is pushed below 0


@given(amounts, st.integers(-50, -1), seconds)
def test_a_decrease_is_always_a_sale(shows, fall, q):
    level = Level(shows, at(0))
    for decide in (decide_hook, decide_read):
        found = decide(level, Seen(shows + fall, at(5)), partner(q))
        assert (found.verdict, found.counted) == (StockVerdict.COUNTED, fall)
        assert found.level == Level(shows + fall, at(5))


steps = st.lists(
    st.tuples(st.sampled_from(["hook", "read", "push"]), amounts, seconds), max_size=12
)


@given(amounts, amounts, steps)
def test_the_books_balance_after_every_step(q, shows, happened):
    level, quantity, ours, copied = Level(shows, at(0)), q, 0, 0
    for what, number, second in happened:
        if what == "push":
            level, ours = pushed(level, number, at(second)), ours + number
        else:
            decide = decide_hook if what == "hook" else decide_read
            found = decide(level, Seen(number, at(second)), partner(quantity))
            if found.verdict is StockVerdict.CONVERGED:
                copied += found.level.shows - level.shows
            level, quantity = found.level, quantity + found.counted
        assert quantity - q == (level.shows - shows) - ours - copied


@given(amounts, st.lists(st.tuples(amounts, seconds), max_size=8))
def test_a_delivery_that_comes_again_moves_nothing(q, told):
    level, quantity = Level(0, at(0)), q
    for number, second in told:
        for times in range(2):
            found = decide_hook(level, Seen(number, at(second)), partner(quantity))
            assert not (times and found.counted)
            level, quantity = found.level, quantity + found.counted


@given(amounts, amounts, seconds, seconds)
def test_a_level_never_goes_back_in_its_stores_time(shows, number, known, seen):
    for decide in (decide_hook, decide_read):
        found = decide(Level(shows, at(known)), Seen(number, at(seen)), partner(0))
        assert found.level.as_of >= at(known)


def test_what_is_older_is_stale_and_what_is_as_old_is_read():
    level = Level(10, at(5))
    for second, verdict in ((2, "stale"), (3, "stale"), (4, "needs_read"), (5, "needs_read")):
        found = decide_hook(level, Seen(7, at(second)), partner(10))
        assert (found.verdict, found.level, found.counted) == (verdict, level, 0)
        assert decide_hook(level, Seen(10, at(second)), partner(10)).verdict is StockVerdict.SAME


def test_a_read_that_lags_is_asked_again_and_one_of_the_second_before_is_taken():
    level = Level(10, at(5))
    assert decide_read(level, Seen(7, at(3)), partner(10)).verdict is StockVerdict.STALE
    found = decide_read(level, Seen(7, at(4)), partner(10))
    assert (found.counted, found.level) == (-3, Level(7, at(5)))


@given(st.integers(0, 50), st.integers(1, 50), buffers)
def test_a_person_who_does_our_work_is_not_counted(shows, rise, buffer):
    standing = partner(shows + rise + buffer, buffer=buffer)
    for decide in (decide_hook, decide_read):
        found = decide(Level(shows, at(0)), Seen(shows + rise, at(1)), standing)
        assert (found.verdict, found.counted) == (StockVerdict.CONVERGED, 0)
        assert standing.target(found.level.shows) == found.level.shows


def test_the_same_rise_in_two_stores_asks_a_person():
    standing = partner(12, unpushed=(3,))
    twice = decide_hook(Level(10, at(0)), Seen(13, at(1)), standing)
    assert (twice.verdict, twice.counted) == (StockVerdict.COUNTED, 3)
    assert "twice" in twice.question
    assert not decide_hook(Level(10, at(0)), Seen(14, at(1)), standing).question
    assert not decide_hook(Level(10, at(0)), Seen(7, at(1)), standing).question


def test_a_rise_that_does_not_count_asks_nobody():
    for role in ("owner", "mirror"):
        standing = Standing(12, role=role, unpushed=(3,))
        assert not decide_hook(Level(10, at(0)), Seen(13, at(1)), standing).question


@given(amounts, amounts, seconds)
def test_a_level_of_which_nothing_is_known_yet_takes_the_first_word(shows, number, second):
    for decide in (decide_hook, decide_read):
        found = decide(Level(shows), Seen(number, at(second)), partner(0))
        assert found.level == Level(number, at(second))
    assert pushed(Level(shows), 1, at(second)) == Level(shows + 1, at(second))


@given(amounts, st.sampled_from(["partner", "owner", "mirror"]))
def test_a_number_that_is_known_is_the_same_only_later(shows, role):
    for decide in (decide_hook, decide_read):
        found = decide(Level(shows, at(0)), Seen(shows, at(3)), Standing(7, role=role))
        assert found == Sighted(StockVerdict.SAME, Level(shows, at(3)))


@given(amounts, amounts, amounts)
def test_an_owners_level_is_the_pool_and_a_mirrors_moves_nothing(q, shows, number):
    owner, mirror = Standing(q, role="owner"), Standing(q, role="mirror")
    seen = Seen(number, at(1))
    assert decide_hook(Level(shows, at(0)), seen, owner).counted == number - shows
    assert owner.target(shows) == shows
    assert decide_hook(Level(shows, at(0)), seen, mirror).counted == 0


@given(amounts, amounts, amounts.filter(bool))
def test_a_push_that_nobody_heard_of_for_a_day_takes_the_lower_number(shows, number, delta):
    found = decide_expired(Level(shows, at(0)), Seen(number, at(1)), partner(0), delta)
    applied, not_applied = number - shows - delta, number - shows
    assert found.counted == min(applied, not_applied)
    assert found.level.shows == number
    assert found.question
    for role in ("owner", "mirror"):
        other = decide_expired(
            Level(shows, at(0)), Seen(number, at(1)), Standing(0, 0, role), delta
        )
        assert (other.counted, other.level) == (0, found.level)


@given(amounts, st.integers(-50, 50), seconds)
def test_our_own_push_moves_the_level_alone(shows, delta, second):
    after = pushed(Level(shows, at(3)), delta, at(second))
    assert after == Level(shows + delta, at(max(3, second)))
    assert pushed(after, 0, None) == after
    echo = decide_hook(after, Seen(shows + delta, at(second)), partner(0))
    assert (echo.verdict, echo.counted) == (StockVerdict.SAME, 0)


def test_what_is_unknown_comes_before_a_read_and_a_read_before_any_push():
    level, standing = Level(10, at(0)), partner(7)
    fresh, old = timedelta(hours=23, minutes=59), timedelta(hours=24)
    assert next_step(level, standing, unknown=fresh, needs_read=True) == "resend"
    assert next_step(level, standing, unknown=old) == "read"
    assert next_step(level, standing, needs_read=True) == "read"
    assert next_step(level, standing) == Push(-3, 10)
    assert next_step(Level(7, at(0)), standing) == "nothing"


def test_after_three_stale_pushes_one_goes_without_comparing():
    level, standing = Level(10, at(0)), partner(7)
    assert next_step(level, standing, stale=2) == Push(-3, 10)
    assert next_step(level, standing, stale=3) == Push(-3, None)


@given(amounts, amounts, buffers, amounts)
def test_joining_takes_the_pools_number_the_stores_or_both(q, theirs, buffer, shows):
    standing = partner(q, buffer=buffer)
    wanted = {
        JoinChoice.TAKE_POOL: q,
        JoinChoice.TAKE_STORE: theirs,
        JoinChoice.ADD: q + theirs,
    }
    for choice, quantity in wanted.items():
        joined = join(choice, standing, theirs=theirs, shows=shows)
        assert joined.quantity == quantity
        assert joined.level == partner(quantity, buffer=buffer).target(shows)


def test_a_store_that_keeps_its_number_is_written_nothing():
    joined = join(JoinChoice.TAKE_STORE, partner(99, buffer=2), theirs=12, shows=10)
    assert joined.level == 10
