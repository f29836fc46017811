"""How the installed app, its scopes and its subscriptions are read."""

import zlib
from typing import Any

from stores.shopify.schema import VERSION
from stores.twin.apps import Subscription
from stores.twin.nodes import Info, find, kind_of
from stores.twin.paging import Page, connect
from stores.twin.queries.read import Resolver, attribute, by_id, itself, key, moment

__all__ = ["APPS"]


def _subscription(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002  Shopify's name
    found = find(info.context.shop, info.context.install, id)
    return found if found is not None and kind_of(found) == "WebhookSubscription" else None


def _subscriptions(
    _: Any, info: Info, *, topics: list[str] | None = None, uri: str | None = None, **page: Any
) -> Page:
    every = info.context.install.subscriptions.values()
    found = [
        each
        for each in every
        if (topics is None or _topic_enum(each) in topics) and uri in {None, each.uri}
    ]
    return connect(found, by_id, **page)


def _count(_: Any, info: Info) -> dict[str, Any]:
    return {"count": len(info.context.install.subscriptions), "precision": "EXACT"}


def _topic_enum(subscription: Subscription) -> str:
    return subscription.topic.upper().replace("/", "_")


def _version(name: str) -> dict[str, Any]:
    return {"handle": name, "displayName": name, "supported": True}


APPS: dict[str, Resolver] = {
    "QueryRoot.webhookSubscription": _subscription,
    "QueryRoot.webhookSubscriptions": _subscriptions,
    "QueryRoot.webhookSubscriptionsCount": _count,
    "QueryRoot.currentAppInstallation": lambda _, info: info.context.install,
    "QueryRoot.publicApiVersions": lambda *_: [_version(VERSION)],
    "ApiVersion.handle": key("handle"),
    "ApiVersion.displayName": key("displayName"),
    "ApiVersion.supported": key("supported"),
    "AppInstallation.id": lambda install, _: f"gid://shopify/AppInstallation/{install.id}",
    "AppInstallation.accessScopes": lambda install, _: install.scopes,
    "AppInstallation.app": lambda install, _: install.app,
    "App.id": lambda app, _: f"gid://shopify/App/{zlib.crc32(app.client_id.encode())}",
    "App.apiKey": attribute("client_id"),
    "App.handle": attribute("client_id"),
    "App.title": attribute("client_id"),
    "App.requestedAccessScopes": attribute("scopes"),
    "App.optionalAccessScopes": attribute("optional_scopes"),
    "App.installation": lambda app, info: info.context.shop.installs.get(app.client_id),
    "AccessScope.handle": itself,
    "WebhookSubscription.id": attribute("gid"),
    "WebhookSubscription.legacyResourceId": lambda found, _: str(found.id),
    "WebhookSubscription.topic": lambda found, _: _topic_enum(found),
    "WebhookSubscription.uri": attribute("uri"),
    "WebhookSubscription.callbackUrl": attribute("uri"),
    "WebhookSubscription.format": lambda *_: "JSON",
    "WebhookSubscription.name": attribute("name"),
    "WebhookSubscription.filter": attribute("filter"),
    "WebhookSubscription.includeFields": attribute("include_fields"),
    "WebhookSubscription.metafieldNamespaces": attribute("metafield_namespaces"),
    "WebhookSubscription.metafields": attribute("metafields"),
    "WebhookSubscriptionMetafieldIdentifier.namespace": lambda pair, _: pair[0],
    "WebhookSubscriptionMetafieldIdentifier.key": lambda pair, _: pair[1],
    "WebhookSubscription.apiVersion": lambda found, _: _version(found.api_version),
    "WebhookSubscription.createdAt": moment("created_at"),
    "WebhookSubscription.updatedAt": moment("updated_at"),
}
