# ruff: noqa: ARG002  every deed takes the same two arguments
"""The engine's own functions on a real database, one step at a time, as the model takes them."""

import math
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from syncqueue.domain.handling import (
    Again,
    Answer,
    CallError,
    ErrorClass,
    Settled,
    register,
)
from syncqueue.domain.handling import Call as Wish
from syncqueue.enums import OPEN_CALL_STATES, OPEN_STATES, Health, JobState, Kind, Outcome
from syncqueue.errors import LostLease
from syncqueue.models import Call, Channel, Job, Lane
from syncqueue.selectors.channels import look
from syncqueue.services import channel as channels
from syncqueue.services.answered import answered, withdrawn
from syncqueue.services.calls import Flight, send, start
from syncqueue.services.claim import Claimed, Slot, claim_these
from syncqueue.services.enqueue import NewJob, enqueue
from syncqueue.services.outgoing import Outgoing
from syncqueue.services.rescue import absolve, begin_alone, bury, left_call, take_over
from syncqueue.services.settle import settle_batch
from tests.model.state import DEAD_PUMP, LANE_OF, LANES
from tests.model.state import Call as ModelCall
from tests.model.state import Job as ModelJob
from tests.model.state import Lane as ModelLane

LEASE = 900.0
UNHEARD = CallError(ErrorClass.UNKNOWN, "cut", "The answer was lost.")
STATES = {JobState.SUCCEEDED: "done", JobState.DEAD_LETTERED: "dead"}


class Handler:
    """Applies a job in the world; what nobody heard of is found there by the next plan.

    That it is unknown stands on the job, so that it is rolled back with all the rest.
    """

    def __init__(self) -> None:
        self.applied: dict[int, int] = {}
        self.applies = self.answers = True

    def plan(self, job, followers, *, now):
        if job.payload["unknown"]:
            Job.objects.filter(pk=job.id).update(payload={"unknown": False})
            if self.applied.get(job.id):
                return Settled(Outcome.WRITTEN, "A read has found it.")
        return Wish({"job": job.id}, None)

    def send(self, request, context):
        if self.applies:
            self.applied[request["job"]] = self.applied.get(request["job"], 0) + 1
        return Answer(body={}) if self.answers else Answer(error=UNHEARD)

    def settle(self, job, passengers, call_request, answer, *, now):
        if answer.error:
            Job.objects.filter(pk=job.id).update(payload={"unknown": True})
            return Again("a read decides")
        return Settled(Outcome.WRITTEN, "written")


handler = Handler()
register("model", handler)


@dataclass
class Memory:
    """What a worker's process would hold."""

    claimed: Claimed
    epoch: int
    flight: Flight | None = None
    started: bool = False
    batch: list | None = None
    answer: Answer | None = None


