"""P20: a normal form that forgives more than the last one makes no edit, and writes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain import attributes, values
from catalogue.domain.attributes import attribute, fingerprint
from catalogue.domain.decide import decide_payload
from catalogue.domain.diff import difference
from catalogue.domain.journal import Leaf
from catalogue.domain.seen import Seen
from catalogue.enums import Verdict

TITLE = attribute("title")
FOLDED = replace(TITLE, normalise=lambda raw: str(values.text(raw)).casefold())
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
titles = st.lists(st.sampled_from(["Lamp", "LAMP", "lamp", "Desk", "desk"]), min_size=1, max_size=6)


def seen(number):
    at = START + timedelta(minutes=number)
    return Seen(at, at, at, f"d{number}")


def observed(shown):
    """What is stored of a store that showed these titles, one after the other."""
    leaf = None
    for number, title in enumerate(shown):
        leaf = decide_payload(leaf, title, attribute=TITLE, seen=seen(number)).leaf
    return leaf.to_json()


@given(titles)
def test_an_unchanged_store_is_neither_edited_nor_written_after_a_new_normal_form(shown):
    stored = observed(shown)
    assert Leaf.stored(stored, partial(fingerprint, TITLE)).to_json() == stored

    stored["form"] -= 1
    leaf = Leaf.stored(stored, partial(fingerprint, FOLDED))
    again = decide_payload(leaf, shown[-1], attribute=FOLDED, seen=seen(len(shown)))
    older = decide_payload(leaf, shown[0], attribute=FOLDED, seen=seen(0))

    assert (again.verdict, again.edits, older.edits) == (Verdict.SAME, (), ())
    assert Leaf.from_json(leaf.to_json()) == leaf


@given(titles)
def test_what_the_store_shows_is_not_written_for_its_new_form(shown):
    stored = {**observed(shown), "form": 0}
    known = dict(attributes.ATTRIBUTES)
    attributes.ATTRIBUTES["title"] = FOLDED
    try:
        leaf = Leaf.stored(stored, attributes.digest_of("title"))
        assert difference({(None, "title"): shown[-1]}, {(None, "title"): leaf}) == {}
    finally:
        attributes.ATTRIBUTES.update(known)
