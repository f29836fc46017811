"""The terms of stores, as their domain reads them: what holds, and what has held of late."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from catalogue.domain.attributes import attribute
from catalogue.domain.metafields import name_of, places
from catalogue.domain.pricing import PriceRule
from catalogue.domain.terms import Policy, Terms
from catalogue.enums import Owner, Ownership
from catalogue.models import SyncedMetafield
from stores.domain.scopes import CHANNELS, PICTURES, Use
from stores.models import Store
from stores.shopify.types import Extras

_USES = {"channels": CHANNELS, "media": PICTURES, "variant_media": PICTURES}
# An edit may be told two days late; what ended before that judges nothing any more.
TERMS = """
(SELECT jsonb_build_object(
  'policies', (SELECT jsonb_agg(p) FROM catalogue_ownershippolicy AS p
    WHERE p.workspace_id = s.workspace_id AND (p.store_id = s.id OR p.store_id IS NULL)
      AND (p.ended_at IS NULL OR p.ended_at > statement_timestamp() - interval '49 hours')),
  'rules', (SELECT jsonb_agg(r) FROM catalogue_pricerule AS r WHERE r.store_id = s.id
      AND (r.ended_at IS NULL OR r.ended_at > statement_timestamp() - interval '49 hours')),
  'high_value', (SELECT jsonb_object_agg(h.attribute, h.on) FROM catalogue_highvalue AS h
    WHERE h.workspace_id = s.workspace_id),
  'metafields', (SELECT jsonb_agg(m) FROM catalogue_syncedmetafield AS m
    WHERE m.workspace_id = s.workspace_id)
)) AS terms
"""
"""A column over `stores_store AS s`; `read_terms` reads it."""
_OF_STORES = f"SELECT s.id, s.currency, {TERMS} FROM stores_store AS s WHERE s.id = ANY(%s)"  # noqa: S608


def terms_of(store_ids: Iterable[int]) -> dict[int, Terms]:
    """The terms of several stores, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_STORES, [list(store_ids)])
        rows: Sequence[tuple[int, str, str]] = cursor.fetchall()
    return {store_id: read_terms(column, currency) for store_id, currency, column in rows}


def read_terms(column: str, currency: str) -> Terms:
    stored: Mapping[str, Any] = json.loads(column, parse_float=Decimal)
    return Terms(
        currency,
        tuple(_policy(row) for row in stored["policies"] or ()),
        tuple(_rule(row) for row in stored["rules"] or ()),
        stored["high_value"] or {},
        {_metafield(row): row["type"] for row in stored["metafields"] or ()},
    )


def extras_of(store: Store, terms: Terms) -> Extras:
    """What a read of a store must show beside the products' own fields.

    Channels and pictures, where the store has granted to see and to set them.
    """
    product, variant = (tuple(places(terms.metafields, owner)) for owner in Owner)
    channels, media = (use.granted(store.scopes) for use in (CHANNELS, PICTURES))
    return Extras(product, variant, channels=channels, media=media)


def use_of(name: str) -> Use | None:
    """The leave that an attribute needs of a store, beside what every store has granted."""
    return _USES.get(attribute(name).part)


def metafields_of(workspace_id: int) -> dict[str, str]:
    """The types of the metafields that a workspace keeps in step, by attribute."""
    rows = SyncedMetafield.objects.filter(workspace=workspace_id)
    return {row.name: row.type for row in rows}


def _metafield(row: Mapping[str, Any]) -> str:
    return name_of(Owner(row["owner"]), row["namespace"], row["key"])


def _policy(row: Mapping[str, Any]) -> Policy:
    return Policy(
        row["attribute"],
        Ownership(row["ownership"]),
        datetime.fromisoformat(row["started_at"]),
        _instant(row["ended_at"]),
        own=row["store_id"] is not None,
    )


def _rule(row: Mapping[str, Any]) -> PriceRule:
    return PriceRule(
        id=str(row["id"]),
        attribute=row["attribute"],
        currency=row["currency"],
        since=datetime.fromisoformat(row["started_at"]),
        until=_instant(row["ended_at"]),
        rate=Decimal(row["rate"]),
        factor=Decimal(row["factor"]),
        step=Decimal(row["step"]),
        charm=Decimal(row["charm"]),
        floor=Decimal(row["floor"]) if row["floor"] is not None else None,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
