"""What a person must answer about a pool before anything of it is pushed."""

from catalogue.enums import IssueKind
from catalogue.models import StockPool
from catalogue.services.issues import Subject, raise_issue, settle_issue


def ask(pool: StockPool, question: str, *, disputed: int) -> None:
    """Hold the pool's pushes and put the question on the list; a question that stands stays."""
    if pool.question:
        return
    pool.question, pool.disputed = question, disputed
    pool.save(update_fields=["question", "disputed"])
    raise_issue(pool.workspace_id, IssueKind.STOCK, _subject(pool), question)


def close(pool: StockPool, *, by: str, reason: str) -> None:
    """Let the pool's pushes go on, if they were held."""
    if pool.question:
        pool.question, pool.disputed, pool.held = "", 0, None
        pool.save(update_fields=["question", "disputed", "held"])
        settle_issue(pool.workspace_id, IssueKind.STOCK, _subject(pool), by=by, reason=reason)


def _subject(pool: StockPool) -> Subject:
    return Subject(
        name=f"stock {pool.pk}",
        product_id=pool.variant.product_id,
        variant_id=pool.variant_id,
        attribute="stock",
    )
