"""References between products and variants: a store's ids, and the records that they mean."""

from collections.abc import Iterable, Mapping

from catalogue.domain.metafields import TARGETS
from catalogue.models import Listing, VariantListing

_PRODUCT, _VARIANT = "product:", "variant:"


def gids_of(store_id: int, targets: Iterable[str]) -> Mapping[str, str]:
    """By target, as `product:7`, its id in a store; left out where the store doesn't have it.

    A store's own id stands for itself.
    """
    wanted = [*targets]
    products, variants = _numbers(wanted, _PRODUCT), _numbers(wanted, _VARIANT)
    found = {target: target for target in wanted if not TARGETS.fullmatch(target)}
    if products:
        rows = Listing.objects.filter(store=store_id, product__in=products)
        found |= {f"{_PRODUCT}{pk}": gid for pk, gid in rows.values_list("product", "gid")}
    if variants:
        hosts = VariantListing.objects.filter(listing__store=store_id, variant__in=variants)
        found |= {f"{_VARIANT}{pk}": gid for pk, gid in hosts.values_list("variant", "gid")}
    return found


def targets_of(store_id: int, gids: Iterable[str]) -> Mapping[str, str]:
    """By a store's id, the record that it means; left out where it is linked to none."""
    wanted = [*gids]
    rows = Listing.objects.filter(store=store_id, gid__in=wanted, product__isnull=False)
    hosts = VariantListing.objects.filter(listing__store=store_id, gid__in=wanted)
    return {
        **{gid: f"{_PRODUCT}{pk}" for gid, pk in rows.values_list("gid", "product")},
        **{
            gid: f"{_VARIANT}{pk}"
            for gid, pk in hosts.exclude(variant=None).values_list("gid", "variant")
        },
    }


def _numbers(targets: Iterable[str], prefix: str) -> list[int]:
    known = (target for target in targets if TARGETS.fullmatch(target))
    return [int(target.removeprefix(prefix)) for target in known if target.startswith(prefix)]
