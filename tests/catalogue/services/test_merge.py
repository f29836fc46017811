"""What the ledger says of one act taken into the registers: its fate, what stood, and why."""

from datetime import timedelta
from uuid import uuid4

import pytest

from catalogue.domain.collision import Basis
from catalogue.domain.registers import Entry
from catalogue.domain.version import Version
from catalogue.enums import ChangeFate, ChangeScope, OverrideKind, Source
from catalogue.models import Product, Variant
from catalogue.services.merge import Act, correct, merge
from tests.catalogue.make import START

NOW = START + timedelta(minutes=30)
STORE = 7
KEY = (None, "title")
CANONICAL, OVERRIDE = ChangeScope.CANONICAL, ChangeScope.OVERRIDE
WON, LOST, HELD = ChangeFate.WON, ChangeFate.LOST, ChangeFate.HELD
LATEST = "The latest edit of this attribute; it goes to every store."
LATER = "A later edit of the same attribute had already been accepted."
OWN = "The store keeps its own value of this attribute."


def at(minute):
    return START + timedelta(minutes=minute)


def entry(minute, value, op="edit", *, store=STORE, kind=None, bounds=None):
    source = Source.MANUAL if store is None or op != "edit" else Source.SYNC
    version = Version.of(at(minute), source, f"at {minute}")
    bounds = tuple(map(at, bounds)) if bounds else None
    return Entry(version, op, store, value, kind, bounds)


def hub(minute, value):
    return entry(minute, value, store=None)


def own(minute, value, kind=OverrideKind.PINNED):
    return entry(minute, value, "set", kind=kind)


def clear(minute):
    return entry(minute, None, "clear")


def told(*entries, **more):
    """The merge of the last of these acts, after the others."""
    product, override, done = Product(pk=1, workspace_id=1), None, None
    for one in entries:
        last = more if one is entries[-1] else {}
        source = Source.MANUAL if one.store is None else Source.SYNC
        act = Act(key=KEY, entry=one, source=source, cause_id=uuid4(), **last)
        done = merge(product, product, override, act, now=NOW)
        override = done.override or override
    return done


FIRST, SHOP = hub(0, "hub"), entry(2, "shop")
WAITING, UNSURE = own(1, "own", OverrideKind.HELD), entry(4, "x", bounds=(2, 4))
UNDER_ITS_OWN = "The store keeps its own value of this attribute, so the edit stays there."
FOUND = "The store already had its own value when it was connected; it is kept."
CLEARED = "The store's own value was cleared; it shows the canonical value again."
DOUBTFUL = "It may have been made while the store had its own value, so it is not spread."
WAITS = "This value is held for a person's decision; it was neither spread nor reverted."


@pytest.mark.parametrize(
    ("acts", "told_as", "reason"),
    [
        ([FIRST], (CANONICAL, WON, None, "hub"), LATEST),
        ([FIRST, SHOP], (CANONICAL, WON, "hub", "shop"), LATEST),
        ([SHOP, FIRST], (CANONICAL, LOST, "shop", "hub"), LATER),
        ([FIRST, own(1, "own")], (OVERRIDE, WON, "hub", "own"), OWN),
        ([FIRST, own(1, "own", OverrideKind.FOUND)], (OVERRIDE, WON, "hub", "own"), FOUND),
        ([FIRST, own(1, "own"), SHOP], (OVERRIDE, WON, "own", "shop"), UNDER_ITS_OWN),
        ([FIRST, own(1, "own"), clear(2)], (OVERRIDE, WON, "own", "hub"), CLEARED),
        ([FIRST, own(1, "own"), clear(2), own(3, "x")], (OVERRIDE, WON, "hub", "x"), OWN),
        ([FIRST, own(1, "own"), clear(2), entry(3, "x")], (CANONICAL, WON, "hub", "x"), LATEST),
        ([FIRST, own(1, "own"), entry(3, "x"), SHOP], (OVERRIDE, LOST, "x", "shop"), LATER),
        ([FIRST, WAITING, SHOP], (OVERRIDE, HELD, "own", "shop"), WAITS),
        ([FIRST, own(1, "own"), clear(3), UNSURE], (OVERRIDE, LOST, "hub", "x"), DOUBTFUL),
        ([FIRST, own(1, "own"), UNSURE], (OVERRIDE, WON, "own", "x"), UNDER_ITS_OWN),
        ([hub(5, "hub"), UNSURE], (CANONICAL, LOST, "hub", "x"), LATER),
    ],
)
def test_the_ledger_tells_of_each_act_what_became_of_it_and_why(acts, told_as, reason):
    (row,) = told(*acts).changes
    assert (row.scope, row.fate, row.old, row.new) == told_as
    assert row.reason == reason
    assert (row.version_id, row.edit_version) == (acts[-1].version.id, 2)
    assert not row.time_uncertain


