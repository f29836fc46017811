"""Mutations of metafields and their definitions."""

from collections.abc import Sequence
from typing import Any

from stores.twin.custom import Definition
from stores.twin.edits import Deed, definitions
from stores.twin.edits.metafields import delete_many, namespace, set_many
from stores.twin.gids import number
from stores.twin.mutations.answer import bounded, deed_of, mutation
from stores.twin.nodes import Info
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError

__all__ = ["METAFIELDS"]

Given = dict[str, Any]


@mutation("metafields")
def _set(_: Any, info: Info, *, metafields: Sequence[Given]) -> Any:
    with deed_of(info.context) as deed:
        return {"metafields": set_many(deed, metafields)}


@mutation("deleted_metafields")
def _delete(_: Any, info: Info, *, metafields: Sequence[Given]) -> Any:
    bounded(metafields)
    with deed_of(info.context) as deed:
        return {"deleted_metafields": delete_many(deed, metafields)}


@mutation("created_definition")
def _define(_: Any, info: Info, *, definition: Given) -> Any:
    with deed_of(info.context) as deed:
        return {"created_definition": definitions.create(deed, definition)}


@mutation("updated_definition", "validation_job")
def _redefine(_: Any, info: Info, *, definition: Given) -> Any:
    with deed_of(info.context) as deed:
        found = _found(deed, None, definition, "definition")
        definitions.update(deed, found, definition)
    return {"updated_definition": found}


@mutation("deleted_definition", "deleted_definition_id")
def _undefine(
    _: Any,
    info: Info,
    *,
    id: str | None = None,  # noqa: A002  Shopify's name
    identifier: Given | None = None,
    delete_all_associated_metafields: bool | None = False,
) -> Any:
    with deed_of(info.context) as deed:
        found = _found(deed, id, identifier, "id" if id else "identifier")
        definitions.delete(deed, found, with_metafields=bool(delete_all_associated_metafields))
    return {"deleted_definition": found, "deleted_definition_id": found.gid}


def _pin(payload: str, *, pinned: bool) -> Resolver:
    @mutation(payload)
    def turn(
        _: Any, info: Info, *, definition_id: str | None = None, identifier: Given | None = None
    ) -> Any:
        argument = "definitionId" if definition_id else "identifier"
        with deed_of(info.context) as deed:
            found = _found(deed, definition_id, identifier, argument)
            definitions.pin(deed, found, pinned=pinned)
        return {payload: found}

    return turn


def _found(deed: Deed, gid: str | None, identifier: Given | None, argument: str) -> Definition:
    """The definition that is meant. Raises RefusedError."""
    every = deed.shop.definitions
    if identifier is not None:
        space = namespace(deed, identifier.get("namespace"))
        found = every.get((identifier["ownerType"], space, identifier["key"]))
    else:
        found = next((each for each in every.values() if each.id == number(gid)), None)
    if found is None:
        raise RefusedError(Refusal([argument], "Definition not found.", "NOT_FOUND"))
    return found


METAFIELDS: dict[str, Resolver] = {
    "metafieldsSet": _set,
    "metafieldsDelete": _delete,
    "metafieldDefinitionCreate": _define,
    "metafieldDefinitionUpdate": _redefine,
    "metafieldDefinitionDelete": _undefine,
    "metafieldDefinitionPin": _pin("pinned_definition", pinned=True),
    "metafieldDefinitionUnpin": _pin("unpinned_definition", pinned=False),
}
