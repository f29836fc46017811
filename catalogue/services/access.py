"""What a call to a store needs and nobody stores."""

from dataclasses import dataclass, field

from stores.shopify.types import Session, WriteGrant

TOKEN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Access:
    """A session, and the grant without which nothing is written."""

    session: Session = field(repr=False)
    grant: WriteGrant | None = None

    @classmethod
    def of(cls, context: object) -> "Access":
        """What `plan` handed over; TypeError where it handed over something else."""
        if not isinstance(context, cls):
            raise TypeError("A call needs access.")
        return context
