"""Collisions over a price, as they come about: a hub and two shops that sell in one currency."""

from datetime import timedelta

from django.utils import timezone

from catalogue.enums import Source
from catalogue.models import Conflict, Product, Variant
from catalogue.services.edit import SetValue, edit
from tests.catalogue import make


def two_shops():
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "alpine")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    return first, second


def hub_sets(value, attribute="price", **more):
    variant = Variant.objects.get()
    of_variant = {"variant_id": variant.pk} if attribute.endswith("price") else {}
    wish = SetValue(
        product_id=variant.product_id, attribute=attribute, value=value, **of_variant, **more
    )
    workspace = Product.objects.get().workspace_id
    return edit(workspace_id=workspace, wishes=[wish], source=Source.MANUAL, actor="ada")


def shop_sets(shop, price, *, ago=timedelta(0), **more):
    """A merchant types a price on top of what the store showed at the import."""
    number = 1 if shop.name == "north" else 7
    at = timezone.now() + timedelta(seconds=1) - ago
    shown = make.product(number, at=at, variants=[make.variant(price=price, **more)])
    return make.decide(shop, make.payload(shown), received=at)


def clash(shops, *, shop_wins=False):
    """The hub says 25, a merchant of the second store 31, neither having seen the other."""
    hub_sets("25.00")
    shop_sets(shops[1], "31.00", ago=timedelta(seconds=0 if shop_wins else 60))
    return Conflict.objects.get()
