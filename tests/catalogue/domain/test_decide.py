"""The table of cases: what an incoming value is, given what is known of its attribute."""

from datetime import UTC, datetime, timedelta

import pytest

from catalogue.domain.attributes import attribute, fingerprint
from catalogue.domain.decide import Verdict, absorb_leaf, decide_payload, outcome
from catalogue.domain.journal import Leaf
from catalogue.domain.seen import ReadSeen, Seen, UnknownWrite, Written
from catalogue.domain.version import Version
from catalogue.enums import Via

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
TITLE = attribute("title")


def at(second):
    return START + timedelta(seconds=second)


def hook(leaf, value, second, *, name=None, received=None, declared=TITLE):
    """A delivery triggered at that second, received a little later unless told."""
    came = at(second if received is None else received) + timedelta(milliseconds=400)
    seen = Seen(at(int(second)), at(second), came, name or f"d{second}")
    return decide_payload(leaf, value, attribute=declared, seen=seen)


def answer(leaf, value, second, *, sent=None, declared=TITLE):
    """What a call showed: the answer of a write where `sent` is told, else a read."""
    version = Version(at(second - 1), 2, f"edit{second}")
    written = Written(sent, version, at(second)) if sent else None
    read = ReadSeen(at(second), at(second), at(second + 0.1), f"c{second}")
    return absorb_leaf(leaf, value, attribute=declared, read=read, written=written)


@pytest.fixture
def known():
    """Seen as O at second 0, then written X by us at second 10."""
    first = hook(None, "O", 0).leaf
    return answer(first, "X", 10, sent="X").leaf


def edits(decision):
    return [edit.value for edit in decision.edits]


def test_the_first_sight_of_an_attribute_is_no_edit():
    decision = hook(None, "O", 0)
    assert (decision.verdict, decision.edits, decision.leaf.value) == (Verdict.SAME, (), "O")


def test_the_first_sight_by_a_call_is_no_edit_either():
    for sent in (None, "O"):
        decision = answer(None, "O", 3, sent=sent)
        assert (decision.verdict, decision.edits) == (Verdict.SAME, ())
        assert (decision.leaf.value, decision.leaf.as_of) == ("O", at(3))
        assert [one.via for one in decision.leaf.sightings] == [Via.WRITE if sent else Via.READ]


def test_a_value_of_which_no_sighting_is_left_begins_anew():
    leaf = Leaf("O", fingerprint(TITLE, "O"))
    for value in ("O", "X"):
        for decision in (hook(leaf, value, 5), answer(leaf, value, 5, sent=value)):
            assert (decision.verdict, decision.edits) == (Verdict.SAME, ())
            assert (decision.leaf.value, decision.leaf.as_of) == (value, at(5))
    assert answer(leaf, "O", 5).leaf.as_of == at(5)


def test_what_is_older_than_all_that_is_known_is_stale_or_asks_for_a_read():
    leaf = hook(None, "O", 10).leaf
    for value, verdict in (("O", Verdict.STALE), ("Z", Verdict.NEEDS_READ)):
        decision = hook(leaf, value, 5, received=30)
        assert (decision.verdict, decision.edits, decision.leaf) == (verdict, (), leaf)
        assert decision.needs_read is (verdict is Verdict.NEEDS_READ)


def test_an_answer_of_ours_that_comes_after_newer_sightings_moves_nothing_and_is_noted(known):
    """We learn from it what we wrote; a read says how it ended."""
    newer = hook(known, "Y", 20).leaf
    decision = answer(newer, "W", 15, sent="W")
    assert (decision.verdict, decision.needs_read) == (Verdict.NEEDS_READ, True)
    assert (decision.edits, decision.leaf.value, decision.leaf.as_of) == ((), "Y", at(20))
    assert decision.leaf.written(at(15))


def test_our_own_write_coming_back_is_an_echo(known):
    decision = hook(known, "X", 10)
    assert (decision.verdict, decision.edits) == (Verdict.ECHO, ())


def test_a_new_value_is_an_edit_and_is_observed(known):
    decision = hook(known, "Y", 20)
    assert (decision.verdict, edits(decision), decision.leaf.value) == (Verdict.EDIT, ["Y"], "Y")
    assert (decision.edits[0].version.id, decision.edits[0].based_on) == ("d20", "X")


def test_the_old_body_of_a_retry_is_stale(known):
    decision = hook(known, "O", 5, received=30)
    assert (decision.verdict, decision.edits) == (Verdict.STALE, ())
    assert decision.leaf.value == "X"
    again = hook(decision.leaf, "O", 5, received=31)
    assert (again.verdict, again.leaf) == (Verdict.SAME, decision.leaf)


