"""What the catalogue refuses, each in one sentence for the person who asked."""


class CatalogueError(Exception):
    """Base of the family; `code` names the case for programs."""

    code = "catalogue_error"


class NotFoundHereError(CatalogueError):
    """A record that this workspace does not hold."""

    code = "not_found"


class StaleEditError(CatalogueError):
    """The record has moved since it was shown."""

    code = "stale_edit"


class NotAllowedNowError(CatalogueError):
    """The state of the store or of the listing forbids it."""

    code = "not_allowed_now"
