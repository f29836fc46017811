"""P3: the same acts give the same canonical value and overrides, in whatever order they arrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.registers import CanonicalRegister, Entry, Timeline, forget, resolve, route
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
    return said_by(*play(history))


def said_by(register, timelines):
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


def test_an_override_has_bounds_that_count_to_the_instant():
    """An edit surely came after its lower bound, and may have come at its upper one."""
    cleared = [act(1, "set", NORTH, "12.00"), act(2, "clear", NORTH)]
    assert Timeline.of([*cleared, found(4, 2, 5, NORTH, "13.00")]).candidates() != ()
    late = found(4, 3, 6, NORTH, "13.00")
    assert Timeline.of([late, act(6, "set", NORTH, "12.00")]).candidates() == ()
    assert Timeline.of([late, act(7, "set", NORTH, "12.00")]).candidates() == (late,)


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


@given(doubtful)
def test_registers_survive_being_stored(history):
    register, timelines = play(history)
    assert CanonicalRegister.from_json(register.to_json()) == register
    for timeline in timelines.values():
        assert Timeline.from_json(timeline.to_json()) == timeline


@given(doubtful, st.data())
def test_an_act_that_is_dated_anew_reads_as_if_it_had_been_known_so_at_first(history, data):
    """Its first date leaves nothing behind, and no other act goes with it."""
    edit = act(data.draw(seconds), "edit", NORTH, "dated anew")
    earlier = replace(edit, version=version(data.draw(seconds), "its true time"))
    known = [entry for entry in history if entry.version != edit.version]
    register, timelines = play([*known, edit])
    rest = forget(register, timelines.get(NORTH), NORTH, edit.version)
    routed = route(rest.register, rest.timeline, earlier)
    if routed.timeline is not None:
        timelines[NORTH] = routed.timeline
    assert said_by(routed.register, timelines) == reading([*known, earlier])


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
    value, _, standing = said_by(register, timelines)
    assert (value, standing) == reading(history)[::2]


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


def test_only_what_may_still_decide_is_kept():
    """Of each origin the newest before the horizon, of a timeline what stood there; and the new."""
    edits = [act(second, "edit", HUB, "hub") for second in range(4)]
    edits += [act(second, "edit", NORTH, "north") for second in range(4)]
    kept = CanonicalRegister(tuple(edits)).compact(START + timedelta(seconds=2)).entries
    left = {(entry.version.time.second, entry.store) for entry in kept}
    assert left == {(2, HUB), (2, NORTH), (3, HUB), (3, NORTH)}
    timeline = Timeline.of(
        [
            act(0, "edit", NORTH, "before"),
            act(1, "set", NORTH, "own"),
            act(2, "edit", NORTH, "moved"),
            act(3, "clear", NORTH),
            act(4, "edit", NORTH, "after"),
        ]
    )
    told = [
        [(entry.version.time.second, entry.op) for entry in timeline.compact(at).entries]
        for at in (START + timedelta(seconds=second) for second in (2, 3, 4))
    ]
    assert told[0] == [(0, "edit"), (2, "set"), (3, "clear"), (4, "edit")]
    assert told[1:] == [[(0, "edit"), (3, "clear"), (4, "edit")], [(3, "clear"), (4, "edit")]]


def test_a_held_value_is_moved_by_no_edit_and_keeps_each():
    held = replace(act(1, "set", NORTH, "held"), kind=OverrideKind.HELD)
    before, edit = act(0, "edit", NORTH, "before"), act(2, "edit", NORTH, "later")
    timeline = Timeline.of([before, held, edit, act(3, "clear", NORTH), act(4, "edit", NORTH, "x")])
    assert timeline.held() == (edit,)
    assert timeline.standing(edit.version.time) == held
    assert Timeline.of([act(1, "set", NORTH, "own"), edit]).held() == ()
    assert (timeline.newest.value, Timeline().newest) == ("x", None)


def test_a_timeline_begins_with_a_stores_first_override_only():
    register = CanonicalRegister((act(0, "edit", NORTH, "north"),))
    for plain in (act(1, "edit", HUB, "hub"), act(1, "edit", NORTH, "x")):
        assert route(register, None, plain).timeline is None
    begun = route(register, None, act(1, "set", NORTH, "own")).timeline
    assert [entry.op for entry in begun.entries] == ["edit", "set"]
    assert route(register, begun, act(2, "edit", HUB, "hub")).timeline == begun


def test_an_act_is_one_by_its_version_and_its_origin():
    edits = [Entry(version(1, "same"), "edit", store, "red") for store in (HUB, NORTH, ALPINE)]
    merged = CanonicalRegister().add(edits[2]).add(edits[0]).add(edits[1]).add(edits[1])
    assert merged.entries == tuple(edits)


@pytest.mark.parametrize("more", [{"store": NORTH}, {"kind": SET}])
def test_an_override_without_its_store_or_its_kind_is_none(more):
    with pytest.raises(ValueError, match="its store and its kind"):
        Entry(version(1, "own"), "set", **more)
