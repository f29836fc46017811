"""Levels of stock for tests of the catalogue: followed, told by webhooks, read."""

from datetime import timedelta
from uuid import uuid4

from catalogue.enums import JoinChoice, Source
from catalogue.models import StockMember, Variant
from catalogue.services.stock import Doer, found_place
from catalogue.services.stock.ledger import Cause, move
from catalogue.services.stock.members import finish_joining, open_levels
from catalogue.services.stock.scene import lock_scene
from catalogue.services.stock.sharing import join_place
from stores.models import Location
from stores.shopify.types import LevelSnapshot
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
