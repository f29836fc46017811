"""How publications, channels and orders are read, and where products are published."""

from datetime import UTC, datetime
from typing import Any

from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import Product
from stores.twin.nodes import Info
from stores.twin.paging import Page, connect
from stores.twin.queries.read import Resolver, attribute, by_id, moment, number_of
from stores.twin.rendering import instant
from stores.twin.selling import Channel, Line, Order, Publication

__all__ = ["SELLING"]

AS_PLACED = frozenset({"ID", "ORDER_NUMBER", "CREATED_AT", "PROCESSED_AT"})
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _publications(_: Any, info: Info, *, catalog_type: str | None = None, **page: Any) -> Page:
    """All of them belong to apps' channels."""
    every = info.context.shop.publications if catalog_type in {None, "APP"} else []
    return connect(every, by_id, **page)


def _channels(_: Any, info: Info, **page: Any) -> Page:
    return connect([Channel(each) for each in info.context.shop.publications], by_id, **page)


def _publication(_: Any, info: Info, *, id: str) -> Publication | None:  # noqa: A002
    return next((x for x in info.context.shop.publications if x.id == number(id)), None)


def _channel(_: Any, info: Info, *, id: str) -> Channel | None:  # noqa: A002
    found = _publication(_, info, id=id)
    return Channel(found) if found else None


def _on(product: Product, info: Info, *, published: bool) -> list[tuple[Product, Publication]]:
    """Where a product is published or is to be; with `published` already."""
    now = info.context.twin.clock.now()
    return [
        (product, each)
        for each in info.context.shop.publications
        if each.id in product.publishing and (not published or product.publishing[each.id] <= now)
    ]


def _is_published(pair: tuple[Product, Publication], info: Info) -> bool:
    since = pair[0].publishing.get(pair[1].id)
    return since is not None and since <= info.context.twin.clock.now()


def _date(pair: tuple[Product, Publication], _: Info) -> str:
    return instant(pair[0].publishing.get(pair[1].id, NEVER))


def _resource_publications(
    product: Product, info: Info, *, only_published: bool = True, **page: Any
) -> Page:
    found = _on(product, info, published=only_published)
    return connect(found, lambda pair: pair[1].id, **page)


def _resource_publications_v2(
    product: Product,
    info: Info,
    *,
    only_published: bool = True,
    catalog_type: str | None = None,
    **page: Any,
) -> Page:
    found = _on(product, info, published=only_published) if catalog_type in {None, "APP"} else []
    return connect(found, lambda pair: pair[1].id, **page)


def _count(product: Product, info: Info, *, only_published: bool = True) -> dict[str, Any]:
    return {"count": len(_on(product, info, published=only_published)), "precision": "EXACT"}


def _unpublished(product: Product, info: Info, **page: Any) -> Page:
    every = info.context.shop.publications
    return connect([each for each in every if each.id not in product.publishing], by_id, **page)


def _published_on(product: Product, info: Info, *, publication_id: str) -> bool:
    wanted = number(publication_id)
    return any(each.id == wanted for _, each in _on(product, info, published=True))


def _published_at(product: Product, info: Info) -> str | None:
    since = product.publishing.get(info.context.shop.online_store.id)
    return instant(since) if since else None


def _products_of(publication: Publication, info: Info, **page: Any) -> Page:
    every = info.context.shop.products.values()
    return connect([each for each in every if publication.id in each.publishing], by_id, **page)


def _order(_: Any, info: Info, *, id: str) -> Order | None:  # noqa: A002
    return info.context.shop.orders.get(number(id) or 0)


def _orders(_: Any, info: Info, *, sort_key: str = "PROCESSED_AT", **page: Any) -> Page:
    """In the order in which they were placed, which is that of their ids."""
    if sort_key not in AS_PLACED:
        raise UnimplementedError(f"The twin does not sort orders by {sort_key}.")
    return connect(list(info.context.shop.orders.values()), by_id, **page)


def _state(order: Order, _: Info) -> str:
    if order.cancelled_at:
        return "RESTOCKED"
    return "FULFILLED" if order.fulfilled_at else "UNFULFILLED"


def _cancelled(order: Order, _: Info) -> str | None:
    return instant(order.cancelled_at) if order.cancelled_at else None


def _sold(line: Line, info: Info, name: str) -> Any:
    """The variant or product of a line, while the shop has it."""
    variant = info.context.shop.variants.get(line.variant.id)
    return variant if name == "variant" or variant is None else variant.product


SELLING: dict[str, Resolver] = {
    "QueryRoot.publication": _publication,
    "QueryRoot.publications": _publications,
    "QueryRoot.channel": _channel,
    "QueryRoot.channels": _channels,
    "Publication.id": attribute("gid"),
    "Publication.name": attribute("name"),
    "Publication.autoPublish": attribute("auto_publish"),
    "Publication.supportsFuturePublishing": lambda found, info: (
        found is info.context.shop.online_store
    ),
    "Publication.channels": lambda found, _, **page: connect([Channel(found)], by_id, **page),
    "Publication.products": _products_of,
    "Channel.id": attribute("gid"),
    "Channel.name": lambda channel, _: channel.publication.name,
    "Channel.handle": lambda channel, _: channel.publication.handle,
    "Channel.supportsFuturePublishing": lambda channel, info: (
        channel.publication is info.context.shop.online_store
    ),
    "Channel.products": lambda channel, info, **page: _products_of(
        channel.publication, info, **page
    ),
    "Product.publishedAt": _published_at,
    "Product.publishedOnPublication": _published_on,
    "Product.resourcePublications": _resource_publications,
    "Product.resourcePublicationsV2": _resource_publications_v2,
    "Product.resourcePublicationsCount": _count,
    "Product.availablePublicationsCount": _count,
    "Product.unpublishedPublications": _unpublished,
    "Order.id": attribute("gid"),
    "Order.legacyResourceId": number_of,
    "Order.name": attribute("name"),
    "Order.number": attribute("number"),
    "Order.createdAt": moment("created_at"),
    "Order.processedAt": moment("created_at"),
    "Order.updatedAt": moment("updated_at"),
    "Order.cancelledAt": _cancelled,
    "Order.displayFulfillmentStatus": _state,
    "Order.lineItems": lambda order, _, **page: connect(order.lines, by_id, **page),
    "QueryRoot.order": _order,
    "QueryRoot.orders": _orders,
    "LineItem.id": attribute("gid"),
    "LineItem.title": attribute("title"),
    "LineItem.sku": attribute("sku"),
    "LineItem.quantity": attribute("quantity"),
    "LineItem.variant": lambda line, info: _sold(line, info, "variant"),
    "LineItem.product": lambda line, info: _sold(line, info, "product"),
}
for _kind in ("ResourcePublication", "ResourcePublicationV2"):
    SELLING |= {
        f"{_kind}.publication": lambda pair, _: pair[1],
        f"{_kind}.publishable": lambda pair, _: pair[0],
        f"{_kind}.isPublished": _is_published,
        f"{_kind}.publishDate": _date,
    }
