"""Options and variants travel both ways, judged by the shops and the twin's own log."""

import pytest

from catalogue.domain.attributes import OPTION_NAMES, VALUE_ORDER
from catalogue.domain.shape import MOST_VARIANTS
from catalogue.enums import DeliveryFate, HeldState, IssueKind, IssueState
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, ChangeDelivery, HeldBatch, Issue, Override, Variant
from catalogue.services.parting import parts_of
from catalogue.services.releases import discard, release
from catalogue.services.second_thoughts import take_up
from stores.services.handlers import enqueue_pull
from stores.services.tokens import session_with
from stores.shopify.products import parse_product, read_product
from tests.journeys.conftest import APP, set_value
from tests.journeys.shaping import Hand, shape, shirt, size

pytestmark = pytest.mark.django_db(transaction=True)


def two(world, *products):
    given = products or (shirt(),)
    return [world.connect(world.shop(name, *given)) for name in ("north", "alpine")]


def deletions(world, store):
    return list(world.twin.log(shop=store.domain, kind="delete"))


def test_a_variant_that_is_added_in_one_store_is_created_in_the_other(world):
    first, second = two(world)
    hand = Hand(world, first)
    hand.add_variants(size("L"))
    assert shape(world.shown(second)) == (["Size"], ["S", "M", "L"])
    made = world.shown(second)["variants"][-1]
    assert (made["sku"], made["price"]) == ("SHIRT-L", "25.00")
    assert Variant.objects.count() == 3
    told = ChangeDelivery.objects.filter(store=second, change__variant__sku="SHIRT-L")
    assert set(told.values_list("fate", flat=True)) == {DeliveryFate.WRITTEN}
    assert all(row.sent_at < row.accepted_at for row in told)
    assert deletions(world, second) == []
    world.assert_in_step()


def test_a_lost_answer_to_a_creation_makes_no_second_variant(world):
    first, second = two(world)
    world.twin.settings(second.domain, cut_after_apply=1)
    Hand(world, first).add_variants(size("L"))
    assert shape(world.shown(second)) == (["Size"], ["S", "M", "L"])
    made = world.twin.log(shop=second.domain, kind="create")
    assert len([row for row in made if "ProductVariant" in row["resource"]]) == 3
    assert Variant.objects.count() == 3
    world.assert_in_step()


def test_options_and_their_values_are_renamed_without_losing_a_variant(world):
    first, second = two(world)
    before = [variant["id"] for variant in world.shown(second)["variants"]]
    hand = Hand(world, first)
    option = hand.product["options"][0]
    hand.do(
        "productOptionUpdate",
        productId=hand.product["id"],
        option={"id": option["id"], "name": "Width"},
        optionValuesToUpdate=[{"id": option["values"][0]["id"], "name": "Small"}],
    )
    assert shape(world.shown(second)) == (["Width"], ["Small", "M"])
    assert [variant["id"] for variant in world.shown(second)["variants"]] == before
    assert world.product().value(OPTION_NAMES) == ["Width"]
    world.assert_in_step()


def test_an_option_is_added_and_the_order_of_options_followed(world):
    first, second = two(world)
    hand = Hand(world, first)
    colour = {"name": "Colour", "values": [{"name": "Red"}], "position": 1}
    hand.do("productOptionsCreate", productId=hand.product["id"], options=[colour])
    assert shape(world.shown(first)) == (["Colour", "Size"], ["Red / S", "Red / M"])
    assert shape(world.shown(second)) == shape(world.shown(first))
    world.assert_in_step()


def test_variants_that_are_reordered_in_one_store_stand_so_in_the_other(world):
    first, second = two(world, shirt("S", "M", "L"))
    hand = Hand(world, first)
    last = hand.product["variants"][-1]["id"]
    positions = [{"id": last, "position": 1}]
    hand.do("productVariantsBulkReorder", productId=hand.product["id"], positions=positions)
    assert shape(world.shown(second))[1] == ["L", "S", "M"]
    assert [v.name for v in Variant.objects.order_by("position")] == ["L", "S", "M"]
    set_value(world, "variant_order", [str(v.pk) for v in Variant.objects.order_by("sku")])
    assert shape(world.shown(first))[1] == shape(world.shown(second))[1] == ["L", "M", "S"]
    world.assert_in_step()


def test_a_variant_that_is_gone_is_one_issue_and_stays_everywhere_else(world):
    first, second = two(world, shirt("S", "M", "L"))
    hand = Hand(world, first)
    hand.remove_variants(hand.product["variants"][0]["id"])
    assert shape(world.shown(second))[1] == ["S", "M", "L"]
    issue = Issue.objects.get()
    assert (issue.kind, issue.store, issue.state) == (
        IssueKind.VARIANT_GONE,
        first,
        IssueState.OPEN,
    )
    set_value(world, "vendor", "Nord")
    assert shape(world.shown(first))[1] == ["M", "L"]
    assert deletions(world, second) == []
    world.assert_in_step()


def long_shirt(count):
    return shirt(*(f"{number:04d}" for number in range(count)))