def test_an_edit_that_our_write_overwrote_is_kept_with_its_own_time(known):
    """F4: late and novel is an edit of its time; what the store shows does not move."""
    decision = hook(known, "Y", 7, received=30)
    assert (decision.verdict, edits(decision)) == (Verdict.EDIT, ["Y"])
    assert decision.edits[0].version.time == at(7)
    assert decision.leaf.value == "X"


def test_the_old_value_in_the_second_of_our_write_asks_for_a_read(known):
    decision = hook(known, "O", 10)
    assert decision.needs_read
    assert decision.edits == ()
    again = hook(decision.leaf, "O", 10)
    assert (again.verdict, again.needs_read) == (Verdict.SAME, False), "It has been asked."


def test_another_value_in_the_second_of_our_write_is_an_edit_and_a_read_says_which_was_last(known):
    decision = hook(known, "Q", 10)
    assert (decision.verdict, edits(decision), decision.needs_read) == (Verdict.EDIT, ["Q"], True)
    assert decision.leaf.value == "X"


def test_what_stands_already_told_again_in_its_second_is_the_same():
    assert hook(hook(None, "O", 0).leaf, "O", 0.5).verdict is Verdict.SAME


def test_a_delivery_that_comes_twice_edits_once(known):
    once = hook(known, "Y", 20)
    again = hook(once.leaf, "Y", 20)
    assert (again.edits, again.leaf) == ((), once.leaf)


def test_two_edits_that_arrive_reversed_both_stand_in_their_own_time(known):
    second = hook(known, "Y2", 22)
    first = hook(second.leaf, "Y1", 20, received=30)
    assert (edits(second), edits(first)) == (["Y2"], ["Y1"])
    assert first.edits[0].version < second.edits[0].version
    assert first.leaf.value == "Y2"


def test_what_an_answer_shows_and_we_did_not_write_is_an_edit(known):
    """F1: absorbing an answer blindly swallows a merchant's edit, then undoes it."""
    decision = answer(known, "Y", 20)
    assert edits(decision) == ["Y"]
    assert decision.edits[0].time_uncertain


def test_an_answer_older_than_what_is_known_never_moves_it_back(known):
    newer = hook(known, "Y", 20).leaf
    decision = answer(newer, "X", 12)
    assert (decision.edits, decision.leaf.value, decision.needs_read) == ((), "Y", True)


def test_an_exact_value_that_came_back_changed_is_a_foreign_edit(known):
    decision = answer(known, "Z", 30, sent="Y")
    assert (edits(decision), decision.leaf.value) == (["Z"], "Z")


@pytest.mark.parametrize(("certain", "saw"), [(True, "Y"), (False, "X")])
def test_a_value_that_was_surely_ours_was_seen_by_whoever_changed_it(known, certain, saw):
    """Of a write of which nobody heard, a read that shows another value says nothing."""
    read = ReadSeen(at(30), at(30), at(30.1), "c")
    ours = Written("Y", Version(at(29), 2, "ours"), at(30), certain)
    (edit,) = absorb_leaf(known, "Z", attribute=TITLE, read=read, written=ours).edits
    assert (edit.value, edit.based_on) == ("Z", saw)


def test_what_had_reached_us_before_we_planned_to_write_the_same_is_an_edit():
    """Its delivery waits undecided, or its answer comes first: either way it can't be our echo."""
    first = hook(None, "O", 0).leaf
    ours = answer(first, "X", 10, sent="X").leaf
    (edit,) = hook(ours, "X", 9).edits
    assert (edit.value, edit.based_on) == ("X", "O")
    assert edits(hook(ours, "X", 9.8)) == [], "this came while we wrote: it may be our echo"
    assert edits(hook(ours, "X", 9.5, received=9.65)) == [], "planned, and not answered yet"


def test_two_writes_in_a_second_of_a_clock_that_is_ahead_are_no_edits():
    """The store is 20 s ahead: its instants are compared with each other, never with ours."""
    leaf = hook(None, "O", 0).leaf
    other = ReadSeen(at(30), at(10.1), at(10.2), "the answer of another write")
    leaf = absorb_leaf(leaf, "O", attribute=TITLE, read=other).leaf
    ours = Written("X", Version(at(9), 2, "edit"), at(10.3))
    answered = ReadSeen(at(30), at(10.3), at(10.4), "c")
    leaf = absorb_leaf(leaf, "X", attribute=TITLE, read=answered, written=ours).leaf
    for value, triggered, received in (("O", 30.1, 10.5), ("X", 30.4, 10.6)):
        seen = Seen(at(30), at(triggered), at(received), f"d{triggered}")
        decision = decide_payload(leaf, value, attribute=TITLE, seen=seen)
        assert (edits(decision), decision.leaf.value) == ([], "X")
        leaf = decision.leaf
    assert edits(absorb_leaf(leaf, "X", attribute=TITLE, read=answered)) == []


