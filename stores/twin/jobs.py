"""What Shopify does after it has answered: jobs, and operations on products."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stores.twin.refusals import Refusal

if TYPE_CHECKING:
    from stores.twin.goods import Product
    from stores.twin.world import Shop, Twin

__all__ = ["Job", "Operation", "start_job", "start_operation"]


@dataclass(slots=True, eq=False)
class Job:
    gid: str
    done: bool = False


@dataclass(slots=True, eq=False)
class Operation:
    """`kind` is its type in GraphQL, `status` goes CREATED, ACTIVE, COMPLETE."""

    id: int
    kind: str
    product: "Product | None" = None
    status: str = "CREATED"
    refusals: list[Refusal] = field(default_factory=list)
    new_product: "Product | None" = None
    deleted_product_id: str | None = None

    @property
    def gid(self) -> str:
        return f"gid://shopify/{self.kind}/{self.id}"


def start_job(twin: "Twin", shop: "Shop", act: Callable[[], None]) -> Job:
    """Let `act` happen after the shop's `job_seconds`."""
    job = Job(f"gid://shopify/Job/{uuid.uuid4()}")
    shop.jobs[job.gid] = job

    def run() -> None:
        with shop.lock:
            act()
            job.done = True

    twin.agenda.after(shop.knobs.job_seconds, run)
    return job


def start_operation(
    twin: "Twin", shop: "Shop", operation: Operation, act: Callable[[Operation], None]
) -> Operation:
    """Let `act` happen after the shop's `job_seconds`; it is active from half of them on."""
    shop.product_operations[operation.id] = operation

    def begin() -> None:
        operation.status = "ACTIVE"

    def run() -> None:
        with shop.lock:
            act(operation)
            operation.status = "COMPLETE"

    twin.agenda.after(shop.knobs.job_seconds / 2, begin)
    twin.agenda.after(shop.knobs.job_seconds, run)
    return operation