def test_c8_c14_payloads_cut_at_100_and_answers_that_show_100_remove_and_lose_nothing(world):
    """C8, C14: of 105 variants, the last is edited, another comes, an option is renamed."""
    first, second = two(world, long_shirt(105))
    hand = Hand(world, first)
    last = hand.product["variants"][-1]["id"]
    values = {"variants": [{"id": last, "price": "99.00"}]}
    world.twin.edit(first.domain, hand.product["id"], values)
    world.work()
    assert world.shown(second)["variants"][-1]["price"] == "99.00"
    hand.add_variants(size("XXL"))
    option = {"id": hand.product["options"][0]["id"], "name": "Width"}
    hand.do("productOptionUpdate", productId=hand.product["id"], option=option)
    names, titles = shape(world.shown(second))
    assert (names, len(titles), titles[-1]) == (["Width"], 106, "XXL")
    assert [deletions(world, store) for store in (first, second)] == [[], []]
    assert len(world.app_writes(second, "price")) == 1
    assert [c.new for c in Change.objects.filter(attribute="price", variant__sku="SHIRT-0104")] == [
        "99.00"
    ]
    assert not Issue.objects.exists()
    world.assert_in_step()


def test_c14_a_product_of_2048_variants_is_read_to_its_end(world):
    """C14: every page of it, at the bound of what Shopify allows."""
    domain = world.shop("north", long_shirt(MOST_VARIANTS))
    session = session_with(domain, world.twin.install(domain, APP))
    (product,) = world.twin.state(domain)["products"]
    read = parse_product(read_product(session, product["id"]).body["product"])
    assert read.complete
    assert [v.gid for v in read.variants] == [v["id"] for v in product["variants"]]
    assert len(read.variants) == MOST_VARIANTS


def held():
    batch = HeldBatch.objects.get(state=HeldState.HELD)
    assert "below 0.01" in batch.words
    return batch


def test_a_new_variant_that_the_gates_object_to_stays_in_its_store_until_it_is_released(world):
    """A price of 0.00 does not spread by being born; what was not looked at is not released."""
    first, second = two(world)
    hand = Hand(world, first)
    hand.add_variants(size("L", price="0.00"), size("XL"))
    assert shape(world.shown(second)) == (["Size"], ["S", "M", "XL"])
    assert (Variant.objects.count(), HeldBatch.objects.count()) == (3, 1)
    large = next(v for v in world.shown(first)["variants"] if v["title"] == "L")
    fixed = [{"id": large["id"], "price": "24.00"}]
    hand.do("productVariantsBulkUpdate", productId=hand.product["id"], variants=fixed)
    assert HeldBatch.objects.count() == 1
    with pytest.raises(NotAllowedNowError, match="look at it again"):
        release(held().pk, by="ada", reason="It is a gift.")
    assert "24.00" in [one["after"] for one in held().samples]
    done = release(held().pk, by="ada", reason="It has a price now.")
    world.work()
    assert (done.applied > 0, done.dropped) == (True, [])
    made = next(v for v in world.shown(second)["variants"] if v["title"] == "L")
    assert (made["sku"], made["price"]) == ("SHIRT-L", "24.00")
    assert Variant.objects.count() == 4
    told = Change.objects.filter(variant__sku="SHIRT-L", attribute="price").get()
    assert "released by ada: It has a price now." in told.reason
    world.assert_in_step()


def test_held_variants_are_decided_about_one_by_one(world):
    first, second = two(world)
    hand = Hand(world, first)
    hand.add_variants(*(size(name, price="0.00") for name in ("L", "XL", "XXL")))
    assert "set 3 times" in held().words
    keys = {part.words.partition(" ")[0]: part.key for part in parts_of(held())}
    done = release(held().pk, by="ada", reason="A gift.", only=[keys["L"]])
    world.work()
    assert (done.state, "set once" in done.words, "set 2 times" in held().words) == (
        HeldState.RELEASED,
        True,
        True,
    )
    assert shape(world.shown(second)) == (["Size"], ["S", "M", "L"])
    discard(held().pk, by="ada", reason="A mistake.", only=[keys["XL"], "of somebody else"])
    assert [part.key for part in parts_of(held())] == [keys["XXL"]]
    with pytest.raises(NotAllowedNowError, match="Choose at least one"):
        release(held().pk, by="ada", reason="A gift.", only=[keys["XL"]])
    release(held().pk, by="ada", reason="A gift.", only=[keys["XXL"]])
    world.work()
    assert shape(world.shown(second)) == (["Size"], ["S", "M", "L", "XXL"])
    world.assert_in_step()


