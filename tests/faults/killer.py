# ruff: noqa: ARG002  the contract of handlers
"""A handler that ends its own worker, or lets it go on: poison, and the innocent beside it."""

import os
import signal

from syncqueue.domain.handling import Answer, Call, Settled, register
from syncqueue.enums import Outcome

NAME = "faults.killer"


class Killer:
    """`dies` of a payload says where: in `plan`, in `send`, in `settle`, or nowhere."""

    def plan(self, job, followers, *, now):
        _die(job.payload, "plan")
        return Call(dict(job.payload), None)

    def send(self, request, context):
        _die(request, "send")
        return Answer(body={}, http_status=200)

    def settle(self, job, passengers, call_request, answer, *, now):
        if answer.error:
            return None
        _die(job.payload, "settle")
        return Settled(Outcome.WRITTEN, "Survived.")


def _die(payload, place):
    if payload["dies"] == place:
        os.kill(os.getpid(), signal.SIGKILL)


register(NAME, Killer())
