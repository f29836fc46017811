"""Knobs are declared in one place; whatever is not is refused in words, and nothing is turned."""

import pytest

from stores.twin.knobs import Knobs, Settings, described, turn


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"gravity": 1}, "There is no knob gravity"),
        ({"drop": 1.1}, "drop is from 0 to 1, not 1.1"),
        ({"drop": "often"}, "drop takes a number"),
        ({"delay": 86_401}, "delay is from 0 to 86400"),
        ({"outage": 1}, "outage takes true or false"),
        ({"cut_after_apply": True}, "cut_after_apply takes a whole number"),
        ({"cut_after_apply": -1}, "from 0 to"),
        ({"topics": {"products/update": {"latency": 1}}}, "There is no knob latency"),
        ({"topics": {"products/update": {"drop": 2}}}, "drop is from 0 to 1"),
        ({"serves": "2027-01\r\nX: 1"}, "serves takes plain letters"),
        ({"dead_refresh": "200 fine"}, "dead_refresh is one of"),
        ({"rogues": [{"attribute": "mood", "value": "", "every": 1}]}, "has the attribute 'mood'"),
        ({"rogues": [{"attribute": "title", "every": 1}]}, "A rogue needs value"),
        ({"rogues": [{"attribute": "title", "value": "", "every": 0}]}, "every is from 0.1"),
        ({"faults": [{"kind": "418"}]}, "There is no fault '418'"),
        ({"faults": [{"kind": "429", "mood": 1}]}, "A fault has no mood"),
        ({"faults": [{"kind": "429", "probability": 7}]}, "probability is from 0 to 1"),
        ({"faults": [{"kind": "429", "at": "home"}]}, "at one of graphql, token, any"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_turned(values, said):
    knobs = Knobs()
    with pytest.raises(ValueError, match=said):
        turn(knobs, {"duplicate": 0.5, **values})
    assert knobs == Knobs()


def test_right_values_are_taken_and_empty_ones_where_they_may_be():
    knobs = Knobs()
    turn(knobs, {"latency": 2, "drop": 1, "topics": {"products/update": {"drop": 0.5}}})
    assert (knobs.latency, knobs.drop) == (2.0, 1.0)
    assert knobs.topics == {"products/update": {"drop": 0.5}}
    turn(knobs, {"latency": None})
    assert knobs.latency is None


def test_every_knob_says_what_it_means_and_its_default_is_within_its_bounds():
    for of in (Knobs(), Settings()):
        for knob in described(of):
            assert knob["says"], knob
            turn(of, {knob["name"]: knob["value"]})
