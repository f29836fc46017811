"""What the stores app refuses, each in one sentence for the person who asked."""


class StoresError(Exception):
    """Base of the family; `status` is the HTTP status that fits."""

    status = 400


class InstallRefusedError(StoresError):
    """An installation that can't be trusted or finished."""


class ModeRefusedError(StoresError):
    """A change of mode that the store's present mode does not allow."""

    status = 409


class NotLiveError(StoresError):
    """Something wanted to write to a store that is not live."""

    status = 409


class IntakeRefusedError(StoresError):
    """A webhook that is not accepted; nothing of it is stored."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class TokenRefusedError(StoresError):
    """A token of the API that could never be used."""


class KeyReusedError(StoresError):
    """An `Idempotency-Key` that came with another request before."""

    status = 422


class KeyInUseError(StoresError):
    """A request with this `Idempotency-Key` is being answered right now."""

    status = 409