class Real:
    """The tables, two workers' memories, and the deeds of the model done to them."""

    def __init__(self) -> None:
        handler.__init__()
        self.channel = Channel.objects.create(name=f"model-{uuid4().hex}")
        self.tokens: list[UUID] = [uuid4(), uuid4()]
        self.memories: list[Memory | None] = [None, None]
        self.jobs: dict[int, int] = {}
        self.deliver(0)
        self.deliver(2)
        lanes = Lane.objects.filter(channel=self.channel).order_by("key")
        self.lanes = dict(zip(LANES, lanes.values_list("pk", flat=True), strict=True))

    def deliver(self, number, worker=None):
        job = NewJob(
            channel_id=self.channel.pk,
            kind=Kind.CALL,
            key=f"lane-{LANE_OF[number]}",
            handler="model",
            payload={"unknown": False},
            cause_id=uuid4(),
        )
        (self.jobs[number],) = enqueue([job])

    def claim(self, number, worker):
        (claimed,) = self.offered(LANE_OF[number], worker)
        assert claimed.jobs[0].id == self.jobs[number]
        self.memories[worker] = Memory(claimed, look(self.channel.pk).epoch)

    def offered(self, lane, worker):
        """What a claim of this lane by this worker gets."""
        return claim_these([self.lanes[lane]], token=self.tokens[worker], jobs=9, seconds=LEASE)

    def find_it_lost(self, number, worker):
        try:
            self.begin_alone(number, worker)
        except LostLease:
            self.memories[worker] = None
        else:
            raise AssertionError("The lane was still ours.")

    def bury(self, number, worker):
        assert bury(self.memories[worker].claimed, token=self.tokens[worker])
        self.memories[worker] = None

    def begin_alone(self, number, worker):
        memory, token = self.memories[worker], self.tokens[worker]
        assert not bury(memory.claimed, token=token)
        assert left_call(memory.claimed) is None
        memory.claimed = begin_alone(memory.claimed, token=token)

    def take_over(self, number, worker):
        memory, token = self.memories[worker], self.tokens[worker]
        left = left_call(memory.claimed)
        assert left.only_planned or not bury(memory.claimed, token=token)
        answer = take_over(left, token=token)
        flight = left.flight({memory.claimed.lane_id: memory.claimed})
        memory.batch = answered(flight, answer)

    def plan(self, number, worker):
        ((flight, _),), left = self._plan(worker)
        assert not left
        self.memories[worker].flight = flight

    def plan_in_vain(self, number, worker):
        try:
            self._plan(worker)
        except LostLease:
            absolve(self.memories[worker].claimed.jobs[:1])
            self.memories[worker] = None
        else:
            raise AssertionError("The lane was still ours.")

    def read_that_it_is_applied(self, number, worker):
        prepared, _ = self._plan(worker)
        assert not prepared
        self.memories[worker] = None

    def start(self, number, worker):
        assert self._start(worker)

    def withdraw(self, number, worker):
        assert not self._start(worker)
        memory = self.memories[worker]
        settle_batch(self.channel.pk, withdrawn(memory.flight), token=self.tokens[worker])
        self.memories[worker] = None

    def send(self, number, worker, *, applies=True, answers=True):
        handler.applies, handler.answers = applies, answers
        memory = self.memories[worker]
        memory.answer = send(memory.flight, None, LEASE)

    def send_no_more(self, number, worker):
        self.send(number, worker)
        assert self.memories[worker].answer.error.kind is ErrorClass.NOT_SENT

    def lose_the_answer(self, number, worker):
        self.send(number, worker, answers=False)

    def lose_the_request(self, number, worker):
        self.send(number, worker, applies=False, answers=False)

    def save(self, number, worker):
        self.memories[worker].batch = self._collect(worker)
        assert self.memories[worker].batch

    def be_too_late(self, number, worker):
        assert not self._collect(worker)
        self.memories[worker] = None

    def settle(self, number, worker):
        batch = self.memories[worker].batch
        settle_batch(self.channel.pk, batch, token=self.tokens[worker])
        self.memories[worker] = None

    def renew(self, lane, worker):
        memory, air = self.memories[worker], self._outgoing(worker).air
        if memory.flight and not memory.started:
            air.ready.append((memory.flight, None))
            air.renew([])
            ((memory.flight, _),) = air.ready
        else:
            air.renew([self.lanes[lane]])

    def expire(self, lane, worker=None):
        row = Lane.objects.get(pk=self.lanes[lane])
        row.lease_until = timezone.now() - timedelta(seconds=1)
        row.save()
        for place, memory in enumerate(self.memories):
            if memory and memory.flight and self.tokens[place] == row.token:
                late = time.monotonic() - LEASE - 1
                memory.flight = replace(memory.flight, held=late)

    def die(self, number, worker):
        lapsed = timezone.now() - timedelta(seconds=1)
        Lane.objects.filter(token=self.tokens[worker]).update(lease_until=lapsed)
        self.tokens[worker], self.memories[worker] = uuid4(), None

    def hold(self, *_):
        channels.hold(self.channel.pk, reason="stocktaking", by="ada")

    def release(self, *_):
        channels.release(self.channel.pk, by="ada")

    def _plan(self, worker):
        return self._outgoing(worker)._plan([self.memories[worker].claimed], math.inf)

    def _start(self, worker):
        memory = self.memories[worker]
        slot = Slot(self.channel.pk, self.tokens[worker], LEASE)
        memory.started = bool(start([memory.flight], slot, epoch=memory.epoch, turn=1))
        return memory.started

    def _collect(self, worker):
        memory, out = self.memories[worker], self._outgoing(worker)
        return out.air.save([(memory.flight, memory.answer)], timezone.now())

    def _outgoing(self, worker):
        return Outgoing(self.channel.pk, self.tokens[worker], LEASE)

    def jobs_now(self):
        """As the model would say it."""
        rows = Job.objects.in_bulk(self.jobs.values())
        found = [rows.get(self.jobs.get(number)) for number in range(len(LANE_OF))]
        return tuple(
            ModelJob(STATES.get(row.state, "open"), row.crashes if row.state in OPEN_STATES else 0)
            if row
            else ModelJob()
            for row in found
        )

    def lanes_now(self):
        return tuple(self._lane_now(self.lanes[lane]) for lane in LANES)

    def _lane_now(self, lane_id):
        row = Lane.objects.get(pk=lane_id)
        call = Call.objects.filter(lane=row, state__in=OPEN_CALL_STATES).first()
        numbers = {job_id: number for number, job_id in self.jobs.items()}
        return ModelLane(
            token=row.token and self._name(row.token),
            lapsed=bool(row.lease_until and row.lease_until < timezone.now()),
            call=call and ModelCall(numbers[call.job_id], self._name(call.token), call.state),
            unknown=Job.objects.filter(lane=row, payload__unknown=True).exists(),
        )

    def _name(self, token):
        return self.tokens.index(token) if token in self.tokens else DEAD_PUMP

    def applied_now(self):
        return tuple(handler.applied.get(self.jobs.get(n, 0), 0) for n in range(len(LANE_OF)))

    def held_now(self):
        return Channel.objects.get(pk=self.channel.pk).health == Health.HELD
