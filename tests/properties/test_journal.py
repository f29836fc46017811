"""P2: the same deliveries, in whatever order and how often they come, tell of the same edits."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.attributes import attribute
from catalogue.domain.decide import decide_payload
from catalogue.domain.journal import Leaf
from catalogue.domain.seen import Seen
from catalogue.domain.sighting import Sighting
from catalogue.domain.values import fingerprint
from catalogue.enums import Via

TITLE = attribute("title")
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = START + timedelta(hours=1)
moments = st.integers(1, 40).map(lambda tenths: START + timedelta(milliseconds=100 * tenths))
histories = st.lists(
    st.tuples(moments, st.sampled_from("OXYZ")), min_size=1, max_size=7, unique_by=lambda d: d[0]
)


def told(order):
    """What is known to have been set, and when, after all deliveries."""
    leaf, edits = Leaf.first("O", Sighting(START, START, fingerprint("O"), Via.HOOK)), {}
    for moment, value in order:
        second = moment.replace(microsecond=0)
        seen = Seen(second, moment, LATER, f"d{moment.isoformat()}")
        decision = decide_payload(leaf, value, attribute=TITLE, seen=seen)
        leaf = decision.leaf
        for edit in decision.edits:
            edits.pop(edit.redates, None)
            edits[edit.version] = edit.value
    return {(version.time, value) for version, value in edits.items()}


def truly(history):
    """A value is set where it first differs from what stood before; touches set nothing."""
    edits, stood = set(), "O"
    for moment, value in sorted(history):
        if value != stood:
            edits.add((moment, value))
        stood = value
    return edits


@given(histories, st.data())
def test_in_whatever_order_deliveries_come_the_same_edits_are_found_in_their_true_time(
    history, data
):
    order = data.draw(st.permutations(history))
    again = data.draw(st.lists(st.sampled_from(history), max_size=3))
    assert told([*order, *again]) == truly(history)


@given(
    st.lists(st.sampled_from("OXYZ"), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.floats(-100, 4000)), min_size=1, max_size=4),
)
def test_an_old_body_under_new_headers_tells_of_nothing_new(shown, replays):
    """P13: the signed body says its second; headers, which nobody signs, change no value."""
    leaf = Leaf.first("O", Sighting(START, START, fingerprint("O"), Via.HOOK))
    bodies = [(START + timedelta(seconds=n + 1), value) for n, value in enumerate(shown)]
    for second, value in bodies:
        seen = Seen(second, second, LATER, f"d{second.isoformat()}")
        leaf = decide_payload(leaf, value, attribute=TITLE, seen=seen).leaf
    for number, (chosen, off) in enumerate(replays):
        second, value = bodies[chosen % len(bodies)]
        forged = Seen(second, second + timedelta(seconds=off), LATER, f"forged{number}")
        decision = decide_payload(leaf, value, attribute=TITLE, seen=forged)
        assert [edit for edit in decision.edits if edit.redates is None] == []
        assert decision.leaf.value == shown[-1]
        leaf = decision.leaf
