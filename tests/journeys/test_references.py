"""Links between products lead to the same product in every store, or stay where they are."""

import json

import pytest

from catalogue.enums import DeliveryFate, NewProducts
from catalogue.models import (
    ChangeDelivery,
    Issue,
    Listing,
    NewProductPolicy,
    Override,
    Product,
)
from catalogue.services.offering import make_canonical
from tests.journeys.conftest import lamp
from tests.journeys.test_metafields import fields, in_step

pytestmark = pytest.mark.django_db(transaction=True)


def vase(title="Vase", sku="VASE-1"):
    return lamp(title, sku=sku)


def gid(world, domain, title):
    products = world.twin.state(domain)["products"]
    return next(one["id"] for one in products if one["title"] == title)


def pair(world, domain, title="Lamp"):
    products = world.twin.state(domain)["products"]
    return fields(next(one for one in products if one["title"] == title)).get("pair")


def link(world, domain, target, title="Lamp"):
    place = {"ownerId": gid(world, domain, title), "namespace": "custom", "key": "pair"}
    value = {"type": "product_reference", "value": gid(world, domain, target)}
    world.twin.set_metafields(domain, {**place, **value})


def test_links_that_two_shops_already_have_are_known_to_be_the_same(world):
    in_step(world, "pair", kind="product_reference")
    stores = []
    for name in ("north", "alpine"):
        domain = world.shop(name, lamp("Lamp"), vase())
        link(world, domain, "Vase")
        stores.append(world.connect(domain))
    canonical = Product.objects.get(title="Lamp").value("metafield:custom.pair")
    assert canonical["value"] == f"product:{Product.objects.get(title='Vase').pk}"
    assert Override.objects.count() == Issue.objects.count() == 0
    assert [world.app_writes(store) for store in stores] == [[], []]
    world.assert_in_step()


def test_a_link_leads_to_each_stores_own_product_and_is_never_copied(world):
    first = world.shop("north", lamp("Lamp"), vase(), vase("Bowl", "BOWL-1"))
    second = world.shop("alpine", lamp("Lamp"), vase(), vase("Own", "OWN-1"))
    stores = [world.connect(domain) for domain in (first, second)]
    in_step(world, "pair", kind="product_reference")
    link(world, second, "Vase")
    world.work()
    assert pair(world, first) == gid(world, first, "Vase")
    link(world, first, "Bowl")  # which the second store doesn't have
    world.work()
    assert pair(world, second) == gid(world, second, "Vase")
    told = ChangeDelivery.objects.latest("id")
    assert (told.store, told.fate) == (stores[1], DeliveryFate.HELD)
    assert "doesn't have" in told.reason
    assert Issue.objects.get().store == stores[1]
    link(world, second, "Own")  # which nobody else has
    world.work()
    assert pair(world, first) == gid(world, first, "Bowl")
    assert Override.objects.get().store == stores[1]
    assert Listing.objects.get(title="Own").product is None
    world.assert_in_step()


def test_what_a_person_makes_canonical_brings_its_links_and_those_that_lead_to_it(world):
    first = world.connect(world.shop("north", lamp("Lamp"), vase()))
    second = world.connect(world.shop("alpine", lamp("Lamp"), vase(), lamp("Shade", sku="SHADE")))
    in_step(world, "pair", kind="product_reference")
    in_step(world, "all", kind="list.product_reference")
    link(world, second.domain, "Shade")  # nobody else has it
    link(world, second.domain, "Vase", title="Shade")
    many = [gid(world, second.domain, title) for title in ("Vase", "Shade")]
    given = {"namespace": "custom", "key": "all", "type": "list.product_reference"}
    vases = gid(world, second.domain, "Vase")
    world.twin.set_metafields(second.domain, {"ownerId": vases, "value": json.dumps(many), **given})
    world.work()
    NewProductPolicy.objects.create(store=first, choice=NewProducts.CREATE)
    make_canonical(Listing.objects.get(title="Shade").pk, by="ada")
    world.work()
    shade = Product.objects.get(title="Shade")
    assert shade.value("metafield:custom.pair")["value"] == (
        f"product:{Product.objects.get(title='Vase').pk}"
    )
    assert pair(world, first.domain, "Shade") == gid(world, first.domain, "Vase")
    assert pair(world, second.domain, "Shade") == gid(world, second.domain, "Vase")
    world.assert_in_step()


def test_a_link_to_what_was_unknown_is_taken_over_once_it_is_known_and_goes_where_it_can(world):
    first = world.connect(world.shop("north", lamp("Lamp"), vase()))
    second = world.connect(world.shop("alpine", lamp("Lamp"), vase()))
    world.twin.create(first.domain, vase("Double"))
    world.work()
    link(world, first.domain, "Double")
    in_step(world, "pair", kind="product_reference")
    assert Issue.objects.filter(kind="metafield").exists()
    NewProductPolicy.objects.create(store=second, choice=NewProducts.CREATE)
    make_canonical(Listing.objects.get(title="Double").pk, by="ada")
    world.work()
    double = Product.objects.get(title="Double")
    found = Product.objects.get(title="Lamp").value("metafield:custom.pair")
    assert found["value"] == f"product:{double.pk}"
    assert pair(world, second.domain) == gid(world, second.domain, "Double")
    assert pair(world, first.domain) == gid(world, first.domain, "Double")
    world.assert_in_step()