@pytest.mark.parametrize(
    ("acts", "stood", "kinds"),
    [
        ([FIRST], "", ("", "")),
        ([FIRST, SHOP], "at 0", ("", "")),
        ([FIRST, own(1, "own")], "", ("", "pinned")),
        ([FIRST, own(1, "own", OverrideKind.FOUND), SHOP], "at 1", ("found", "pinned")),
        ([FIRST, own(1, "own"), clear(2)], "at 1", ("pinned", "")),
        ([FIRST, own(1, "own"), entry(3, "x"), SHOP], "at 3", ("pinned", "")),
    ],
)
def test_a_row_names_the_version_that_stood_and_the_kinds_of_a_stores_own_values(
    acts, stood, kinds
):
    (row,) = told(*acts).changes
    assert (row.stood_version, (row.old_kind, row.new_kind)) == (stood, kinds)


def test_where_a_late_override_takes_the_winner_away_the_one_before_it_is_told_too():
    late, again = told(FIRST, SHOP, own(1, "own")).changes
    assert (late.fate, late.scope) == (LOST, OVERRIDE)
    assert (again.fate, again.scope, again.old, again.new) == (WON, CANONICAL, "shop", "hub")
    assert (again.version_id, again.stood_version) == ("at 0", "at 2")
    assert again.reason.startswith("The value before it belonged to a store's override")


def test_an_act_dated_anew_leaves_its_place_to_what_came_after_its_true_time():
    told_late, between = entry(5, "shop"), hub(3, "hub")
    true, stands = told(between, told_late, SHOP, redates=told_late.version).changes
    assert (true.fate, true.old, true.new, true.stood_version) == (LOST, "hub", "shop", "at 3")
    assert (stands.fate, stands.old, stands.new) == (WON, "shop", "hub")
    assert stands.reason.startswith("The value before it was set earlier than was known")
    product = Product(pk=1, workspace_id=1)
    for one in (told_late, SHOP):
        redates = None if one is told_late else told_late.version
        act = Act(key=KEY, entry=one, source=Source.SYNC, cause_id=uuid4(), redates=redates)
        (row,) = merge(product, product, None, act, now=NOW).changes
    assert product.register("title").entries == (SHOP,)
    assert (row.fate, row.reason) == (WON, LATEST)


def test_a_row_carries_all_that_is_known_of_its_act():
    product, variant = Product(pk=1, workspace_id=3), Variant(pk=2)
    act = Act(
        key=(2, "price"),
        entry=own(1, "20.00"),
        source=Source.API,
        cause_id=uuid4(),
        actor="ada",
        delivery_id=5,
        time_uncertain=True,
        reason="Because.",
    )
    done = merge(product, variant, None, act, now=NOW)
    (row,) = done.changes
    assert (row.workspace_id, row.product, row.variant_id, row.attribute) == (
        3,
        product,
        2,
        "price",
    )
    assert (row.store_id, row.source, row.actor, row.reason) == (STORE, "api", "ada", "Because.")
    assert (row.version_time, row.delivery_id, row.cause_id) == (at(1), 5, act.cause_id)
    assert row.time_uncertain
    assert (done.override.product, done.override.leaf_key) == (product, (2, "price"))
    again = Act(key=act.key, entry=entry(2, "21.00"), source=Source.SYNC, cause_id=uuid4())
    assert merge(product, variant, done.override, again, now=NOW).override is done.override


def test_an_override_moves_only_where_a_store_has_one():
    assert told(FIRST).override is None
    assert told(FIRST, SHOP).override is None
    row = told(FIRST, own(1, "own"), SHOP).override
    assert (row.store_id, row.attribute, row.value, row.kind) == (STORE, "title", "shop", "pinned")


def test_an_act_collides_with_another_partys_value_that_its_author_had_not_seen():
    seen, unseen = Basis("hub"), Basis("before")
    assert told(FIRST, SHOP, basis=unseen).collided == FIRST
    assert told(FIRST, SHOP, basis=seen).collided is None
    assert told(FIRST, SHOP).collided is None
    assert told(SHOP, basis=unseen).collided is None
    assert told(FIRST, own(1, "own"), SHOP, basis=unseen).collided.value == "own"
    assert told(FIRST, WAITING, SHOP, basis=unseen).collided is None


def test_an_edit_of_which_its_store_has_no_say_moves_nothing_and_is_told():
    product = Product(pk=1, workspace_id=1)
    first = Act(key=KEY, entry=FIRST, source=Source.MANUAL, cause_id=uuid4())
    merge(product, product, None, first, now=NOW)
    act = Act(key=KEY, entry=SHOP, source=Source.SYNC, cause_id=uuid4(), reason="No say.")
    row = correct(product, product, act, LOST)
    assert (row.scope, row.fate, row.old, row.new) == (CANONICAL, LOST, "hub", "shop")
    assert (row.reason, row.stood_version, row.store_id) == ("No say.", "at 0", STORE)
    assert product.register("title").entries == (FIRST,)


def test_what_may_still_be_told_of_is_kept_for_two_days_and_an_hour():
    def kept(*hours):
        product = Product(pk=1, workspace_id=1)
        for number in hours:
            one = hub(-number * 60, f"{number}")
            act = Act(key=KEY, entry=one, source=Source.MANUAL, cause_id=uuid4())
            merge(product, product, None, act, now=START)
        return [one.value for one in product.register("title").entries]

    assert kept(48.9, 48.8, 1) == ["48.9", "48.8", "1"]
    assert kept(49.2, 49.1, 1) == ["49.1", "1"]
