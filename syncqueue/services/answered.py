"""What came back from a call, lane by lane."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView
from syncqueue.services.calls import WITHDRAWN, Flight, Member
from syncqueue.services.merging import merging_of


@dataclass(frozen=True, slots=True)
class Answered:
    """One lane's part of an answered call; `spared`: others of the call were refused, not this."""

    flight: Flight
    member: Member
    answer: Answer
    at: datetime
    spared: bool = False

    @property
    def job(self) -> JobView:
        return self.member.job

    @property
    def leads(self) -> bool:
        """Whether it speaks for the whole call: what that cost, and how the platform is."""
        return self.member is self.flight.members[0]

    @property
    def merged(self) -> bool:
        return len(self.flight.members) > 1

    @property
    def was_sent(self) -> bool:
        """Whether it may have left this machine."""
        return self.answer.error is None or self.answer.error.kind is not ErrorClass.NOT_SENT


def answered(flight: Flight, answer: Answer) -> list[Answered]:
    """What came back, lane by lane."""
    now = timezone.now()
    try:
        refused = _refused(flight, answer)
    except Exception as error:  # noqa: BLE001  the handler's bug becomes its jobs' failure
        words = f"{type(error).__name__}: {error}"[:500]
        answer, refused = replace(answer, error=CallError(ErrorClass.UNKNOWN, "bug", words)), set()
    return [
        Answered(flight, member, answer, now, spared=bool(refused) and place not in refused)
        for place, member in enumerate(flight.members)
    ]


def withdrawn(flight: Flight) -> list[Answered]:
    return answered(flight, Answer(error=WITHDRAWN))


def _refused(flight: Flight, answer: Answer) -> set[int]:
    """The places of those because of which a merged call was refused as a whole."""
    handler = merging_of(flight.handler)
    if len(flight.members) == 1 or answer.error is not None or handler is None:
        return set()
    return set(handler.refused(flight.request, answer))
