"""A hub and three shops over a bad network: they agree in the end, and nothing is lost or leaks.

Fixed seeds; SIMULATION_RUNS=3000 looks harder.
"""

import os
from functools import cache

import pytest

from catalogue.domain.attributes import attribute, renders
from tests.properties.simulation import LEAVES, Net, World, bare

RUNS = int(os.environ.get("SIMULATION_RUNS", "40"))
NETS = {
    "calm": Net(),
    "late and doubled": Net(delay=8.0, late=0.2, double=0.3),
    "answers lost": Net(lost=0.2),
    "writes landing after they were given up": Net(ghost=0.2),
    "webhooks lost": Net(drop=0.15),
    "a hub whose clock is fast": Net(skew=3.0, lost=0.1),
}
each_net = pytest.mark.parametrize("name", NETS)


@cache
def worlds(name):
    return [World(seed, NETS[name]).run() for seed in range(RUNS)]


@each_net
def test_every_shop_shows_its_effective_value_in_the_end(name):
    for seed, world in enumerate(worlds(name)):
        for store, shop in enumerate(world.shops):
            for leaf in LEAVES:
                wanted = world.effective(store, leaf)
                shown = shop.values[leaf]
                assert renders(attribute(leaf), wanted.value, shown), (seed, store, leaf, shown)


@each_net
def test_every_edit_that_was_told_stands_in_the_ledger(name):
    for seed, world in enumerate(worlds(name)):
        recorded = {(row.store, row.leaf, row.value) for row in world.ledger.values()}
        for edit in world.true_edits:
            # going back to a value that stood before may be told by no difference at all
            if edit.delivered and edit.value.startswith(f"s{edit.store}."):
                assert (edit.store, edit.leaf, edit.value) in recorded, (seed, edit)


@each_net
def test_nothing_leaks_out_of_an_override(name):
    for seed, world in enumerate(worlds(name)):
        edited = {edit.value: edit.store for edit in world.true_edits if edit.value[0] == "s"}
        for leaf in LEAVES:
            spreadable = {bare(entry.value) for entry in world.truth[leaf].entries}
            strangers = {
                (store, value)
                for store, written_leaf, value in world.written
                if written_leaf == leaf and edited.get(value, store) != store
            }
            assert {value for _, value in strangers} <= spreadable, (seed, leaf, strangers)


def test_on_a_calm_net_the_latest_true_edit_wins():
    for seed, world in enumerate(worlds("calm")):
        for leaf in LEAVES:
            won, latest = world.registers[leaf].winner, world.truth[leaf].winner
            assert bare(won.value) == bare(latest.value), (seed, leaf)


def test_writes_are_bounded_by_what_people_did():
    for seed, world in enumerate(worlds("calm")):
        acts = len(world.true_edits) + world.net.hub_edits + world.net.overrides
        assert world.writes <= acts * (len(world.shops) + 1), seed
