"""The sales of listings, as their domain reads them: what stands, and what ended of late."""

import json
from datetime import datetime
from decimal import Decimal

from catalogue.domain.layers import Layer
from catalogue.models import Sale

# An edit may be told two days late; what ended before that judges nothing any more.
LAYERS = """
(SELECT jsonb_agg(jsonb_build_object(
    'id', sale.id, 'since', sale.started_at, 'until', sale.ended_at, 'percent', sale.percent,
    'step', sale.step, 'charm', sale.charm, 'strike', sale.strike))
 FROM catalogue_saleitem AS item JOIN catalogue_sale AS sale ON sale.id = item.sale_id
 WHERE item.product_id = l.product_id AND sale.store_id = l.store_id
   AND sale.started_at IS NOT NULL
   AND (sale.ended_at IS NULL OR sale.ended_at > statement_timestamp() - interval '49 hours')
) AS layers
"""
"""A column over `catalogue_listing AS l`; `read_layers` reads it."""


def read_layers(column: str | None) -> tuple[Layer, ...]:
    return tuple(
        Layer(
            id=row["id"],
            since=datetime.fromisoformat(row["since"]),
            until=datetime.fromisoformat(row["until"]) if row["until"] else None,
            percent=Decimal(row["percent"]),
            step=Decimal(row["step"]),
            charm=Decimal(row["charm"]),
            strike=row["strike"],
        )
        for row in (json.loads(column, parse_float=Decimal) if column else ())
    )


def layer_of(sale: Sale, since: datetime | None) -> Layer:
    """A sale as it stands, or would stand, since an instant."""
    return Layer(
        id=sale.pk or 0,
        since=since or sale.starts_at,
        percent=sale.percent,
        step=sale.step,
        charm=sale.charm,
        strike=sale.strike,
    )
