"""Reading a whole store by pages: the first pull, and the reconciliation; both resume."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from catalogue.enums import Source
from catalogue.models import Listing
from catalogue.selectors.terms import extras_of, terms_of
from catalogue.services.comparing import compare_read
from catalogue.services.gates import Cause
from catalogue.services.grants import settle_grants, withdrawn
from catalogue.services.importing import (
    found_products,
    is_founder,
    known_skus,
    take_in_nodes,
)
from catalogue.services.linking import match_listings
from catalogue.services.misfits import settle_misfits
from catalogue.services.offering import offer_found
from catalogue.services.stock.pull import follow_stock
from stores.enums import READABLE, Mode
from stores.models import Store
from stores.services.pulls import IMPORT
from stores.services.tokens import session_in, session_of
from stores.shopify.answers import answer_of
from stores.shopify.products import products_count, products_page, read_product
from stores.shopify.types import Extras, Reply, Session
from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    JobView,
    Parked,
    Planned,
    Settled,
    Verdict,
)
from syncqueue.enums import Outcome

RECONCILE = "reconcile"
TOKEN_SECONDS = 5.0
CHUNK = 200


class Pull:
    """One job walks the store page by page; each settled page moves the store's cursor."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        store = Store.objects.get(pk=job.payload["store"])
        if store.mode not in READABLE:
            return Settled(Outcome.SUPERSEDED, f"The store is {store.mode}: nothing is read.")
        session = session_of(store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        if store.pull_started_at is None or store.pull_finished_at is not None:
            _begin(store, now)
        request = {
            "op": "page",
            "cursor": store.pull_cursor or None,
            "count": store.pull_total is None,
            "extras": _extras(store),
            "planned": now.isoformat(),
        }
        return Call(request, session)

    def send(self, request: dict[str, Any], context: object) -> Answer:
        return answer_of(lambda: _read_page(session_in(context), request))

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        if answer.error:
            return withdrawn(job, answer)
        store = Store.objects.get(pk=job.payload["store"])
        body = answer.body or {}
        importing = job.payload["purpose"] == IMPORT
        take_in_nodes(
            store,
            body["nodes"],
            asked_at=datetime.fromisoformat(call_request["planned"]),
            cause_id=job.cause_id,
            now=now,
            source=Source.SYNC if importing else Source.RECONCILE,
            found=True,
        )
        store.pull_done += len(body["nodes"])
        store.pull_total = max(body["count"] or store.pull_total or 0, store.pull_done)
        store.pull_cursor = body["cursor"] or ""
        if body["cursor"]:
            _save_progress(store)
            return Again(f"{store.pull_done} of {store.pull_total} products were read.")
        store.pull_finished_at = now
        _save_progress(store)
        return _finish(store, job)


def _begin(store: Store, now: datetime) -> None:
    store.pull_cursor, store.pull_done, store.pull_total = "", 0, None
    store.pull_started_at, store.pull_finished_at = now, None
    _save_progress(store)


def _save_progress(store: Store) -> None:
    store.save(
        update_fields=[
            "pull_cursor",
            "pull_done",
            "pull_total",
            "pull_started_at",
            "pull_finished_at",
        ]
    )


def _extras(store: Store) -> dict[str, Any]:
    return extras_of(store, terms_of([store.pk])[store.pk]).to_json()


def _read_page(session: Session, request: Mapping[str, Any]) -> Reply:
    extras = Extras.from_json(request["extras"])
    page = products_page(session, request["cursor"], extras=extras)
    body = {
        "nodes": [dict(product.node) for product in page.products],
        "cursor": page.cursor,
        "count": products_count(session) if request["count"] else None,
    }
    return replace(page.reply, body=body)


def _finish(store: Store, job: JobView) -> Settled:
    settle_grants(store)
    settle_misfits(store)
    compare_read(store, cause_id=job.cause_id)
    return Settled(Outcome.APPLIED, f"{store.pull_done} products were read; matching follows.")


class Adopt:
    """A product that a delivery named and nobody knew: read it, then create or match it."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        store = Store.objects.get(pk=job.payload["store"])
        if Listing.objects.filter(store=store, gid=job.payload["gid"]).exists():
            return Settled(Outcome.SUPERSEDED, "The product has become known meanwhile.")
        session = session_of(store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        request = {
            "op": "read",
            "gid": job.payload["gid"],
            "extras": _extras(store),
            "planned": now.isoformat(),
        }
        return Call(request, session)

    def send(self, request: dict[str, Any], context: object) -> Answer:
        session, extras = session_in(context), Extras.from_json(request["extras"])
        return answer_of(lambda: read_product(session, request["gid"], extras=extras))

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        if answer.error:
            return withdrawn(job, answer)
        node = (answer.body or {})["product"]
        if node is None:
            return Settled(Outcome.NOTHING_TO_DO, "The product is gone again.")
        store = Store.objects.get(pk=job.payload["store"])
        new = take_in_nodes(
            store,
            [node],
            asked_at=datetime.fromisoformat(call_request["planned"]),
            cause_id=job.cause_id,
            now=now,
            source=Source.SYNC,
        )
        if store.mode in (Mode.CONNECTED, Mode.IMPORTING):
            return Settled(Outcome.APPLIED, "Taken in; the pull under way will compare it.")
        if is_founder(store) and not known_skus(store, new):
            made = found_products(new)
            cause = Cause(store.workspace_id, Source.SYNC, str(store), job.cause_id, store.pk)
            offer_found(made if store.is_live else (), cause)
        else:
            ids = [pic.listing.pk for pic in new]
            match_listings(store, ids, cause_id=job.cause_id, now=now)
        follow_stock(store, [pic.listing.pk for pic in new], cause_id=job.cause_id)
        return Settled(Outcome.APPLIED, "A new product of the store was taken in.")
