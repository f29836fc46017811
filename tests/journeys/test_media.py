"""Without a grant to write files, pictures stay as their shop has them, whatever is written."""

import pytest

from stores.services.pulls import enqueue_pull
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)


def pictures(world, store):
    return [(one["id"], one["alt"]) for one in world.shown(store)["media"]]


def test_c7_pictures_are_neither_doubled_nor_moved_nor_lost_by_syncing(world):
    """C7: images duplicate on each sync, their order is lost, variants lose theirs."""
    stores = [world.connect(world.shop(name, lamp())) for name in ("north", "alpine")]
    for store in stores:
        for name in ("front", "side"):
            picture = {"originalSource": f"https://pictures.example/{name}.jpg", "alt": name}
            world.twin.add_media(
                store.domain, world.listing(store).gid, {**picture, "contentType": "IMAGE"}
            )
    world.work()
    before = [pictures(world, store) for store in stores]
    assert [[alt for _, alt in shown] for shown in before] == [["front", "side"]] * 2
    variant = world.product().variants.get().pk
    set_value(world, "title", "Tall lamp")
    set_value(world, "price", "25.00", variant_id=variant)
    for store in stores:
        enqueue_pull(store, "reconcile")
    world.work()
    assert [pictures(world, store) for store in stores] == before
    for store in stores:
        assert {row["attribute"] for row in world.app_writes(store)} == {"title", "price"}
        created = world.twin.log(shop=store.domain, kind="create")
        assert not [row for row in created if row["by"] == "app"]
