"""What was cancelled or refused for good is sent by no comparison, and by no job of something else.

It is a known difference, until somebody replays its job or sets another value.
"""

from collections.abc import Mapping

from catalogue.domain.diff import LeafKey
from catalogue.domain.values import Value
from catalogue.selectors.given_up import given_up
from catalogue.selectors.picture import Picture
from catalogue.services.write_plans import leaves_of
from syncqueue.domain.handling import JobView

GIVEN_UP = "What differs was cancelled or refused: a replay or a new edit sends it."


def without_given_up(
    pic: Picture, job: JobView, leaves: Mapping[LeafKey, Value]
) -> dict[LeafKey, Value]:
    """The leaves that a job may write: its own, and of others those that nobody gave up."""
    others = leaves.keys() - leaves_of(job)
    left_alone = given_up([(pic, others)]).get(pic.store.pk, ())
    return {key: value for key, value in leaves.items() if key not in left_alone}
