"""`docs/twin.md` tells of every door, knob, fault and option, and of nothing else."""

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from stores.twin.__main__ import arguments
from stores.twin.control import DOORS
from stores.twin.faults import KINDS
from stores.twin.knobs import Knobs, Settings

TEXT = (Path(__file__).parents[2] / "docs" / "twin.md").read_text("utf-8")
CODE = re.findall(r"`([^`\n]+)`", TEXT)
PLACE = "POST shops/{shop}/locations/{place}"
# What hangs on a location is told by its ends.
TOLD = {*CODE, *(f"{PLACE}{end}" for end in CODE if end.startswith("/") and "_" not in end)}


@pytest.mark.parametrize("name", sorted(DOORS))
def test_every_door_is_told(name):
    assert name in TOLD


def test_no_door_is_told_that_there_is_not():
    told = {name for name in CODE if re.match(r"(GET|POST) [a-z]", name)}
    assert {name for name in told if "?" not in name} <= set(DOORS)


def test_every_knob_fault_and_option_is_told():
    parser = argparse.ArgumentParser()
    arguments(parser)
    options = [each for action in parser._actions for each in action.option_strings[-1:]]
    knobs = [each.name for of in (Knobs, Settings) for each in fields(of)]
    wanted = {*knobs, *KINDS, *options} - {"--help"}
    assert sorted(name for name in wanted if f"`{name}" not in TEXT) == []
