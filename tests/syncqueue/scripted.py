"""A handler that does what each job's payload says, and remembers what happened."""

import time
from collections import defaultdict

from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    CallError,
    ErrorClass,
    Parked,
    Points,
    Refused,
    Retry,
    Settled,
    register,
)
from syncqueue.enums import Outcome

ERRORS = {
    "down": CallError(ErrorClass.PLATFORM_DOWN, "http_503", "Shopify is not serving."),
    "transient": CallError(ErrorClass.TRANSIENT, "timeout", "The answer was lost."),
    "throttled": CallError(ErrorClass.THROTTLED, "throttled", "Too fast.", retry_after=0.05),
    "refused": CallError(ErrorClass.REFUSED, "bad", "Never."),
    "revoked": CallError(ErrorClass.REVOKED, "http_401", "Shopify no longer knows this token."),
    "unknown": CallError(ErrorClass.UNKNOWN, "cut", "The answer was lost."),
}


class Scripted:
    """`script` of a payload is consumed step by step, one step a try; the last one repeats."""

    def __init__(self):
        self.forget()

    def forget(self):
        self.planned, self.sent, self.settled = [], [], []
        self.tries = defaultdict(int)
        self.world = {}
        self.with_riders = False
        self.in_flight = self.most_in_flight = 0

    def step(self, job):
        script = job.payload.get("script", ["ok"])
        step = script[min(self.tries[job.id], len(script) - 1)]
        self.tries[job.id] += 1
        return step

    def plan(self, job, followers, *, now):  # noqa: ARG002
        self.planned.append(job.id)
        step = self.step(job)
        if step == "park":
            return Parked("waits for something", 60)
        if step == "done":
            return Settled(Outcome.NOTHING_TO_DO, "nothing to do")
        if step == "plan-refused":
            return Refused("no", "never")
        if step == "plan-retry":
            return Retry("later", "not now")
        if step == "plan-bug":
            raise RuntimeError("a broken plan")
        riders = tuple(f.id for f in followers if not f.solo) if not job.solo else ()
        request = {"job": job.id, "step": step}
        return Call(request, None, passengers=riders if self.with_riders else ())

    def send(self, request, context):  # noqa: ARG002
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return self._answer(request)
        finally:
            self.in_flight -= 1

    def _answer(self, request):
        step = self.world.get("everything", request["step"])
        self.sent.append(request["job"])
        if step == "send-bug":
            raise RuntimeError("a broken send")
        if step == "slow":
            time.sleep(0.3)
        if step in ERRORS:
            return Answer(error=ERRORS[step], seconds=0.01)
        points = Points(900, 1000, 50)
        return Answer(body={"ok": True}, http_status=200, request_id="r1", cost=10, points=points)

    def settle(self, job, passengers, call_request, answer, *, now):  # noqa: ARG002
        self.settled.append((job.id, answer.error and answer.error.code))
        if call_request["step"] == "settle-bug":
            raise RuntimeError("a broken settle")
        if answer.error and call_request["step"] == "read":
            return None
        if answer.error and answer.error.kind is ErrorClass.UNKNOWN:
            return Again("a read decides")
        if answer.error:
            return None
        if call_request["step"] == "page":
            return Again("the next page follows")
        if call_request["step"] == "user-error":
            return Refused("user_error", "Shopify refused it.")
        return Settled(Outcome.WRITTEN, "written")


scripted = Scripted()
register("scripted", scripted)
