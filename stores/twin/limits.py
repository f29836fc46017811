"""The limit on new variants in large shops, about which the sources disagree (11.4)."""

import re
from datetime import timedelta
from itertools import islice, takewhile

from stores.twin.world import Shop, Twin

__all__ = ["is_over"]

CREATING = frozenset({"productCreate", "productSet", "productVariantsBulkCreate"})
DAY = timedelta(days=1)


def is_over(twin: Twin, shop: Shop, names: frozenset[str]) -> bool:
    """Whether a call that may create variants comes after the day's share of them.

    Only the variants of the last day are looked at, from the newest on.
    """
    numbers = [int(each) for each in re.findall(r"\d+", shop.knobs.variant_limit)]
    if not numbers or names.isdisjoint(CREATING) or shop.plan in {"plus", "enterprise"}:
        return False
    daily, beyond = numbers
    if len(shop.variants) <= beyond:
        return False
    since = twin.clock.now() - DAY
    newest = islice(reversed(shop.variants.values()), daily)
    return sum(1 for _ in takewhile(lambda each: each.created_at >= since, newest)) >= daily
