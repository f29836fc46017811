"""Short words for what tests of the pump do with jobs."""

from uuid import uuid4

from django.utils import timezone

from syncqueue.enums import Kind
from syncqueue.models import Job, Lane
from syncqueue.services.enqueue import NewJob, enqueue


def queue(channel, *scripts, key="product:1", kind=Kind.CALL, handler="scripted", **more):
    """One job a script, in one lane."""
    jobs = [
        NewJob(
            channel_id=channel.pk,
            kind=kind,
            key=key,
            handler=handler,
            payload={"script": list(script)},
            cause_id=uuid4(),
            **more,
        )
        for script in scripts
    ]
    return enqueue(jobs)


def state_of(job_id):
    job = Job.objects.get(pk=job_id)
    return job.state, job.outcome


def make_all_due():
    Lane.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
