"""Tags are a set: what several shops do to it at once all counts."""

import pytest

from catalogue.enums import ChangeFate
from catalogue.models import Change
from stores.services.pulls import enqueue_pull
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)


def tag(world, store, *tags):
    world.twin.edit(store.domain, world.listing(store).gid, {"tags": list(tags)})


def test_tags_that_two_shops_add_and_remove_at_once_all_count(world):
    stores = world.three(lamp(tags=["desk", "light"]))
    for store in stores:
        world.twin.settings(store.domain, hold=True)
    tag(world, stores[0], "desk", "light", "oak")
    tag(world, stores[1], "light", "sale")
    for store in reversed(stores):  # what was told last comes first
        world.twin.settings(store.domain, hold=False)
        world.twin.release(store.domain)
        world.work()
    assert [world.shown(store)["tags"] for store in stores] == [["light", "oak", "sale"]] * 3
    assert set(Change.objects.values_list("fate", flat=True)) == {ChangeFate.WON}
    world.assert_in_step()


def test_a_hub_that_sets_tags_replaces_them_and_search_texts_travel_both_ways(world):
    goods = lamp(tags=["desk", "light"])
    first, second = (world.connect(world.shop(name, goods)) for name in ("north", "alpine"))
    set_value(world, "tags", ["oak"])
    set_value(world, "seo_title", "A lamp for desks")
    assert [world.shown(store)["tags"] for store in (first, second)] == [["oak"]] * 2
    assert world.shown(second)["seo.title"] == "A lamp for desks"
    gid = world.listing(second).gid
    world.twin.edit(second.domain, gid, {"seo": {"title": "Lamp"}, "status": "DRAFT"})
    world.work()
    enqueue_pull(second, "reconcile")  # no webhook tells search texts
    world.work()
    assert world.shown(first)["seo.title"] == "Lamp"
    assert (world.product().value("status"), world.shown(first)["status"]) == ("DRAFT", "DRAFT")
    world.assert_in_step()
