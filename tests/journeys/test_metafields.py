"""Metafields travel both ways, compared by digests, judged by the shops and the twin's log."""

import json

import pytest

from catalogue.domain.gates import Objection
from catalogue.enums import Owner, Source
from catalogue.models import Change, ChangeDelivery, HeldBatch, Issue, Override
from catalogue.services.edit import SetValue, edit
from catalogue.services.metafields import declare
from catalogue.services.releases import release
from stores.services.pulls import enqueue_pull
from syncqueue.enums import JobState
from syncqueue.models import Attempt, Job
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "single_line_text_field"
FABRIC = "metafield:custom.fabric"


def put(world, store, value, *, key="fabric", kind=TEXT, owner=None, namespace="custom"):
    """A merchant sets a metafield in the shop's admin."""
    owner = owner or world.listing(store).gid
    given = {"ownerId": owner, "namespace": namespace, "key": key, "type": kind, "value": value}
    world.twin.set_metafields(store.domain, given)


def fields(shown):
    return {one["key"]: one["value"] for one in shown["metafields"]}


def in_step(world, *keys, kind=TEXT, owner=Owner.PRODUCT):
    for key in keys:
        declare(world.workspace.pk, owner, "custom", key, kind, by="ada")
    world.work()


def two(world, *goods):
    return [world.connect(world.shop(name, *(goods or (lamp(),)))) for name in ("north", "alpine")]


def test_a_metafield_travels_both_ways_by_comparing_and_is_missed_where_it_was_deleted(world):
    first, second = two(world)
    in_step(world, "fabric")
    in_step(world, "spec", kind="json")
    put(world, first, "wool")
    put(world, first, '{"b": 1.50, "a": [1, 2]}', key="spec", kind="json")
    world.work()
    shown = fields(world.shown(second))
    assert (shown["fabric"], json.loads(shown["spec"])) == ("wool", {"a": [1, 2], "b": 1.5})
    assert {attempt.outcome for attempt in Attempt.objects.filter(guard="cas")} == {"succeeded"}
    put(world, second, "linen")
    world.work()
    assert fields(world.shown(first))["fabric"] == "linen"
    before = [len(world.app_writes(store)) for store in (first, second)]
    assert before == [1, 2]
    for store in (first, second):
        enqueue_pull(store, "reconcile")  # JSON that Shopify spells otherwise is not written again
    world.work()
    assert [len(world.app_writes(store)) for store in (first, second)] == before
    place = {"ownerId": world.listing(first).gid, "namespace": "custom", "key": "fabric"}
    world.twin.delete_metafields(first.domain, place)
    world.work()
    assert set(fields(world.shown(second))) == {"spec"}
    assert world.product().value(FABRIC) is None
    world.assert_in_step()


def test_declaring_fills_gaps_keeps_own_values_and_leaves_the_undeclared_alone(world):
    """C10: values that nobody mapped are cleared by the sync."""
    stores = world.three()
    put(world, stores[0], "wool")
    put(world, stores[0], "hidden", key="secret")
    put(world, stores[1], "silk")
    world.work()
    in_step(world, "fabric")
    set_value(world, "title", "Tall lamp")
    shown = [fields(world.shown(store)) for store in stores]
    assert shown[0] == {"fabric": "wool", "secret": "hidden"}
    assert shown[1:] == [{"fabric": "silk"}, {"fabric": "wool"}]
    assert Override.objects.get().store == stores[1]
    assert Issue.objects.count() == 0
    change = Change.objects.get(attribute=FABRIC, scope="canonical")
    assert (change.store, change.source, change.fate) == (stores[0], "reconcile", "won")
    fates = {row.store: row.fate for row in ChangeDelivery.objects.filter(change=change)}
    assert fates == {stores[0]: "origin", stores[1]: "override", stores[2]: "written"}
    world.assert_in_step()


def test_the_hub_sets_and_clears_metafields_of_products_and_variants_answers_lost_or_not(world):
    """C11: a value can't be cleared."""
    first, second = two(world)
    in_step(world, "fabric")
    in_step(world, "pack", kind="number_integer", owner=Owner.VARIANT)
    variant = world.product().variants.get().pk
    world.twin.settings(first.domain, cut_after_apply=1)
    set_value(world, FABRIC, "wool")
    set_value(world, "variant_metafield:custom.pack", "07", variant_id=variant)
    for store in (first, second):
        assert fields(world.shown(store)) == {"fabric": "wool"}
        assert fields(world.shown(store)["variants"][0]) == {"pack": "7"}
        assert len(world.app_writes(store)) == 2
    assert Attempt.objects.filter(outcome="unknown").count() == 1
    set_value(world, FABRIC, None)
    assert [fields(world.shown(store)) for store in (first, second)] == [{}, {}]
    deleting = Attempt.objects.filter(call__request__op="delete_metafields")
    assert {attempt.guard for attempt in deleting} == {"check"}
    assert Change.objects.count() == 3
    world.assert_in_step()


