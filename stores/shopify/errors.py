"""How a call to Shopify can fail; `kind` says what that means for its job and its store."""

from typing import ClassVar

from syncqueue.domain.handling import Points
from syncqueue.enums import ErrorClass


class ShopifyError(Exception):
    """A call failed; the message is a sentence for operators."""

    kind: ClassVar[ErrorClass] = ErrorClass.TRANSIENT

    def __init__(
        self,
        code: str,
        message: str,
        *,
        http_status: int | None = None,
        request_id: str = "",
        retry_after: float | None = None,
        asked: int | None = None,
        cost: int | None = None,
        points: Points | None = None,
        seconds: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.request_id = request_id
        self.retry_after = retry_after
        self.asked = asked
        self.cost = cost
        self.points = points
        self.seconds = seconds

    @property
    def permanent(self) -> bool:
        """Whether the same request can only fail again."""
        return self.kind is ErrorClass.REFUSED


class Transient(ShopifyError):  # noqa: N818  the family reads as situations
    """It may well work the next time."""


class PlatformDown(ShopifyError):  # noqa: N818
    """Shopify could not be reached or was not serving; nothing was applied."""

    kind = ErrorClass.PLATFORM_DOWN


class UnknownOutcome(ShopifyError):  # noqa: N818
    """A write was sent, and nobody knows whether it was applied."""

    kind = ErrorClass.UNKNOWN


class Throttled(ShopifyError):  # noqa: N818
    """The budget of the store is spent; nothing was applied."""

    kind = ErrorClass.THROTTLED


class Refused(ShopifyError):  # noqa: N818
    """Shopify does not take this request, now or later."""

    kind = ErrorClass.REFUSED


class WrongVersion(Refused):
    """Shopify served another version of its API than the one asked for."""


class NotAllowed(Refused):
    """A write without a valid grant; it never left this machine."""


class GrantExpired(ShopifyError):  # noqa: N818
    """A write too long after its plan; it never left this machine."""

    kind = ErrorClass.NOT_SENT


class AccessRevoked(ShopifyError):  # noqa: N818
    """The token, or a scope that is needed, is gone."""

    kind = ErrorClass.REVOKED


class ScopeMissing(ShopifyError):  # noqa: N818
    """Leave that a store may keep back is not there any more; its token is good for the rest."""

    kind = ErrorClass.REFUSED


class Frozen(ShopifyError):  # noqa: N818
    """The shop is frozen, locked or closed."""

    kind = ErrorClass.FROZEN


class NotFound(Frozen):
    """No shop answers at this address, or not with this version."""


class BadPayload(ValueError):  # noqa: N818
    """What came in has not the shape that Shopify documents."""