def test_discarded_variants_can_be_taken_up_again_and_meet_the_gates_again(world):
    first, second = two(world)
    hand = Hand(world, first)
    hand.add_variants(size("L", price="0.00"))
    gone = discard(held().pk, by="ada", reason="A mistake.")
    large = next(v for v in world.shown(first)["variants"] if v["title"] == "L")
    take_up(gone.pk, by="ben")
    world.work()
    assert held().pk != gone.pk
    discard(held().pk, by="ada", reason="Still one.")
    fixed = [{"id": large["id"], "price": "24.00"}]
    hand.do("productVariantsBulkUpdate", productId=hand.product["id"], variants=fixed)
    take_up(gone.pk, by="ben")
    world.work()
    assert shape(world.shown(second)) == (["Size"], ["S", "M", "L"])
    with pytest.raises(NotAllowedNowError, match="None of them is there"):
        take_up(gone.pk, by="ben")
    world.assert_in_step()


def test_a_new_variant_that_is_discarded_is_its_stores_alone_for_good(world):
    first, second = two(world)
    hand = Hand(world, first)
    hand.add_variants(size("L", price="0.00"))
    discard(held().pk, by="ada", reason="A mistake.")
    set_value(world, "title", "Long shirt")
    hand.add_variants(size("XL"))
    assert shape(world.shown(first)) == (["Size"], ["S", "M", "L", "XL"])
    assert shape(world.shown(second)) == (["Size"], ["S", "M", "XL"])
    assert (Variant.objects.count(), HeldBatch.objects.count()) == (3, 1)
    world.assert_in_step()


def orders(shown):
    """Of each option its values, as shoppers see them."""
    return [[value["name"] for value in option["values"]] for option in shown["options"]]


def put_in_order(hand, *lists):
    """A merchant drags the values of options."""
    options = [
        {"id": option["id"], "values": [{"name": name} for name in names]}
        for option, names in zip(hand.product["options"], lists, strict=True)
    ]
    hand.do("productOptionsReorder", productId=hand.product["id"], options=options)


def test_the_order_of_option_values_goes_both_ways_and_comes_to_rest(world):
    stores = two(world, shirt("S", "M", "L"))
    first, second = stores
    assert world.product().value(VALUE_ORDER) == ["S | M | L"]
    put_in_order(Hand(world, first), ["L", "S", "M"])
    assert [orders(world.shown(store)) for store in stores] == [[["L", "S", "M"]]] * 2
    assert [shape(world.shown(store))[1] for store in stores] == [["L", "S", "M"]] * 2
    put_in_order(Hand(world, second), ["M", "L", "S"])
    assert [orders(world.shown(store)) for store in stores] == [[["M", "L", "S"]]] * 2
    writes = len(world.twin.log(kind="edit"))
    for store in stores:
        enqueue_pull(store, "reconcile")
    world.work()
    assert len(world.twin.log(kind="edit")) == writes
    set_value(world, VALUE_ORDER, "S | M | L")
    assert [orders(world.shown(store)) for store in stores] == [[["S", "M", "L"]]] * 2
    assert not Issue.objects.exists()
    world.assert_in_step()


def test_variants_and_values_are_ordered_apart(world):
    """Shopify sorts variants after their values; what was dragged by itself stays where it is."""
    first, second = two(world, shirt("S", "M", "L"))
    hand = Hand(world, first)
    gids = {v["title"]: v["id"] for v in hand.product["variants"]}
    places = [{"id": gids[name], "position": at} for at, name in enumerate(("M", "S", "L"), 1)]
    hand.do("productVariantsBulkReorder", productId=hand.product["id"], positions=places)
    assert (orders(world.shown(second)), shape(world.shown(second))[1]) == (
        [["S", "M", "L"]],
        ["M", "S", "L"],
    )
    set_value(world, VALUE_ORDER, ["L | M | S"])
    for store in (first, second):
        assert (orders(world.shown(store)), shape(world.shown(store))[1]) == (
            [["L", "M", "S"]],
            ["M", "S", "L"],
        )
    world.assert_in_step()


def test_values_that_come_go_or_get_another_name_reorder_nothing(world):
    first, second = two(world, shirt("S", "M", "L"))
    hand = Hand(world, first)
    put_in_order(hand, ["L", "M", "S"])
    writes = len(world.app_writes(second))
    option = hand.product["options"][0]
    small = next(v["id"] for v in option["values"] if v["name"] == "S")
    renamed = [{"id": small, "name": "Small"}]
    hand.do(
        "productOptionUpdate",
        productId=hand.product["id"],
        option={"id": option["id"]},
        optionValuesToUpdate=renamed,
    )
    hand.add_variants(size("XL"))
    assert orders(world.shown(second)) == [["L", "M", "Small", "XL"]]
    told = [c.attribute for c in Change.objects.filter(attribute=VALUE_ORDER)]
    assert len(told) == 1
    assert len(world.app_writes(second)) > writes
    world.assert_in_step()


def test_a_store_that_had_another_order_when_it_was_connected_keeps_it(world):
    first = world.connect(world.shop("north", shirt("S", "M", "L")))
    second = world.connect(world.shop("alpine", shirt("L", "M", "S")))
    assert orders(world.shown(second)) == [["L", "M", "S"]]
    put_in_order(Hand(world, first), ["M", "S", "L"])
    assert orders(world.shown(second)) == [["L", "M", "S"]]
    assert Override.objects.get(attribute=VALUE_ORDER).store == second
    world.assert_in_step()
