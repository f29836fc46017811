"""Complaints of operators about overwriting, correcting and undoing, each played on the twin."""

from decimal import Decimal

import pytest
from django.utils import timezone

from catalogue.domain.pricing import PriceRule
from catalogue.enums import ChangeFate, ConflictState, IssueState, Ownership, Source
from catalogue.models import Change, Conflict, Issue, OwnershipPolicy, Variant
from catalogue.selectors.changes import Choice
from catalogue.services.comparing import queue_differences
from catalogue.services.decisions import follow_hub, make_override
from catalogue.services.edit import SetValue, edit
from catalogue.services.rollback import roll_back
from catalogue.services.terms import set_policy, set_rule
from syncqueue.models import Attempt
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def hub_sets(world, *wishes, source=Source.MANUAL):
    """Edit by the hub; each wish names its attribute, and a price its variant by itself."""
    product = world.product()
    variant = product.variants.get()
    made = [
        SetValue(
            product_id=product.pk,
            attribute=name,
            variant_id=variant.pk if name.endswith("price") else None,
            **more,
        )
        for name, more in wishes
    ]
    return edit(workspace_id=world.workspace.pk, wishes=made, source=source, actor="ada")


def shop_sets(world, store, **values):
    listing = world.listing(store)
    if "price" in values:
        gid = world.shown(store)["variants"][0]["id"]
        values = {"variants": [{"id": gid, **values}]}
    world.twin.edit(store.domain, listing.gid, values)


def price(world, store):
    return world.shown(store)["variants"][0]["price"]


def two(world, **more):
    first = world.connect(world.shop("north", lamp()))
    return first, world.connect(world.shop("alpine", lamp(), **more))


def test_c5_two_apps_that_correct_each_other_end_in_a_few_writes_and_one_issue(world):
    """P7: each app adds its suffix whenever it sees the title changed."""
    stores = two(world)
    suffixes = dict(zip((store.pk for store in stores), (" US", " UK"), strict=True))
    for _ in range(ROUNDS):
        for store in stores:
            title = world.shown(store)["title"]
            if not title.endswith(suffixes[store.pk]):
                shop_sets(world, store, title=title + suffixes[store.pk])
                world.work()
    writes = sum(len(world.app_writes(store, "title")) for store in stores)
    assert 1 < writes <= 6
    issue = Issue.objects.get()
    assert issue.state == IssueState.OPEN
    assert " times in " in issue.reason
    follow_hub(issue.pk, by="ada")
    world.work()
    assert world.shown(stores[0])["title"] == world.shown(stores[1])["title"]
    issue.refresh_from_db()
    assert issue.state == IssueState.CLOSED


def test_c19_an_app_that_rewrites_what_the_hub_owns_is_corrected_a_few_times_and_then_held(world):
    _, alpine = two(world)
    owner = world.workspace.pk
    set_policy(owner, "title", Ownership.HUB, by="ada", store_id=alpine.pk)
    world.work()
    for number in range(ROUNDS):
        shop_sets(world, alpine, title=f"Ours {number}")
        world.work()
    assert world.product().title == "Desk lamp"
    assert 1 < len(world.app_writes(alpine, "title")) <= 4
    assert "replaced our write within a minute" in Issue.objects.get().reason
    lost = Change.objects.filter(fate=ChangeFate.LOST, store=alpine)
    assert all(row.reason.startswith("The hub owns") for row in lost)


def test_c10_what_the_store_owns_is_never_written(world):
    north, alpine = two(world)
    set_policy(world.workspace.pk, "title", Ownership.STORE, by="ada", store_id=alpine.pk)
    hub_sets(world, ("title", {"value": "Tall lamp"}))
    shop_sets(world, alpine, title="Hafenlampe")
    world.work()
    assert (world.shown(north)["title"], world.shown(alpine)["title"]) == (
        "Tall lamp",
        "Hafenlampe",
    )
    assert world.app_writes(alpine) == []
    OwnershipPolicy.objects.update(ended_at=timezone.now())
    queue_differences(alpine, cause_id=OwnershipPolicy.objects.get().cause_id)
    world.work()
    assert world.shown(alpine)["title"] == "Hafenlampe"


