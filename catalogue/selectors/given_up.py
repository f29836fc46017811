"""What people cancelled and what Shopify refused for good: known differences, by store and leaf."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from catalogue.domain.diff import LeafKey
from catalogue.selectors.picture import Picture

# A change whose cancelled job was pruned has no job any more, and is pending for good.
_GIVEN_UP = """
SELECT store_id, variant_id, attribute, version FROM (
  SELECT DISTINCT ON (d.store_id, c.variant_id, c.attribute) d.store_id, c.variant_id, c.attribute,
    CASE WHEN c.fate = 'lost' THEN c.stood_version ELSE c.version_id END AS version,
    d.fate IN ('pending', 'refused')
      AND coalesce(job.state IN ('cancelled', 'dead_lettered'), TRUE) AS given_up
  FROM catalogue_change AS c
  JOIN catalogue_changedelivery AS d ON d.change_id = c.id AND d.store_id = ANY(%(stores)s)
  LEFT JOIN syncqueue_job AS job ON job.id = d.job_id
  WHERE c.product_id = %(product)s AND c.attribute = ANY(%(attributes)s)
  ORDER BY d.store_id, c.variant_id, c.attribute, c.id DESC
) AS newest WHERE given_up
"""


def given_up(due: Iterable[tuple[Picture, Iterable[LeafKey]]]) -> Mapping[int, set[LeafKey]]:
    """Of what pictures of one product are due to show, what was given up as it stands; by store."""
    wanted = {pic.store.pk: (pic, set(leaves)) for pic, leaves in due if leaves}
    if not wanted:
        return {}
    pics = [pic for pic, _ in wanted.values()]
    newest = _newest(pics, {name for _, leaves in wanted.values() for _, name in leaves})
    return {
        store: {key for key in leaves if newest.get((store, key), "") == _version(pic, key)}
        for store, (pic, leaves) in wanted.items()
    }


def _newest(pics: list[Picture], names: set[str]) -> dict[tuple[int, LeafKey], str]:
    values: dict[str, Any] = {
        "stores": [pic.store.pk for pic in pics],
        "product": pics[0].listing.product_id,
        "attributes": list(names),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP, values)
        return {(store, (variant, name)): said for store, variant, name, said in cursor.fetchall()}


def _version(pic: Picture, key: LeafKey) -> str | None:
    version = pic.effective(key).version
    return version.id if version else None
