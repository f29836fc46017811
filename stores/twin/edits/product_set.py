"""productSet: a product as another system wants it, made or changed, with lists as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.twin.custom import Definition, reserved
from stores.twin.edits import file_update, files, media, metafields, products, structure_set
from stores.twin.edits.deed import Deed
from stores.twin.edits.drafts import plain
from stores.twin.edits.files import NewFile
from stores.twin.edits.identity import by_identifier, custom_id
from stores.twin.edits.metafields import Setting
from stores.twin.edits.options import DEFAULT
from stores.twin.edits.products import NewProduct
from stores.twin.edits.structure_set import Structure
from stores.twin.gids import number
from stores.twin.goods import DEFAULT_VALUE, Product
from stores.twin.library import File
from stores.twin.metafield_types import BadMetafieldError
from stores.twin.refusals import Refusal, RefusedError, refuse

__all__ = ["product_set"]

Given = Mapping[str, Any]
_LISTS = ("productOptions", "variants", "files", "metafields")


@dataclass(frozen=True, slots=True)
class _Plan:
    """All of it checked. None stands for a list that was not given, which leaves it alone."""

    values: dict[str, Any]
    structure: Structure | None
    files: list[tuple[File | NewFile, Given]] | None
    metafields: list[Setting] | None


def product_set(deed: Deed, given: Given, identifier: Given | None) -> Product:
    """Make or change a product: lists that are given replace, others stay (schema text).

    Raises RefusedError with the codes of ProductSetUserErrorCode.
    """
    try:
        product = _target(deed, given, identifier)
        plan = _plan(deed, product, given)
    except RefusedError as refused:
        raise RefusedError(*(_coded(each) for each in refused.refusals)) from refused
    if product is None:
        product = _make(deed, plan)
    else:
        products.apply(deed, product, plan.values)
    _apply_lists(deed, product, plan)
    return product


def _target(deed: Deed, given: Given, identifier: Given | None) -> Product | None:
    """The product that is there already. Raises RefusedError."""
    if identifier is None:
        if given.get("id") is None:
            return None
        found = by_identifier(deed.shop, None, {"id": given["id"]})
        if found is None:
            raise RefusedError(refuse("PRODUCT_DOES_NOT_EXIST", "id"))
        return found
    if given.get("id") is not None:
        raise RefusedError(refuse("ID_NOT_ALLOWED", "id"))
    if identifier.get("handle") is not None:
        _check_handle(given, identifier["handle"])
    if identifier.get("customId") is not None:
        _check_custom_id(deed, given, identifier["customId"])
    found = by_identifier(deed.shop, deed.author.app, identifier)
    if found is None and identifier.get("id") is not None:
        raise RefusedError(refuse("NOT_FOUND", "identifier", "id"))
    return found


def _check_handle(given: Given, handle: str) -> None:
    if not given.get("handle"):
        raise RefusedError(refuse("MISSING_FIELD_REQUIRED", "handle"))
    if given["handle"] != handle:
        raise RefusedError(refuse("INPUT_MISMATCH", "handle"))


def _check_custom_id(deed: Deed, given: Given, wanted: Given) -> None:
    """The input's metafields must have the identifier's value (schema codes)."""
    definition, value = custom_id(deed.shop, deed.author.app, wanted)
    if given.get("metafields") is None:
        raise RefusedError(refuse("MISSING_FIELD_REQUIRED", "metafields"))
    for each in given["metafields"]:
        space = reserved(deed.author.app, each.get("namespace"))
        if (space, each.get("key")) == (definition.namespace, definition.key):
            if _same_value(deed, definition, each, value):
                return
            raise RefusedError(refuse("INPUT_MISMATCH", "metafields"))
    raise RefusedError(refuse("METAFIELD_MISMATCH", "metafields"))


def _same_value(deed: Deed, definition: Definition, given: Given, value: str) -> bool:
    try:
        text = given.get("value") or ""
        return metafields.canonical(deed.shop, definition.type, text, definition) == value
    except BadMetafieldError:
        return False


def _plan(deed: Deed, product: Product | None, given: Given) -> _Plan:
    """All that the input asks for. Raises RefusedError with the refusals of every part."""
    refusals: list[Refusal] = []
    found: list[Any] = []
    for part in (_values, structure_set.planned, _files, _metafields):
        try:
            found.append(part(deed, product, given))
        except RefusedError as refused:
            found.append(None)
            refusals += refused.refusals
    refusals += _strange_pictures(given)
    if refusals:
        raise RefusedError(*refusals)
    return _Plan(*found)


def _values(deed: Deed, product: Product | None, given: Given) -> dict[str, Any]:
    scalars = {name: each for name, each in given.items() if name not in _LISTS}
    return products.normal(deed.shop, scalars if product else {"title": None, **scalars}, product)


def _metafields(deed: Deed, product: Product | None, given: Given) -> list[Setting] | None:
    if given.get("metafields") is None:
        return None
    inputs = [(product, each) for each in given["metafields"]]
    return metafields.planned(deed, inputs, "metafields", kind="PRODUCT")


def _files(
    deed: Deed, _: Product | None, given: Given
) -> list[tuple[File | NewFile, Given]] | None:
    """The product's media to be: files of the shop by id, or new ones."""
    if given.get("files") is None:
        return None
    inputs: Sequence[Given] = given["files"]
    if len(inputs) > media.LIMIT:
        raise RefusedError(refuse("PRODUCT_MEDIA_LIMIT_EXCEEDED", "files"))
    found: list[tuple[File | NewFile, Given]] = []
    refusals: list[Refusal] = []
    for index, each in enumerate(inputs):
        try:
            found.append((_file(deed, each), each))
        except RefusedError as refused:
            refusals += [refusal.under("files", str(index)) for refusal in refused.refusals]
    if refusals:
        raise RefusedError(*refusals)
    return found


