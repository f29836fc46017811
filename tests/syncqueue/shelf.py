"""A platform whose shelf takes many items in one request, all or none, once a key; its handler."""

from collections import Counter

from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    CallError,
    ErrorClass,
    Points,
    Refused,
    Settled,
    register,
)
from syncqueue.enums import Outcome

LOST = CallError(ErrorClass.UNKNOWN, "cut", "The answer was lost.")
DOWN = CallError(ErrorClass.PLATFORM_DOWN, "http_503", "Shopify is not serving.")
NEVER = CallError(ErrorClass.REFUSED, "bad", "Never in this company.")
SLOW = CallError(ErrorClass.THROTTLED, "throttled", "Too fast.", retry_after=0.0)


class Shelf:
    """`levels` counts what was really put where; `faults` are what the next requests meet."""

    most = 4

    def __init__(self):
        self.forget()

    def forget(self):
        self.levels, self.requests, self.answered = Counter(), [], {}
        self.bad, self.faults, self.heard = set(), [], []
        self.mismatches = 0
        self.points = Points(900, 1000, 50)

    # The platform.

    def request(self, key, items):
        self.requests.append((key, items))
        fault = self.faults.pop(0) if self.faults else None
        if fault in (DOWN, SLOW):
            return Answer(error=fault, asked=30, points=self.points, seconds=0.01)
        if key in self.answered:
            known, answer = self.answered[key]
            self.mismatches += known != items
        else:
            answer = self._carry_out(items, fault)
            self.answered[key] = (items, answer)
        return Answer(error=LOST, seconds=0.01) if fault is LOST else answer

    def _carry_out(self, items, fault):
        if fault is NEVER:
            return Answer(error=NEVER, seconds=0.01)
        errors = [place for place, item in enumerate(items) if item in self.bad]
        if not errors:
            self.levels.update(items)
        return Answer(body={"errors": errors}, asked=30, cost=len(items), points=self.points)

    # The handler.

    def plan(self, job, followers, *, now):  # noqa: ARG002
        return Call({"item": job.key}, None, merge="" if job.solo else "shelf")

    def merge(self, calls):
        if any("bug" in call.request["item"] for call in calls):
            raise RuntimeError("a broken merge")
        return Call({"items": [call.request["item"] for call in calls]}, calls[0].context)

    def refused(self, request, answer):  # noqa: ARG002
        return answer.body["errors"]

    def context(self, job, *, now):  # noqa: ARG002
        return None

    def send(self, request, context):  # noqa: ARG002
        items = request.get("items") or [request["item"]]
        return self.request(request["idempotency_key"], items)

    def settle(self, job, passengers, call_request, answer, *, now):  # noqa: ARG002
        self.heard.append((call_request["item"], answer.error and answer.error.code))
        if answer.error and answer.error.kind is ErrorClass.UNKNOWN:
            return Again("a read decides")
        if answer.error:
            return None
        if job.key in self.bad:
            return Refused("stale", "It has moved.")
        return Settled(Outcome.WRITTEN, "written")


shelf = Shelf()
register("shelf", shelf)
