"""Every change of a shop's goods, whoever makes it: checked, applied, logged, announced."""

from stores.twin.edits.deed import Author, Deed
from stores.twin.edits.products import create, delete, edit, touch

__all__ = ["Author", "Deed", "create", "delete", "edit", "touch"]
