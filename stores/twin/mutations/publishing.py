"""publishablePublish and publishableUnpublish, of products."""

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stores.twin.edits.publishing import publish, unpublish
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import Product
from stores.twin.mutations.answer import bounded, deed_of, mutation
from stores.twin.nodes import Call, Info, find
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.selling import Publication

__all__ = ["PUBLISHING"]

Given = Mapping[str, Any]


@mutation("publishable")
def _publish(_: Any, info: Info, *, id: str, input: Sequence[Given]) -> Any:  # noqa: A002
    """A future date is for the web shop only: no other channel waits for it (schema text)."""
    call, product, chosen = info.context, _product(info.context, id), _chosen(info.context, input)
    dates = [_moment(each.get("publishDate")) for each in input]
    for index, (publication, date) in enumerate(zip(chosen, dates, strict=True)):
        later = date is not None and date > call.twin.clock.now()
        if later and publication is not call.shop.online_store:
            said = "Publication doesn't support future publishing"
            raise RefusedError(Refusal(["input", str(index), "publishDate"], said))
    with deed_of(call) as deed:
        for publication, date in zip(chosen, dates, strict=True):
            publish(deed, product, publication, date)
    return {"publishable": product}


@mutation("publishable")
def _unpublish(_: Any, info: Info, *, id: str, input: Sequence[Given]) -> Any:  # noqa: A002
    call, product, chosen = info.context, _product(info.context, id), _chosen(info.context, input)
    with deed_of(call) as deed:
        for publication in chosen:
            unpublish(deed, product, publication)
    return {"publishable": product}


def _with_shop(play: Resolver) -> Resolver:
    """The shop stands beside refusals too."""

    @functools.wraps(play)
    def resolve(source: Any, info: Info, **given: Any) -> Any:
        return {**play(source, info, **given), "shop": info.context.shop}

    return resolve


def _product(call: Call, gid: str) -> Product:
    found = find(call.shop, call.install, gid)
    if found is None:
        raise RefusedError(Refusal(["id"], "Resource does not exist"))
    if not isinstance(found, Product):
        raise UnimplementedError("The twin publishes products only.")
    return found


def _chosen(call: Call, given: Sequence[Given]) -> list[Publication]:
    bounded(given)
    known = {each.id: each for each in call.shop.publications}
    found = [known.get(number(each.get("publicationId")) or 0) for each in given]
    refusals = [
        Refusal(["input", str(index), "publicationId"], "Publication does not exist")
        for index, each in enumerate(found)
        if each is None
    ]
    if refusals:
        raise RefusedError(*refusals)
    return [each for each in found if each is not None]


def _moment(given: str | None) -> datetime | None:
    if given is None:
        return None
    moment = datetime.fromisoformat(given).replace(microsecond=0)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


PUBLISHING: dict[str, Resolver] = {
    "publishablePublish": _with_shop(_publish),
    "publishableUnpublish": _with_shop(_unpublish),
}
