"""How each mutation that the twin plays is carried out; `stock` has those of the warehouse."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from stores.shopify.schema import VERSION
from stores.twin import edits
from stores.twin.attributes import Refusal
from stores.twin.edits import Author
from stores.twin.errors import UnimplementedError
from stores.twin.nodes import Call, Info, find, kind_of
from stores.twin.paging import LIMIT
from stores.twin.queries import Resolver
from stores.twin.webhooks import topic_name
from stores.twin.world import Product, Subscription

__all__ = ["MUTATIONS"]

_NO_PRODUCT = "Product does not exist"


def _product_update(_: Any, info: Info, *, product: dict[str, Any] | None = None) -> Any:
    if product is None:
        raise UnimplementedError(
            "The twin implements productUpdate with the argument product only."
        )
    found = _product(info.context, product.get("id"))
    if found is None:
        return _refused([Refusal(["id"], _NO_PRODUCT)], product=None)
    refusals = _edit(info.context, found, fields=product)
    return _refused(refusals, product=None) if refusals else _done(product=found)


def _variants_update(
    _: Any,
    info: Info,
    *,
    product_id: str,
    variants: Sequence[dict[str, Any]],
    allow_partial_updates: bool = False,
) -> Any:
    if allow_partial_updates:
        raise UnimplementedError("The twin does not implement allowPartialUpdates.")
    _bounded(variants)
    nothing = {"product": None, "product_variants": None}
    found = _product(info.context, product_id)
    if found is None:
        refusal = Refusal(["productId"], _NO_PRODUCT, "PRODUCT_DOES_NOT_EXIST")
        return _refused([refusal], **nothing)
    if refusals := _edit(info.context, found, variants=variants):
        return _refused(refusals, **nothing | {"product": found})
    changed = [info.context.shop.variants[edits.number(each["id"]) or 0] for each in variants]
    return _done(product=found, product_variants=changed)


def _variants_create(
    _: Any, info: Info, *, product_id: str, variants: Sequence[dict[str, Any]], strategy: str
) -> Any:
    if strategy != "DEFAULT":
        raise UnimplementedError("The twin does not implement the argument strategy.")
    _bounded(variants)
    call, found = info.context, _product(info.context, product_id)
    if found is None:
        refusal = Refusal(["productId"], _NO_PRODUCT, "PRODUCT_DOES_NOT_EXIST")
        return _refused([refusal], product=None, product_variants=None)
    given = [_with_options(found, each) for each in variants]
    made = edits.add_variants(call.twin, call.shop, found, _author(call), given)
    if isinstance(made[0], Refusal):
        return _refused(made, product=None, product_variants=None)
    return _done(product=found, product_variants=made)


def _product_create(_: Any, info: Info, *, product: dict[str, Any] | None = None) -> Any:
    if product is None:
        raise UnimplementedError(
            "The twin implements productCreate with the argument product only."
        )
    call = info.context
    made = edits.create(call.twin, call.shop, _author(call), fields=product)
    return _done(product=made) if isinstance(made, Product) else _refused(made, product=None)


def _product_delete(
    _: Any,
    info: Info,
    *,
    input: dict[str, Any],  # noqa: A002  Shopify's name
    synchronous: bool = True,
) -> Any:
    if not synchronous:
        raise UnimplementedError("The twin does not implement synchronous: false.")
    call, found = info.context, _product(info.context, input["id"])
    if found is None:
        return _refused([Refusal(["id"], _NO_PRODUCT)], deleted_product_id=None)
    edits.delete(call.twin, call.shop, found, _author(call))
    return _done(deleted_product_id=found.gid)


def _tags(sign: int) -> Resolver:
    def change(_: Any, info: Info, *, id: str, tags: Sequence[str]) -> Any:  # noqa: A002
        found = _product(info.context, id)
        if found is None:
            return _refused([Refusal(["id"], _NO_PRODUCT)], node=None)
        given = {tag.strip().casefold() for tag in tags}
        kept = [tag for tag in found.values["tags"] if tag.casefold() not in given]
        _edit(
            info.context,
            found,
            fields={"tags": [*found.values["tags"], *tags] if sign > 0 else kept},
        )
        return _done(node=found)

    return change


def _subscribe(_: Any, info: Info, *, topic: str, webhook_subscription: dict[str, Any]) -> Any:
    call, uri = info.context, _uri(webhook_subscription)
    if refusals := _bad_address(call, topic_name(topic), uri):
        return _refused(refusals, webhook_subscription=None)
    id_, now = call.twin.next_id("subscription"), call.twin.second()
    name = webhook_subscription.get("name")
    made = Subscription(id_, topic_name(topic), uri, now, VERSION, name)
    call.install.subscriptions[id_] = made
    return _done(webhook_subscription=made)


def _resubscribe(_: Any, info: Info, *, id: str, webhook_subscription: dict[str, Any]) -> Any:  # noqa: A002
    call, found = info.context, _subscription(info.context, id)
    if found is None:
        refusal = Refusal(["id"], "Webhook subscription does not exist")
        return _refused([refusal], webhook_subscription=None)
    uri = _uri(webhook_subscription) or found.uri
    if uri != found.uri and (refusals := _bad_address(call, found.topic, uri)):
        return _refused(refusals, webhook_subscription=None)
    found.uri, found.name = uri, webhook_subscription.get("name", found.name)
    return _done(webhook_subscription=found)


def _unsubscribe(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002
    found = _subscription(info.context, id)
    if found is None:
        refusal = Refusal(["id"], "Webhook subscription does not exist")
        return _refused([refusal], deleted_webhook_subscription_id=None)
    del info.context.install.subscriptions[found.id]
    return _done(deleted_webhook_subscription_id=found.gid)


MUTATIONS: dict[str, Resolver] = {
    "productUpdate": _product_update,
    "productVariantsBulkUpdate": _variants_update,
    "productVariantsBulkCreate": _variants_create,
    "productCreate": _product_create,
    "productDelete": _product_delete,
    "tagsAdd": _tags(+1),
    "tagsRemove": _tags(-1),
    "webhookSubscriptionCreate": _subscribe,
    "webhookSubscriptionUpdate": _resubscribe,
    "webhookSubscriptionDelete": _unsubscribe,
}


def _done(**parts: Any) -> dict[str, Any]:
    return {**parts, "user_errors": []}


def _refused(refusals: Sequence[Refusal], **parts: Any) -> dict[str, Any]:
    return {**parts, "user_errors": refusals}


def _author(call: Call) -> Author:
    return Author("app", call.request_id)


def _edit(call: Call, product: Product, **what: Any) -> list[Refusal]:
    fires = call.shop.knobs.noop_fires
    return edits.edit(call.twin, call.shop, product, _author(call), fires_always=fires, **what)


def _product(call: Call, gid: object) -> Product | None:
    return call.shop.products.get(edits.number(gid) or 0)


def _subscription(call: Call, gid: str) -> Subscription | None:
    found = find(call.shop, call.install, gid)
    return found if found is not None and kind_of(found) == "WebhookSubscription" else None


def _bounded(given: Sequence[Any]) -> None:
    if len(given) > LIMIT:
        raise GraphQLError(
            f"The input array size of {len(given)} is greater than the maximum allowed of {LIMIT}.",
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )


def _with_options(product: Product, given: dict[str, Any]) -> dict[str, Any]:
    values = {each.get("optionName"): each.get("name") for each in given.get("optionValues", ())}
    rest = {name: value for name, value in given.items() if name != "optionValues"}
    return {**rest, "options": [values.get(name) or "Default" for name in product.option_names]}


def _uri(given: dict[str, Any]) -> str:
    for name in given:
        if name not in {"uri", "callbackUrl", "format", "name"}:
            raise UnimplementedError(f"The twin does not implement the input {name}.")
    if given.get("format", "JSON") != "JSON":
        raise UnimplementedError("The twin sends webhooks as JSON only.")
    return given.get("uri") or given.get("callbackUrl") or ""


def _bad_address(call: Call, topic: str, uri: str) -> list[Refusal]:
    """Shopify wants https; the twin takes http too, or nothing could be tried on one machine."""
    place = ["webhookSubscription", "uri"]
    if not uri.startswith(("https://", "http://")):
        return [Refusal(place, "Address is invalid")]
    taken = {(each.topic, each.uri) for each in call.install.subscriptions.values()}
    return [Refusal(place, "Address for this topic has already been taken")] * (
        (topic, uri) in taken
    )
