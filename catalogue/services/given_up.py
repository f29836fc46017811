"""What people cancelled and what Shopify refused for good: no comparison sends it by itself.

It is a known difference, until somebody replays its job or sets another value.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from catalogue.domain.diff import LeafKey
from catalogue.domain.values import Value
from catalogue.selectors.picture import Picture
from catalogue.services.write_plans import leaves_of
from syncqueue.domain.handling import JobView

GIVEN_UP = "What differs was cancelled or refused: a replay or a new edit sends it."
# A change whose cancelled job was pruned has no job any more, and is pending for good.
_GIVEN_UP = """
SELECT * FROM (
  SELECT DISTINCT ON (c.variant_id, c.attribute) c.variant_id, c.attribute,
    CASE WHEN c.fate = 'lost' THEN c.stood_version ELSE c.version_id END AS version,
    d.fate IN ('pending', 'refused')
      AND coalesce(job.state IN ('cancelled', 'dead_lettered'), TRUE) AS given_up
  FROM catalogue_change AS c
  JOIN catalogue_changedelivery AS d ON d.change_id = c.id AND d.store_id = %(store)s
  LEFT JOIN syncqueue_job AS job ON job.id = d.job_id
  WHERE c.product_id = %(product)s AND c.attribute = ANY(%(attributes)s)
  ORDER BY c.variant_id, c.attribute, c.id DESC
) AS newest WHERE given_up
"""


def without_given_up(
    pic: Picture, job: JobView, leaves: Mapping[LeafKey, Value]
) -> dict[LeafKey, Value]:
    """The leaves that a job may write: its own, and of others those that nobody gave up."""
    others = leaves.keys() - leaves_of(job)
    if not others:
        return dict(leaves)
    given_up = _versions(pic, {name for _, name in others})
    return {
        key: value
        for key, value in leaves.items()
        if key not in others or key not in given_up or _version(pic, key) != given_up[key]
    }


def _version(pic: Picture, key: LeafKey) -> str:
    version = pic.effective(key).version
    return version.id if version else ""


def _versions(pic: Picture, attributes: set[str]) -> dict[LeafKey, str]:
    """The newest change of each leaf that was to go to the store, where it was given up."""
    values: dict[str, Any] = {
        "store": pic.store.pk,
        "product": pic.listing.product_id,
        "attributes": list(attributes),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP, values)
        return {(variant, name): version for variant, name, version, _ in cursor.fetchall()}
