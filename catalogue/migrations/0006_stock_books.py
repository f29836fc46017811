"""The books of stock as foreign keys, checked at every commit."""

from django.db import migrations

# Deferred to the commit, because a movement and what it moves refer to each other.
_KEYS = {
    "stock_books_pool_continues": (
        "catalogue_stockmovement (pool_id, before, quantity_before)",
        "catalogue_stockmovement (pool_id, sequence, quantity)",
    ),
    "stock_books_level_continues": (
        "catalogue_stockmovement (member_id, member_before, level_before)",
        "catalogue_stockmovement (member_id, member_sequence, level)",
    ),
    "stock_books_pool_stands": (
        "catalogue_stockpool (id, sequence, quantity)",
        "catalogue_stockmovement (pool_id, sequence, quantity)",
    ),
    "stock_books_level_stands": (
        "catalogue_stockmember (id, sequence, level)",
        "catalogue_stockmovement (member_id, member_sequence, level)",
    ),
    "stock_member_of_its_workspace": (
        "catalogue_stockmember (workspace_id, pool_id)",
        "catalogue_stockpool (workspace_id, id)",
    ),
    "stock_member_of_a_store_of_its_workspace": (
        "catalogue_stockmember (workspace_id, store_id)",
        "stores_store (workspace_id, id)",
    ),
    "stock_member_at_a_location_of_its_store": (
        "catalogue_stockmember (store_id, location_id)",
        "stores_location (store_id, id)",
    ),
}


def _add(name: str, columns: str, target: str) -> migrations.RunSQL:
    table, listed = columns.split(" ", 1)
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY {listed} REFERENCES {target} "
        "DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_stock")]

    operations = [_add(name, *both) for name, both in _KEYS.items()]
