"""Shops that share stock: every number is right in the end, whatever the network does.

Fixed seeds; SIMULATION_RUNS=3000 looks harder.
"""

import os
from functools import cache

import pytest

from tests.properties.stock_world import ALL, Net, Rules, World

RUNS = int(os.environ.get("SIMULATION_RUNS", "60"))
NETS = {
    "calm": Net(),
    "late and doubled": Net(delay=8.0, late=0.2, double=0.3),
    "answers lost": Net(lost=0.2),
    "webhooks lost": Net(drop=0.15, lost=0.1),
    "flash": Net(shops=4, sales=60, span=10.0, lost=0.1, opening=100),
    "oversold": Net(opening=5, restocks=1, lost=0.1, buffers=(0, 3, 0)),
    "hub and hand": Net(hub_acts=6, copies=3, lost=0.1),
    "joining": Net(shops=4, joins=2, lost=0.1, double=0.2),
    "paused": Net(pauses=3, lost=0.1, delay=2.0),
    "owned": Net(owner=0, hub_acts=0, lost=0.1, double=0.2),
}
each_net = pytest.mark.parametrize("name", NETS)


@cache
def worlds(name):
    return [World(seed, NETS[name]).run() for seed in range(RUNS)]


@each_net
def test_every_store_shows_its_target_in_the_end(name):
    for seed, world in enumerate(worlds(name)):
        for member in world.members.values():
            shown = world.shops[member.shop].levels[member.variant].value
            assert shown == member.level.shows == member.standing.target(shown), (seed, member)


@each_net
def test_all_that_others_did_is_counted_exactly_once(name):
    for seed, world in enumerate(worlds(name)):
        for member in world.members.values():
            truth = world.shops[member.shop].levels[member.variant]
            assert member.counted + member.uncounted == truth.others, (seed, member, truth)


@each_net
def test_the_pool_is_the_sum_of_its_ledger_and_only_copies_are_not_counted(name):
    for seed, world in enumerate(worlds(name)):
        for pool in world.pools:
            assert pool.quantity == sum(pool.ledger), seed
        if not NETS[name].copies and NETS[name].owner is None:
            assert all(m.uncounted == 0 for m in world.members.values()), seed


def test_an_owned_pool_is_its_owners_level():
    for seed, world in enumerate(worlds("owned")):
        for variant, pool in enumerate(world.pools):
            assert pool.quantity == world.shops[0].levels[variant].value, seed


def wrong(rules, net):
    """The share of worlds in which something is not counted exactly once."""
    bad = 0
    for seed in range(40):
        world = World(seed, net, rules).run()
        bad += any(
            m.counted + m.uncounted != world.shops[m.shop].levels[m.variant].others
            for m in world.members.values()
        )
    return bad / 40


@pytest.mark.parametrize("rule", ["park", "know_own_pushes", "same_key"])
def test_without_this_rule_the_books_are_wrong(rule):
    net = Net(sales=12, span=8.0, lost=0.15, hub_acts=0)
    assert wrong(ALL, net) == 0
    assert wrong(Rules(**{rule: False}), net) > 0.1
