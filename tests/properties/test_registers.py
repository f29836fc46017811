"""P3: the same acts give the same canonical value and overrides, in whatever order they arrive."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.registers import CanonicalRegister, Entry, Timeline, resolve, route
from catalogue.domain.version import Version, causal_floor
from catalogue.enums import OverrideKind

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
HUB, NORTH, ALPINE = None, 1, 2
SET = OverrideKind.PINNED


def version(second, name):
    return Version(START + timedelta(seconds=second), 1, name)


def act(second, op, store, value=None):
    kind = SET if op == "set" else None
    return Entry(version(second, f"{second}-{op}-{store}-{value}"), op, store, value, kind)


seconds = st.integers(0, 12)
values = st.sampled_from(["red", "blue", "green"])
stores = st.sampled_from([NORTH, ALPINE])
acts = st.one_of(
    st.builds(lambda at, value: act(at, "edit", HUB, f"{value} {at}"), seconds, values),
    st.builds(lambda at, store, v: act(at, "edit", store, f"{v} {at}"), seconds, stores, values),
    st.builds(lambda at, store, v: act(at, "set", store, f"{v} {at}"), seconds, stores, values),
    st.builds(lambda at, store: act(at, "clear", store), seconds, stores),
)
# One version names one act: two acts that share it would not be a history that can happen.
histories = st.lists(acts, max_size=10, unique_by=lambda entry: entry.version)


def play(history):
    register, timelines = CanonicalRegister(), {}
    for entry in history:
        routed = route(register, timelines.get(entry.store), entry)
        register = routed.register
        if routed.timeline is not None:
            timelines[entry.store] = routed.timeline
    return register, timelines


def reading(history):
    register, timelines = play(history)
    resolved = resolve(register, timelines)
    standing = {store: one.value for store, one in resolved.overrides.items() if one and one.stands}
    return resolved.value, resolved.version, standing


@given(histories, st.data())
def test_the_order_of_arrival_changes_nothing(history, data):
    assert reading(data.draw(st.permutations(history))) == reading(history)


@given(histories, st.data())
def test_what_arrives_twice_counts_once(history, data):
    again = data.draw(st.lists(st.sampled_from(history))) if history else []
    assert reading([*history, *again]) == reading(history)


@given(histories, histories, histories)
def test_merging_registers_is_commutative_associative_and_idempotent(first, second, third):
    for kind in (CanonicalRegister, Timeline):
        a, b, c = (kind().merge(kind(tuple(sorted(h, key=key)))) for h in (first, second, third))
        assert a.merge(b) == b.merge(a)
        assert a.merge(b).merge(c) == a.merge(b.merge(c))
        assert a.merge(a) == a


def key(entry):
    return entry.version


@given(histories)
def test_registers_survive_being_stored(history):
    register, timelines = play(history)
    assert CanonicalRegister.from_json(register.to_json()) == register
    for timeline in timelines.values():
        assert Timeline.from_json(timeline.to_json()) == timeline


def test_the_newest_edit_wins_whoever_made_it():
    history = [act(1, "edit", HUB, "hub"), act(3, "edit", NORTH, "north"), act(2, "edit", HUB, "x")]
    assert reading(history)[0] == "north"


def test_an_override_cleared_before_its_edit_arrives_does_not_leak():
    """F5: at the edit's own time an override stood, so the edit moved it and nothing else."""
    history = [
        act(0, "edit", HUB, "10.00"),
        act(1, "set", NORTH, "12.00"),
        act(3, "clear", NORTH),
        act(2, "edit", NORTH, "13.00"),
    ]
    assert reading(history) == ("10.00", history[0].version, {})


def test_an_edit_where_an_override_stands_moves_the_override_only():
    history = [act(0, "edit", HUB, "10.00"), act(1, "set", NORTH, "12.00")]
    value, _, standing = reading([*history, act(2, "edit", NORTH, "13.00")])
    assert (value, standing) == ("10.00", {NORTH: "13.00"})


