"""Levels of stock for tests of the catalogue: followed, told by webhooks, read."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from catalogue.enums import JoinChoice, Source
from catalogue.models import StockMember, StockPool, Variant, VariantListing
from catalogue.services.stock import Doer, found_place
from catalogue.services.stock.ledger import Cause, move
from catalogue.services.stock.members import finish_joining, open_levels
from catalogue.services.stock.scene import lock_scene
from catalogue.services.stock.sharing import join_place
from catalogue.services.stock.sighting import take_read
from stores.models import Location
from stores.shopify.stock_types import LevelSnapshot
from tests.catalogue import make

ITEM, PLACE = 11, 70
LATER = make.START + timedelta(minutes=1)


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


def cause(source=Source.SYNC):
    return Cause(key=str(uuid4()), source=source, cause_id=uuid4())


def doer(shop, actor="ada"):
    return Doer(workspace_id=shop.workspace_id, source=Source.MANUAL, actor=actor)


def follow(shop, available, *, item=ITEM, place=PLACE):
    """A level with a pool of its own, as the first reading leaves it."""
    told = LevelSnapshot(gid("InventoryItem", item), gid("Location", place), available, make.START)
    variant = Variant.objects.get(listings__listing__store=shop)
    assert open_levels(shop, told.location, [(told, variant.pk)], cause())
    return StockMember.objects.get(store=shop, item_gid=told.item, location__gid=told.location)


def share(*shops, place="Central", choice=JoinChoice.TAKE_POOL):
    """Let the levels of shops share the stock of the first one; no call is needed where they do."""
    first, *others = [Location.objects.get(store=shop) for shop in shops]
    found_place(doer(shops[0]), place=place, location_id=first.pk)
    for other in others:
        join_place(doer(shops[0]), place=place, location_id=other.pk, choice=choice)
        scene = lock_scene(StockMember.objects.get(location=other).pk)
        shows = scene.joins.quantity
        move(scene.pool, scene.member, "pushed", cause(), level_delta=shows - scene.member.level)
        then = scene.joins.quantity
        finish_joining(scene, quantity_then=then, cause=cause(), now=scene.member.joined_at)
    return StockMember.objects.get(store=shops[0]).pool


def body(available, *, at=LATER, item=ITEM, place=PLACE):
    return {
        "inventory_item_id": item,
        "location_id": place,
        "available": available,
        "updated_at": at.isoformat(),
    }


def tell(shop, available, *, topic="inventory_levels/update", version=make.VERSION, **more):
    """A level's webhook, decided; the job as it ended."""
    return make.decide(shop, body(available, **more), topic=topic, version=version)


def many_shops(count, *, names=("north", "alpine")):
    """Shops that sell the same product in so many variants."""
    owner = make.workspace()
    shops = [make.store(owner, name) for name in names]
    for number, shop in enumerate(shops, start=1):
        variants = [
            make.variant(
                100 * number + size,
                title=f"{size}",
                sku=f"LAMP-{size}",
                barcode=None,
                position=size,
                selectedOptions=[{"name": "Size", "value": f"{size}"}],
            )
            for size in range(1, count + 1)
        ]
        make.take_in(shop, make.product(number, variants=variants))
    return shops


def follow_all(shop, available):
    """Every variant of a shop, at one location, with so many pieces."""
    rows = VariantListing.objects.filter(listing__store=shop).order_by("id")
    told = [
        (
            LevelSnapshot(one.inventory_item_gid, gid("Location", PLACE), available, make.START),
            one.variant_id,
        )
        for one in rows
    ]
    assert open_levels(shop, gid("Location", PLACE), told, cause())


def empty(shop, item=ITEM, *, left=0, at=LATER):
    """A level loses its pieces: told by a webhook, and read, because all have gone at once."""
    job = tell(shop, left, item=item, at=at)
    row = StockMember.objects.get(store=shop, item_gid=gid("InventoryItem", item))
    if row.needs_read:
        seen = LevelSnapshot(row.item_gid, gid("Location", PLACE), left, at)
        assert take_read(lock_scene(row.pk), seen, cause(), now=timezone.now())
    return job


def items_of(shop):
    rows = StockMember.objects.filter(store=shop).order_by("pool__variant__sku", "id")
    return [int(item.rpartition("/")[2]) for item in rows.values_list("item_gid", flat=True)]


def share_all(*shops, place="Central"):
    """Let all variants of the shops share the first one's stock, as it is."""
    first, *others = [Location.objects.get(store=shop) for shop in shops]
    found_place(doer(shops[0]), place=place, location_id=first.pk)
    for other in others:
        join_place(doer(shops[0]), place=place, location_id=other.pk, choice=JoinChoice.TAKE_POOL)
        for pk in StockMember.objects.filter(location=other).values_list("pk", flat=True):
            scene = lock_scene(pk)
            then = scene.joins.quantity
            finish_joining(scene, quantity_then=then, cause=cause(), now=scene.member.joined_at)
    return list(StockPool.objects.filter(place=place).order_by("variant__sku"))
