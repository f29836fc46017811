"""The engine's tables: channels, their lanes, the jobs, the attempts and the stored calls."""

from syncqueue.models.attempt import Attempt
from syncqueue.models.books import Balance, Finding, Pruned
from syncqueue.models.call import Call
from syncqueue.models.channel import Channel, Lane
from syncqueue.models.chore import Chore
from syncqueue.models.job import Job
from syncqueue.models.replay import Replay

__all__ = [
    "Attempt",
    "Balance",
    "Call",
    "Channel",
    "Chore",
    "Finding",
    "Job",
    "Lane",
    "Pruned",
    "Replay",
]