def test_an_edit_after_the_override_was_cleared_is_canonical_again():
    history = [
        act(0, "edit", HUB, "10.00"),
        act(1, "set", NORTH, "12.00"),
        act(2, "clear", NORTH),
        act(3, "edit", NORTH, "13.00"),
    ]
    assert reading(history)[0] == "13.00"


@given(seconds, seconds)
def test_a_correction_of_our_value_is_later_than_it_whatever_the_clocks_say(edited, written):
    ours = version(written, "ours")
    corrected = causal_floor(START + timedelta(seconds=edited), ours)
    assert corrected > ours.time
    assert causal_floor(START, ours, ours=False) == START


def found(second, since, until, store, value):
    """An edit of which a read knows only between which instants it was made."""
    bounds = (START + timedelta(seconds=since), START + timedelta(seconds=until))
    return Entry(version(second, f"read {second}"), "edit", store, value, bounds=bounds)


def test_what_may_have_been_made_under_an_override_reaches_no_other_store():
    """F5: the override was cleared, and a read finds a value that may be older than that."""
    history = [
        act(0, "edit", HUB, "10.00"),
        act(1, "set", NORTH, "12.00"),
        act(3, "clear", NORTH),
        found(4, 2, 5, NORTH, "13.00"),
    ]
    assert reading(history) == ("10.00", history[0].version, {})


def test_what_was_surely_made_after_an_override_was_cleared_is_canonical():
    history = [
        act(0, "edit", HUB, "10.00"),
        act(1, "set", NORTH, "12.00"),
        act(3, "clear", NORTH),
        found(6, 4, 7, NORTH, "13.00"),
    ]
    assert reading(history)[0] == "13.00"


finds = st.builds(
    lambda at, span, store, v: found(at, at - span, at + 1, store, f"{v} {at}"),
    seconds,
    st.integers(0, 6),
    stores,
    values,
)
doubtful = st.lists(st.one_of(acts, finds), max_size=10, unique_by=lambda entry: entry.version)


@given(doubtful, st.data())
def test_uncertain_edits_too_read_the_same_in_any_order(history, data):
    assert reading(data.draw(st.permutations(history))) == reading(history)


@given(doubtful, st.integers(0, 12), st.data())
def test_forgetting_what_is_old_changes_no_reading(history, second, data):
    """Nothing older than the horizon arrives any more: it has been forgotten before."""
    horizon = START + timedelta(seconds=second)
    old = [entry for entry in history if entry.version.time <= horizon]
    new = [entry for entry in history if entry.version.time > horizon]
    early = data.draw(st.integers(0, len(new)))
    register, timelines = play([*old, *new[:early]])
    register = register.compact(horizon)
    timelines = {store: timeline.compact(horizon) for store, timeline in timelines.items()}
    for entry in new[early:]:
        routed = route(register, timelines.get(entry.store), entry)
        register = routed.register
        if routed.timeline is not None:
            timelines[entry.store] = routed.timeline
    resolved = resolve(register, timelines)
    assert resolved.value == reading(history)[0]
    standing = {store: one.value for store, one in resolved.overrides.items() if one and one.stands}
    assert standing == reading(history)[2]


def test_a_late_override_takes_recent_edits_away_and_the_forgotten_past_stands_again():
    first, second, override = (
        act(0, "edit", NORTH, "10.00"),
        act(2, "edit", NORTH, "12.00"),
        act(1, "set", NORTH, "11.00"),
    )
    register, _ = play([first, second])
    register = register.compact(START)
    assert route(register, None, override).register.winner.value == "10.00"


def test_an_edit_of_unknown_time_stays_home_though_the_cleared_override_is_forgotten():
    timeline = Timeline.of([act(0, "set", NORTH, "11.00"), act(1, "clear", NORTH)])
    edit = found(4, 0, 5, NORTH, "12.00")
    assert timeline.compact(START + timedelta(seconds=2)).add(edit).candidates() == ()
