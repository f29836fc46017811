"""Pages of lists: by cursor, so that what comes meanwhile moves nothing."""

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

DIGITS = 18  # of an id, at most


class Pages(CursorPagination):
    """Newest first; `?limit=` up to 200 rows, and the addresses of the next and previous page."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-id"

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Refuse what we never gave away: a position is an id."""
        cursor = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        position = str(cursor.position)
        if not position.isdecimal() or len(position) > DIGITS:
            raise ValidationError({"cursor": ["This is no cursor of ours."]})
        return cursor