def test_a_metafield_that_moves_between_our_read_and_our_write_is_not_overwritten(world):
    first, second = two(world)
    in_step(world, "fabric")
    set_value(world, FABRIC, "wool")
    world.twin.settings(first.domain, hold=True)
    put(world, first, "linen")  # nobody has heard of it when the hub writes
    wish = SetValue(product_id=world.product().pk, attribute=FABRIC, value="silk")
    edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")
    world.work()
    assert {row.new["value"] for row in Change.objects.all()} >= {"linen", "silk"}
    world.twin.settings(first.domain, hold=False)
    world.twin.release(first.domain)
    world.work()
    shown = {fields(world.shown(store))["fabric"] for store in (first, second)}
    assert shown == {world.product().value(FABRIC)["value"]}
    world.assert_in_step()


def test_more_metafields_than_one_call_takes_are_written_in_two_beside_a_title(world):
    first, second = two(world)
    keys = [f"k{number:02}" for number in range(27)]
    in_step(world, *keys)
    wishes = [
        SetValue(product_id=world.product().pk, attribute=f"metafield:custom.{key}", value=key)
        for key in keys
    ]
    wishes.append(SetValue(product_id=world.product().pk, attribute="title", value="Tall lamp"))
    stale = {"kind": "user_errors", "code": "STALE_OBJECT", "operation": "MetafieldsSet"}
    world.twin.settings(first.domain, faults=[{**stale, "count": 1}])  # moved after our read
    edit(workspace_id=world.workspace.pk, wishes=wishes, source=Source.MANUAL, actor="ada")
    world.work()
    for store in (first, second):
        assert fields(world.shown(store)) == {key: key for key in keys}
        assert world.shown(store)["title"] == "Tall lamp"
    done = Job.objects.filter(channel=second.channel_id, payload__changes__0__isnull=False)
    assert set(done.values_list("state", "attempts")) == {(JobState.SUCCEEDED, 0)}
    assert Attempt.objects.filter(guard="cas").count() == 5
    world.assert_in_step()


def test_a_store_whose_metafield_has_another_type_gets_one_issue_and_is_left_alone(world):
    goods = (lamp(), lamp("Vase", sku="VASE-1"))
    first, second = two(world, *goods)
    for product in world.twin.state(second.domain)["products"]:
        put(world, second, "7", kind="number_integer", owner=product["id"])
    world.work()
    in_step(world, "fabric")
    for product in world.twin.state(first.domain)["products"]:
        put(world, first, "wool", owner=product["id"])
    world.work()
    issue = Issue.objects.get()
    assert (issue.store, "number_integer" in issue.reason) == (second, True)
    assert world.app_writes(second) == []
    for product in world.twin.state(second.domain)["products"]:
        place = {"ownerId": product["id"], "namespace": "custom", "key": "fabric"}
        world.twin.delete_metafields(second.domain, place)
    world.work()
    enqueue_pull(second, "reconcile")
    world.work()
    issue.refresh_from_db()
    assert (issue.state, issue.closed_reason) == (
        "closed",
        "A walk through the store met it no more.",
    )


def no_wool(batch):
    """A check of an installation's own."""
    places = tuple(n for n, move in enumerate(batch.moves) if "wool" in str(move.after))
    return [Objection("Wool is sold nowhere else.", places)] if places else []


def test_what_a_declared_metafield_would_fill_in_is_judged_at_the_gates(world, settings):
    settings.GATES = [*settings.GATES, "tests.journeys.test_metafields.no_wool"]
    first, second = two(world)
    put(world, first, "wool")
    world.work()
    in_step(world, "fabric")
    held = HeldBatch.objects.get()
    assert (held.store, held.reasons) == (first, ["Wool is sold nowhere else."])
    assert world.app_writes(second) == []
    release(held.pk, by="ada", reason="It may be sold.")
    world.work()
    assert fields(world.shown(second))["fabric"] == "wool"
