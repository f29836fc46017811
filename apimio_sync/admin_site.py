"""The admin site: Unfold's, under our name."""

from unfold.sites import UnfoldAdminSite


class StoreSyncAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Where ops staff live."""

    site_header = "Store Sync"
    site_title = "Store Sync"
