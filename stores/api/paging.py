"""Pages of lists: by cursor, so that what comes meanwhile moves nothing."""

from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    """Newest first; `?limit=` up to 200 rows, and the addresses of the next and previous page."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-id"