def _file(deed: Deed, given: Given) -> File | NewFile:
    if given.get("id") is None:
        return files.checked(deed.shop, given, given.get("contentType"))
    file = deed.shop.files.get(number(given["id"]) or 0)
    if file is None:
        raise RefusedError(refuse("FILE_DOES_NOT_EXIST", "id"))
    if file.kind == "GenericFile":
        raise RefusedError(refuse("UNSUPPORTED_FILE_REFERENCE", "id"))
    if refusals := list(files.bad_alt(given.get("alt"))):
        raise RefusedError(*refusals)
    return file


def _strange_pictures(given: Given) -> list[Refusal]:
    """A variant's file must be one of the product's `files` too (schema text)."""
    every = given.get("files") or ()
    known = {number(each["id"]) for each in every if each.get("id")}
    sources = {each.get("originalSource") for each in every}
    said = "The file must be among the files of the product."
    return [
        Refusal(["variants", str(index), "file"], said, "INVALID_INPUT")
        for index, each in enumerate(given.get("variants") or ())
        if (file := each.get("file")) is not None
        and number(file.get("id")) not in known
        and file.get("originalSource") not in sources - {None}
    ]


def _make(deed: Deed, plan: _Plan) -> Product:
    """The bare product, with the default variant where no structure was given."""
    if plan.structure is None:
        variant = plain(deed.shop, [DEFAULT_VALUE])
        return products.make(deed, NewProduct(plan.values, [DEFAULT], [variant]))
    product = products.make(deed, NewProduct(plan.values, [], []))
    product.options = plan.structure.options
    return product


def _apply_lists(deed: Deed, product: Product, plan: _Plan) -> None:
    if plan.files is not None:
        shown = [_have(deed, wanted, given) for wanted, given in plan.files]
        media.replace(deed, product, list(dict.fromkeys(shown)))
    if plan.structure is not None:
        structure_set.apply(deed, product, plan.structure)
    if plan.metafields is not None:
        metafields.apply(deed, product, plan.metafields)
        metafields.keep_only(deed, product, {each.address for each in plan.metafields})


def _have(deed: Deed, wanted: File | NewFile, given: Given) -> File:
    if isinstance(wanted, NewFile):
        return files.add(deed, [wanted])[0]
    if "alt" in given:
        file_update.set_alt(deed, wanted, given["alt"])
    return wanted


def _coded(refusal: Refusal) -> Refusal:
    """The same under `input`, with a code that productSet knows."""
    path = refusal.field
    whole = path if path[:1] == ["identifier"] else ["input", *path]
    if refusal.code in _CODES:
        return Refusal(whole, refusal.message, refusal.code)
    if "metafields" in path:
        return Refusal(whole, refusal.message, "INVALID_METAFIELD")
    kinds = {"variants": "INVALID_VARIANT", "files": "INVALID_INPUT"}
    code = kinds.get(path[0] if path else "", "INVALID_PRODUCT")
    return Refusal(whole, refusal.message, code)


_CODES = frozenset(
    {
        *("CAPABILITY_VIOLATION", "DUPLICATED_OPTION_NAME", "DUPLICATED_OPTION_VALUE"),
        *("HANDLE_NOT_UNIQUE", "ID_NOT_ALLOWED", "INPUT_MISMATCH", "INVALID_INPUT"),
        *("INVENTORY_QUANTITIES_LIMIT_EXCEEDED", "METAFIELD_MISMATCH", "MISSING_FIELD_REQUIRED"),
        *("NOT_FOUND", "OPTIONS_OVER_LIMIT", "OPTION_DOES_NOT_EXIST", "OPTION_VALUES_MISSING"),
        *("OPTION_VALUES_OVER_LIMIT", "OPTION_VALUE_DOES_NOT_EXIST", "PRODUCT_DOES_NOT_EXIST"),
        *("PRODUCT_OPTIONS_INPUT_MISSING", "PRODUCT_VARIANT_DOES_NOT_EXIST"),
        *("VARIANTS_INPUT_MISSING", "VARIANTS_OVER_LIMIT"),
    }
)
