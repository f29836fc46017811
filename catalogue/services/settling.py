"""What a settled write says: the trail of what it carried, or why it was refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalogue.domain.attributes import attribute
from catalogue.services.locking import Locked
from catalogue.services.trail import mark_carried, mark_refused, mark_written
from syncqueue.domain.handling import Again, JobView, Refused, Settled, Verdict
from syncqueue.enums import Outcome

GUARDED = "The store did not show any more what was planned on: nothing was written."


def written(
    locked: Locked, job: JobView, passengers: Sequence[JobView], request: Mapping[str, Any]
) -> Verdict:
    """Date what the call has carried; where `more` must be written, the job goes on."""
    keys = {(leaf["host"], leaf["attribute"]) for leaf in request["leaves"]}
    pic = locked.picture
    if request["more"]:
        mark_carried(job, pic, {(pic.variant_of(gid), name) for gid, name in keys})
    else:
        mark_written(job, passengers, pic, keys)
    names = sorted({attribute(leaf["attribute"]).label for leaf in request["leaves"]})
    said = f"Written: {', '.join(names)}."
    return Again(f"{said} The rest follows.") if request["more"] else Settled(Outcome.WRITTEN, said)


def refusal(job: JobView, passengers: Sequence[JobView], code: str, message: str) -> Refused:
    """A refusal in Shopify's words; with passengers each is tried alone, so none is told yet."""
    if not passengers:
        mark_refused(job.id, message)
    return Refused((code or "user_error").lower(), f"Shopify refused it: {message}")
