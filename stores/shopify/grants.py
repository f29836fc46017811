"""The last gate before a write leaves this machine."""

from datetime import UTC, datetime

from stores.shopify.errors import GrantExpired, NotAllowed
from stores.shopify.types import WriteGrant

__all__ = ["demand"]


def demand(grant: WriteGrant | None) -> None:
    """Raise NotAllowed without a grant, and GrantExpired where it has run out."""
    if grant is None:
        raise NotAllowed("no_grant", "Nothing is written to a store without a grant.")
    if not grant.valid(datetime.now(UTC)):
        raise GrantExpired("grant_expired", "The write comes too late after its plan.")