def test_c11_a_value_can_be_emptied_for_all_or_for_one_and_followed_again(world):
    north, alpine = two(world)
    seen = []
    for wish in (
        {"value": "30.00"},
        {"value": None, "store_id": alpine.pk},
        {"store_id": alpine.pk, "clear": True},
        {"value": None},
    ):
        hub_sets(world, ("compare_at_price", wish))
        world.work()
        shown = [world.shown(store)["variants"][0] for store in (north, alpine)]
        seen.append([variant["compareAtPrice"] for variant in shown])
    assert seen == [["30.00", "30.00"], ["30.00", None], ["30.00", "30.00"], [None, None]]


def test_c12_c17_a_wrong_batch_of_prices_is_undone_but_for_what_moved_since(world):
    north, alpine = two(world)
    bad = hub_sets(
        world,
        ("price", {"value": "15.00"}),
        ("compare_at_price", {"value": "2.00"}),
        ("title", {"value": "Wrong"}),
        source=Source.IMPORT,
    )
    world.work()
    shop_sets(world, alpine, title="Corrected by hand")
    world.work()
    back = roll_back(world.workspace.pk, Choice(cause_id=bad.cause_id), by="ada")
    world.work()
    assert (back.restored, back.skipped) == (2, 1)
    for store in (north, alpine):
        variant = world.shown(store)["variants"][0]
        assert (variant["price"], variant["compareAtPrice"]) == ("20.00", None)
        assert world.shown(store)["title"] == "Corrected by hand"
    roll_back(world.workspace.pk, Choice(cause_id=back.cause_id), by="ada")
    world.work()
    assert price(world, north) == price(world, alpine) == "15.00"
    world.assert_in_step()


def test_c16_a_store_is_priced_by_a_pinned_rate_and_priced_anew_when_the_rate_changes(world):
    _, alpine = two(world, currency="EUR")
    for rate, expected in (("0.9", "17.99"), ("0.8", "15.99")):
        rule = PriceRule(
            attribute="price",
            currency="USD",
            since=timezone.now(),
            rate=Decimal(rate),
            step=Decimal(1),
            charm=Decimal("0.01"),
        )
        set_rule(alpine, "price", rule, by="ada")
        world.work()
        assert price(world, alpine) == expected
    hub_sets(world, ("price", {"value": "30.00"}))
    world.work()
    assert price(world, alpine) == "23.99"
    shop_sets(world, alpine, price="25.00")
    world.work()
    assert (price(world, alpine), Variant.objects.get().value("price")) == ("25.00", "30.00")
    world.assert_in_step()


def test_c18_an_edit_in_a_store_is_neither_ignored_nor_silently_reverted(world):
    """A price set in both places at once: guarded, told as a conflict, kept by choice."""
    north, alpine = two(world)
    world.twin.settings(alpine.domain, hold=True)
    shop_sets(world, alpine, price="31.00")
    hub_sets(world, ("price", {"value": "25.00"}))
    world.work()
    conflict = Conflict.objects.get()
    assert {conflict.winner, conflict.loser} == {"25.00", "31.00"}
    assert (conflict.ancestor, conflict.state) == ("20.00", ConflictState.OPEN)
    guarded = Attempt.objects.filter(job__channel=alpine.channel_id, guard="check")
    assert guarded.exists()
    world.twin.settings(alpine.domain, hold=False)
    world.twin.release(alpine.domain)
    world.work()
    make_override([conflict.pk], workspace_id=world.workspace.pk, by="ada")
    world.work()
    assert (price(world, north), price(world, alpine)) == ("25.00", "31.00")
    world.assert_in_step()


def test_what_shopify_renders_in_its_own_way_is_written_once(world):
    """P6: after the store has shown its rendering, comparing again writes nothing."""
    stores = two(world)
    hub_sets(
        world,
        ("description", {"value": "<p>Bright<br/>and &amp; warm</p>\n"}),
        ("tags", {"value": "zinc, Desk, desk,  light"}),
        ("price", {"value": "19"}),
    )
    world.work()
    writes = len(world.twin.log(kind="edit"))
    for store in stores:
        queue_differences(store, cause_id=Change.objects.latest("id").cause_id)
    world.work()
    assert len(world.twin.log(kind="edit")) == writes
    assert Change.objects.count() == 3
