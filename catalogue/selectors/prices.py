"""One price of every variant in a store with what decides about it: without whole pictures.

A picture costs about a millisecond; a check of a whole store's prices has no time for it.
"""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalogue.domain.attributes import attribute
from catalogue.domain.effective import Effective, effective
from catalogue.domain.registers import CanonicalRegister, Entry, Timeline
from catalogue.domain.terms import Terms
from catalogue.domain.values import Value
from catalogue.enums import ListingState
from catalogue.selectors.terms import terms_of
from stores.models import Store

_PRICES = """
SELECT p.title, v.sku, p.currency, v.registers -> %(name)s, o.timeline, s.leaves -> %(name)s,
  (SELECT c.old FROM catalogue_change AS c
   WHERE c.product_id = p.id AND c.variant_id = v.id AND c.attribute = %(name)s
     AND c.scope = 'canonical' AND c.fate = 'won' AND c.created_at > %(since)s
   ORDER BY c.id LIMIT 1)
FROM catalogue_listing AS l
JOIN catalogue_product AS p ON p.id = l.product_id
JOIN catalogue_variantlisting AS s ON s.listing_id = l.id
JOIN catalogue_variant AS v ON v.id = s.variant_id
LEFT JOIN catalogue_override AS o ON o.store_id = l.store_id AND o.product_id = p.id
  AND o.variant_id = v.id AND o.attribute = %(name)s
WHERE l.store_id = %(store)s AND l.state = %(linked)s
  AND (%(products)s::bigint[] IS NULL OR l.product_id = ANY(%(products)s))
ORDER BY l.id, v.position, v.id
"""


@dataclass(frozen=True, slots=True)
class Priced:
    """One variant's price: what the store was seen to show, and what it should, without a sale.

    `base` is the canonical price that stood when the present rule was agreed; None without a rule,
    or where it is in another currency.
    """

    what: str
    shown: Value
    wanted: Effective
    other: Effective
    base: Value


def prices(
    store: Store,
    name: str,
    *,
    products: Collection[int] | None = None,
    change: Callable[[Terms], Terms] = lambda terms: terms,
) -> Iterator[Priced]:
    """Every price `name` of linked variants; `other` is what it would be under other terms."""
    terms = terms_of([store.pk])[store.pk]
    others, declared = change(terms), attribute(name)
    values: dict[str, Any] = {
        "name": name,
        "store": store.pk,
        "linked": ListingState.LINKED.value,
        "since": rule.since if (rule := terms.rule(name)) else None,
        "products": None if products is None else list(products),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PRICES, values)
        for title, sku, currency, register, timeline, leaf, old in cursor.fetchall():
            winner = CanonicalRegister.from_json(json.loads(register or "[]")).winner
            standing = _standing(timeline)
            wanted, other = (
                effective(declared, winner, standing, terms=one, currency=currency)
                for one in (terms, others)
            )
            shown = json.loads(leaf)["value"] if leaf else None
            yield Priced(
                f"{title} / {sku}" if sku else title,
                shown,
                wanted,
                other,
                _base(wanted, winner, old) if currency == store.currency else None,
            )


def _base(wanted: Effective, winner: Entry | None, old: str | None) -> Value:
    if wanted.source != "rule" or winner is None:
        return None
    stood: Value = winner.value if old is None else json.loads(old)
    return stood


def _standing(timeline: str | None) -> Entry | None:
    return Timeline.from_json(json.loads(timeline)).standing() if timeline else None
