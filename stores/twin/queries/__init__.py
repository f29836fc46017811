"""How each field that the twin plays is read; what stands in no table here fails loudly."""

from stores.twin.queries.apps import APPS
from stores.twin.queries.lists import LISTS
from stores.twin.queries.media import MEDIA
from stores.twin.queries.metafields import METAFIELDS
from stores.twin.queries.places import PLACES
from stores.twin.queries.products import PRODUCTS
from stores.twin.queries.read import MONEY, Resolver
from stores.twin.queries.selling import SELLING
from stores.twin.queries.shops import SHOPS
from stores.twin.queries.variants import VARIANTS

__all__ = ["RESOLVERS", "Resolver"]

RESOLVERS: dict[str, Resolver] = {
    **SHOPS,
    **APPS,
    **PLACES,
    **SELLING,
    **PRODUCTS,
    **LISTS,
    **VARIANTS,
    **METAFIELDS,
    **MEDIA,
    **MONEY,
}
