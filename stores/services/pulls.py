"""Asking a store: for its goods, all of them, and for who it is and what it grants."""

from uuid import UUID, uuid4

from stores.models import Store
from syncqueue.enums import Kind, Priority
from syncqueue.services.enqueue import NewJob, enqueue

PROBE = "stores.probe"
PULL = "catalogue.pull"
IMPORT = "import"


def enqueue_pull(store: Store, purpose: str, *, cause_id: UUID | None = None) -> int:
    """Queue a pull (`import`) or a reconciliation (`reconcile`) of a store; the id of its job."""
    job = NewJob(
        channel_id=store.channel_id,
        kind=Kind.CALL,
        key="pull",
        handler=PULL,
        payload={"store": store.pk, "purpose": purpose},
        cause_id=cause_id or uuid4(),
        priority=Priority.BULK,
        dedupe_key=purpose,
    )
    return enqueue([job])[0]


def enqueue_probe(store: Store, *, cause_id: UUID) -> None:
    """Queue the question who a store is and what it grants."""
    job = NewJob(
        channel_id=store.channel_id,
        kind=Kind.CALL,
        key="shop",
        handler=PROBE,
        payload={"store": store.pk},
        cause_id=cause_id,
        dedupe_key="probe",
    )
    enqueue([job])
