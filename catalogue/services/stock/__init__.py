"""The one door to stock in the hub: every verb stores its movement with its source and cause."""

from catalogue.services.stock.ledger import Doer
from catalogue.services.stock.sharing import (
    Done,
    found_place,
    hand_over,
    join_place,
    keep_back,
    leave_place,
)
from catalogue.services.stock.verbs import adjust, answer, recount, set_quantity

__all__ = [
    "Doer",
    "Done",
    "adjust",
    "answer",
    "found_place",
    "hand_over",
    "join_place",
    "keep_back",
    "leave_place",
    "recount",
    "set_quantity",
]
