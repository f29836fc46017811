"""What joining a place would do, and whether the books of stock balance."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import connection

from catalogue.domain.stock import Standing, join
from catalogue.enums import JoinChoice, StockMode
from catalogue.models import StockMember, StockPool

# Each movement continues the one before it, and what stands is the sum of its ledger. The database
# refuses anything else at the commit; this tells it from the rows alone, without those keys.
_WRONG = """
WITH mine AS (
  SELECT * FROM catalogue_stockmovement
  WHERE pool_id IN (SELECT id FROM catalogue_stockpool WHERE workspace_id = %(workspace)s)
), told AS (
  SELECT *, lag(quantity, 1, 0) OVER pool AS had, lag(sequence, 1, 0::bigint) OVER pool AS last,
    lag(level, 1, 0) OVER level AS showed
  FROM mine WINDOW pool AS (PARTITION BY pool_id ORDER BY sequence),
                  level AS (PARTITION BY member_id ORDER BY member_sequence)
)
SELECT 'pool', pool_id, 'its movements do not follow each other' FROM told
WHERE sequence <> last + 1 OR quantity <> had + pool_delta
UNION SELECT 'level', member_id, 'its movements do not follow each other' FROM told
WHERE member_id IS NOT NULL AND level <> showed + level_delta
UNION SELECT 'pool', p.id, 'its quantity is not the sum of its ledger'
FROM catalogue_stockpool AS p
LEFT JOIN (SELECT pool_id, sum(pool_delta) AS moved FROM mine GROUP BY 1) AS s ON s.pool_id = p.id
WHERE p.workspace_id = %(workspace)s AND p.quantity <> coalesce(s.moved, 0)
UNION SELECT 'level', m.id, 'what it shows is not the sum of its ledger'
FROM catalogue_stockmember AS m
LEFT JOIN (SELECT member_id, sum(level_delta) AS moved FROM mine GROUP BY 1) AS s
  ON s.member_id = m.id
WHERE m.workspace_id = %(workspace)s AND m.level <> coalesce(s.moved, 0)
ORDER BY 1, 2
"""


def wrong_books(workspace_id: int) -> list[str]:
    """All that does not balance in a workspace's books of stock, a sentence each."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG, {"workspace": workspace_id})
        return [f"{what.title()} {pk}: {says}." for what, pk, says in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class JoinPreview:
    """What joining would make of one variant: of the level that joins, and of the pool."""

    member: StockMember
    pool: StockPool
    would_show: int
    would_have: int

    @property
    def rewrites(self) -> bool:
        """Whether the joining store is written another number."""
        return self.would_show != self.member.level

    @property
    def moves_others(self) -> bool:
        """Whether the stores that share the pool already are written another number."""
        return self.would_have != self.pool.quantity


def preview_join(
    *,
    workspace_id: int,
    place: str,
    location_id: int | None,
    choice: JoinChoice,
    variant_ids: Collection[int] | None = None,
) -> Iterator[JoinPreview]:
    """What a location's joining a place would do to each variant, by what is known now."""
    rows = StockMember.objects.filter(
        workspace=workspace_id, location=location_id, pool__mode=StockMode.OWN
    ).select_related("pool__variant__product", "store", "location")
    if variant_ids is not None:
        rows = rows.filter(pool__variant__in=variant_ids)
    shared = StockPool.objects.filter(workspace=workspace_id, place=place)
    pools = {pool.variant_id: pool for pool in shared}
    for member in rows.order_by("id"):
        pool = pools.get(member.pool.variant_id)
        if pool is not None:
            standing = Standing(pool.quantity, member.buffer)
            joined = join(choice, standing, theirs=member.pool.quantity, shows=member.level)
            yield JoinPreview(member, pool, joined.level, joined.quantity)
