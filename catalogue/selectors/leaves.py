"""One attribute of a store's products with what decides about it: without whole pictures.

A picture costs about a millisecond; a question about a whole store has no time for it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from catalogue.domain.attributes import VARIANT_ORDER, attribute, fingerprint
from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import Effective, effective
from catalogue.domain.layers import Layer, lay_over
from catalogue.domain.metafields import is_link
from catalogue.domain.registers import CanonicalRegister, Entry, Timeline
from catalogue.domain.terms import Terms
from catalogue.domain.values import Value
from catalogue.enums import ListingState, Owner
from catalogue.models import Listing
from catalogue.selectors.layers import LAYERS, read_layers
from stores.models import Store

PAGE = 1_000  # listings in one statement

# What is settled can't be written under any terms but a price rule: nothing is the store's own, and
# it shows the only value that there ever was.
_ROWS = """
SELECT l.id, p.title, {variant}, {words}, p.currency, {record}.registers -> %(name)s, o.timeline,
  {shown}.leaves -> %(name)s -> 'value', {shown}.leaves -> %(name)s ->> 'hash',
  {shown}.leaves -> %(name)s ->> 'accepted_from', sale.layers,
  {record}.registers -> 'price', price.timeline
FROM catalogue_listing AS l
JOIN catalogue_product AS p ON p.id = l.product_id
{variants}
LEFT JOIN catalogue_override AS o ON o.store_id = l.store_id AND o.product_id = p.id
  AND o.variant_id IS NOT DISTINCT FROM {variant} AND o.attribute = %(name)s
LEFT JOIN catalogue_override AS price ON %(name)s <> 'price' AND %(money)s
  AND price.store_id = l.store_id AND price.product_id = p.id AND price.variant_id = {variant}
  AND price.attribute = 'price'
LEFT JOIN LATERAL (SELECT {layers}) AS sale ON %(money)s
WHERE l.id = ANY(%(ids)s) AND {shown}.leaves ? %(name)s
  AND (%(all)s OR o.id IS NOT NULL OR sale.layers IS NOT NULL
    OR jsonb_array_length({record}.registers -> %(name)s) <> 1
    OR {record}.registers -> %(name)s -> 0 -> 'value' <> {shown}.leaves -> %(name)s -> 'value')
ORDER BY l.id, {variant}
"""
_OF_PRODUCTS = _ROWS.format(
    variant="NULL::bigint", words="''", record="p", shown="l", variants="", layers=LAYERS
)
_OF_VARIANTS = _ROWS.format(
    variant="v.id",
    words="""coalesce((SELECT string_agg(o.value ->> 'value', ' / ' ORDER BY o.ordinality)
    FROM jsonb_array_elements(v.options) WITH ORDINALITY AS o), nullif(v.sku, ''), '')""",
    record="v",
    shown="s",
    variants="""JOIN catalogue_variantlisting AS s ON s.listing_id = l.id
JOIN catalogue_variant AS v ON v.id = s.variant_id AND v.removed_at IS NULL""",
    layers=LAYERS,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One value in a store: the canonical one, its own, and what it shows.

    `price`: the canonical price and the store's own, where a sale makes another value of it.
    `whole`: links or an order of variants decide too, which only a picture can tell.
    """

    listing_id: int
    key: LeafKey
    product: str
    variant: str
    currency: str
    winner: Entry | None
    standing: Entry | None
    shown: Value
    hashes: tuple[str, str | None]
    layers: tuple[Layer, ...]
    price: tuple[Entry | None, Entry | None] | None
    whole: bool

    def under(self, terms: Terms) -> Effective:
        """What the store should show under some terms, as the picture has it."""
        name = self.key[1]
        beneath = self._beneath(name, self.winner, self.standing, terms)
        if not any(layer.covers(name) for layer in self.layers):
            return beneath
        price = beneath if self.price is None else self._beneath("price", *self.price, terms)
        return lay_over(self.layers, name, beneath, price)

    def _beneath(
        self, name: str, winner: Entry | None, standing: Entry | None, terms: Terms
    ) -> Effective:
        return effective(attribute(name), winner, standing, terms=terms, currency=self.currency)

    def shows(self, value: Value) -> bool:
        """Whether the store shows it already, or what it rendered of it."""
        return fingerprint(attribute(self.key[1]), value) in self.hashes


def linked_pages(store: Store) -> Iterator[list[int]]:
    """The ids of a store's linked listings, a page at a time."""
    rows = Listing.objects.filter(store=store, state=ListingState.LINKED).order_by("id")
    last = 0
    while page := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:PAGE]):
        yield page
        last = page[-1]


def leaves(listing_ids: Sequence[int], name: str, *, settled: bool) -> Iterator[Seen]:
    """One attribute of these listings; with `settled`, also where no policy would write it."""
    of_product = attribute(name).owner is Owner.PRODUCT
    money = attribute(name).money
    values: dict[str, Any] = {
        "name": name,
        "ids": list(listing_ids),
        "all": settled,
        "money": money,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OF_PRODUCTS if of_product else _OF_VARIANTS, values)
        rows = cursor.fetchall()
    for listing, title, variant, words, currency, register, timeline, shown, *rest in rows:
        winner, standing = _winner(register), _standing(timeline)
        of_hash, accepted_from, layers, price, own_price = rest
        linked = any(is_link(one.value) for one in (winner, standing) if one is not None)
        yield Seen(
            listing,
            (variant, name),
            title,
            words,
            currency,
            winner,
            standing,
            json.loads(shown),
            (of_hash, accepted_from),
            _layers(layers),
            (_winner(price), _standing(own_price)) if layers and name != "price" else None,
            name == VARIANT_ORDER or linked,
        )


_layers = lru_cache(maxsize=64)(read_layers)  # most products of a store are in the same sales


def _winner(register: str | None) -> Entry | None:
    return CanonicalRegister.from_json(json.loads(register or "[]")).winner


def _standing(timeline: str | None) -> Entry | None:
    return Timeline.from_json(json.loads(timeline)).standing() if timeline else None