def test_shopifys_rendering_of_a_description_is_what_we_wrote():
    """F13: else the same write would repeat for ever."""
    html = attribute("description")
    first = hook(None, "<p>old</p>", 0, declared=html).leaf
    decision = answer(first, "<p>a<br></p>\n", 10, sent="<p>a<br/></p>", declared=html)
    assert (decision.verdict, decision.edits) == (Verdict.SAME, ())


def test_what_we_sent_and_its_rendering_are_one_value_until_another_comes():
    html, sent, shown = attribute("description"), "<p>a &amp; b</p>", "<p>a & b</p>"
    first = hook(None, "<p>old</p>", 0, declared=html).leaf
    leaf = answer(first, shown, 10, sent=sent, declared=html).leaf
    assert (leaf.value, leaf.accepted_from) == (shown, fingerprint(html, sent))
    for value in (sent, shown):
        echo = hook(leaf, value, 12, declared=html)
        read = answer(leaf, value, 12, declared=html)
        assert [one.verdict for one in (echo, read)] == [Verdict.ECHO, Verdict.SAME]
        for later in (echo, read):
            assert (later.edits, later.leaf.value) == ((), shown)
            assert later.leaf.accepted_from == leaf.accepted_from
    assert hook(leaf, "<p>c</p>", 13, declared=html).leaf.accepted_from is None


def test_a_correction_of_our_value_is_later_than_it_though_our_clock_runs_fast():
    """F8: the merchant corrects at 20 what our fast clock dated 21."""
    first = hook(None, "O", 0).leaf
    ours = Version(at(21), 2, "edit")
    read = ReadSeen(at(19), at(19), at(19.2), "c")
    written = Written("X", ours, at(19))
    leaf = absorb_leaf(first, "X", attribute=TITLE, read=read, written=written).leaf
    (edit,) = hook(leaf, "Y", 20).edits
    assert edit.version > ours


def test_a_read_that_shows_what_was_told_last_stands_behind_all_that_was_told():
    leaf = hook(hook(hook(None, "O", 0).leaf, "X", 5.2).leaf, "Y", 5.6).leaf
    read = ReadSeen(at(5), at(9), at(9.1), "read")
    after = absorb_leaf(leaf, "Y", attribute=TITLE, read=read)
    assert (after.verdict, after.edits) == (Verdict.SAME, ())
    assert [after.leaf.value_of(run[0].hash) for run in after.leaf.runs()] == ["O", "X", "Y"]


def test_what_a_read_had_confirmed_was_set_again_where_another_value_is_told_of_before_it():
    leaf = answer(hook(None, "O", 0).leaf, "O", 10).leaf
    told = hook(leaf, "Y", 5, received=30)
    (edit, again) = told.edits
    assert (edit.value, edit.version.time, edit.bounds) == ("Y", at(5), None)
    assert (again.value, again.based_on, again.bounds) == ("O", "Y", (at(5), at(11)))
    assert told.leaf.value == "O"


def test_of_two_writes_that_may_have_landed_the_newer_one_has():
    sent = [UnknownWrite("X", at(1), Version(at(second), 2, f"{second}")) for second in (3, 1)]
    leaf = hook(None, "O", 0).leaf
    seen = Seen(at(5), at(5), at(5.2), "d")
    landed = decide_payload(leaf, "X", attribute=TITLE, seen=seen, unknown=sent)
    assert (landed.verdict, landed.edits) == (Verdict.ECHO, ())
    assert max(one.version for one in landed.leaf.sightings if one.version).time == at(3)


def test_an_edit_weeks_after_the_last_sighting_is_an_edit():
    week = 7 * 24 * 3600
    leaf = hook(None, "old", 0).leaf
    for weeks in (3, 6):
        decision = hook(leaf, f"new {weeks}", weeks * week)
        assert [edit.value for edit in decision.edits] == [f"new {weeks}"]
        leaf = decision.leaf


def test_a_delivery_is_called_by_the_weightiest_of_its_values():
    told = [Verdict.SAME, Verdict.NEEDS_READ]
    assert outcome(told) == outcome([]) == "nothing_to_do"
    for verdict, called in (("stale", "stale"), ("echo", "echo"), ("edit", "applied")):
        told = [*told, Verdict(verdict)]
        assert outcome(told) == called
