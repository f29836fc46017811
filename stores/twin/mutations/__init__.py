"""How each mutation that the twin plays is carried out; `stock` has those of the warehouse."""

from stores.twin.mutations.apps import APPS
from stores.twin.mutations.files import FILES
from stores.twin.mutations.metafields import METAFIELDS
from stores.twin.mutations.operations import OPERATIONS
from stores.twin.mutations.options import OPTIONS
from stores.twin.mutations.places import PLACES
from stores.twin.mutations.products import PRODUCTS
from stores.twin.mutations.publishing import PUBLISHING
from stores.twin.mutations.subscriptions import SUBSCRIPTIONS
from stores.twin.mutations.variants import VARIANTS
from stores.twin.queries import Resolver

__all__ = ["MUTATIONS"]

MUTATIONS: dict[str, Resolver] = {
    **PRODUCTS,
    **OPERATIONS,
    **METAFIELDS,
    **FILES,
    **OPTIONS,
    **VARIANTS,
    **PLACES,
    **PUBLISHING,
    **SUBSCRIPTIONS,
    **APPS,
}
