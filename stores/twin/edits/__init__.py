"""Every change of a shop's goods, whoever makes it: checked, applied, logged, announced."""

from stores.twin.edits.products import Author, add_variants, create, delete, edit, number, touch

__all__ = ["Author", "add_variants", "create", "delete", "edit", "number", "touch"]
