"""The one door to stock in the hub: every verb stores its movement with its source and cause."""

from catalogue.services.stock.carrying import cancel_stock, start_counts
from catalogue.services.stock.gate import Wish
from catalogue.services.stock.ledger import Doer
from catalogue.services.stock.sharing import (
    found_place,
    hand_over,
    join_place,
    keep_back,
    leave_place,
    start_founding,
    start_joining,
)
from catalogue.services.stock.verbs import adjust, answer, counted_as, recount, set_quantity, set_to

__all__ = [
    "Doer",
    "Wish",
    "adjust",
    "answer",
    "cancel_stock",
    "counted_as",
    "found_place",
    "hand_over",
    "join_place",
    "keep_back",
    "leave_place",
    "recount",
    "set_quantity",
    "set_to",
    "start_counts",
    "start_founding",
    "start_joining",
]
