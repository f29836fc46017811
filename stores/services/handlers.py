"""The jobs about a shop as a whole: what follows an installation, and probes of its grant."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from stores.enums import Mode
from stores.models import Delivery, Store
from stores.services.install import AFTER_INSTALL
from stores.services.modes import set_mode
from stores.services.pulls import IMPORT, PROBE, enqueue_probe, enqueue_pull
from stores.services.scopes import note_scopes
from stores.services.subscriptions import (
    reconcile_subscriptions,
    record_subscriptions,
    webhook_uri,
)
from stores.services.tokens import session_in, session_of
from stores.shopify.answers import answer_of
from stores.shopify.shop import shop_identity
from stores.shopify.types import Reply, Subscription
from syncqueue.domain.handling import (
    Answer,
    Call,
    JobView,
    Parked,
    Planned,
    Settled,
    SqlOnly,
    Verdict,
    register,
)
from syncqueue.enums import Outcome
from syncqueue.services.channel import hold

UNAUTHORIZED = 401


class _ShopCall:
    """A call about the shop itself, with nothing but its session."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:  # noqa: ARG002
        store = Store.objects.get(pk=job.payload["store"])
        if store.mode == Mode.UNINSTALLED:
            return Settled(Outcome.SUPERSEDED, "The app was uninstalled meanwhile.")
        session = session_of(store)
        if session is None:
            return Parked("The store's token is being renewed.", 5.0)
        return Call(self.request(store), session)

    def request(self, store: Store) -> dict[str, Any]:
        raise NotImplementedError


class AfterInstall(_ShopCall):
    """Registers the webhooks, then starts the first pull."""

    def request(self, store: Store) -> dict[str, Any]:
        namespaces = list(store.workspace.metafield_namespaces)
        return {"op": "subscribe", "uri": webhook_uri(), "namespaces": namespaces}

    def send(self, request: dict[str, Any], context: object) -> Answer:
        session, namespaces = session_in(context), request.get("namespaces", ())
        return answer_of(lambda: reconcile_subscriptions(session, request["uri"], namespaces))

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        _call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        if answer.error:
            return None
        store = Store.objects.get(pk=job.payload["store"])
        told = (answer.body or {})["subscriptions"]
        found = [Subscription(one["gid"], one["topic"], one["uri"]) for one in told]
        again = record_subscriptions(store, found, now=now)
        if store.mode == Mode.CONNECTED:
            set_mode(store.pk, Mode.IMPORTING, by="", reason="The first pull is under way.")
            enqueue_pull(store, IMPORT, cause_id=job.cause_id)
        said = f"{len(found)} webhook subscriptions stand."
        if again and store.is_live:
            enqueue_pull(store, "reconcile", cause_id=job.cause_id)
            said += f" Made again: {', '.join(again)}. The store is read for what was missed."
        return Settled(Outcome.APPLIED, said)


class Probe(_ShopCall):
    """Asks the shop who it is: the truth behind hints about the grant and the shop."""

    def request(self, store: Store) -> dict[str, Any]:
        return {"op": "identity", "installed_at": _install_of(store)}

    def send(self, _request: dict[str, Any], context: object) -> Answer:
        answer = answer_of(lambda: Reply(body=asdict(shop_identity(session_in(context)))))
        if answer.http_status == UNAUTHORIZED:  # an answer to what was asked, not a failure
            return replace(answer, body={"revoked": True}, error=None)
        return answer

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,  # noqa: ARG002  named by the contract
    ) -> Verdict | None:
        store_id = job.payload["store"]
        if answer.error:
            return None
        body = answer.body or {}
        if body.get("revoked"):
            return self._revoked(store_id, call_request["installed_at"])
        store = Store.objects.select_for_update(no_key=True).get(pk=store_id)
        if store.shop_gid == body["gid"]:
            names = ("name", "currency", "plan")
            Store.objects.filter(pk=store_id).update(**{name: body[name] for name in names})
            note_scopes(store, body["scopes"], cause_id=job.cause_id)
        return Settled(Outcome.NOTHING_TO_DO, "The shop answers; its facts are up to date.")

    def _revoked(self, store_id: int, installed_at: str) -> Settled:
        store = Store.objects.select_for_update(no_key=True).get(pk=store_id)
        if _install_of(store) != installed_at:
            return Settled(Outcome.SUPERSEDED, "The app was installed again meanwhile.")
        set_mode(store_id, Mode.UNINSTALLED, by="", reason="The app was uninstalled.")
        Store.objects.filter(pk=store_id).update(access_token="", refresh_token="")
        hold(store.channel_id, reason="The app was uninstalled.", by="")
        return Settled(Outcome.APPLIED, "Shopify no longer knows the token: uninstalled.")


class InboundShop(SqlOnly):
    """Every topic about the shop is a hint; a probe confirms it."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:  # noqa: ARG002
        delivery = Delivery.objects.select_related("store").get(pk=job.payload["delivery"])
        enqueue_probe(delivery.store, cause_id=job.cause_id)
        return Settled(Outcome.NOTHING_TO_DO, f"“{delivery.topic}” is a hint: a probe follows.")


def _install_of(store: Store) -> str:
    """Which installation a token is from: an old one's end says nothing about the next."""
    return store.installed_at.isoformat() if store.installed_at else ""


def register_handlers() -> None:
    register(AFTER_INSTALL, AfterInstall())
    register(PROBE, Probe())
    register("inbound.shop", InboundShop())
