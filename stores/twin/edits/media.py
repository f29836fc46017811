"""Changes of what products and variants show: media come, go, and change places."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from stores.twin.edits.deed import Deed
from stores.twin.gids import number
from stores.twin.goods import Product, Variant
from stores.twin.library import File
from stores.twin.refusals import Refusal, RefusedError, refuse

__all__ = ["LIMIT", "append", "attach", "detach", "detach_from_variants", "gallery", "of_product"]
__all__ += ["place", "replace", "show", "too_many"]

LIMIT = 250
PAIRS_LIMIT = 100
Given = Mapping[str, Any]


@contextmanager
def gallery(deed: Deed, product: Product) -> Iterator[None]:
    """A block that changes a product's media: the true edit is logged at its end."""
    before = [each.gid for each in product.media]
    yield
    if (after := [each.gid for each in product.media]) != before:
        deed.note(product.gid, "media", before, after)
        deed.touch(product)


def attach(deed: Deed, product: Product, files: Iterable[File]) -> None:
    """Put files behind the product's media; one that is there already stays where it is."""
    with gallery(deed, product):
        for file in files:
            if file not in product.media:
                product.media.append(file)
                file.products.append(product)


def detach(deed: Deed, product: Product, files: Iterable[File]) -> None:
    """Take files from a product and its variants; they stay in the shop (schema text)."""
    with gallery(deed, product):
        for file in files:
            if file in product.media:
                product.media.remove(file)
                file.products.remove(product)
                for variant in product.variants:
                    if variant.media is file:
                        show(deed, variant, None)


def replace(deed: Deed, product: Product, files: Sequence[File]) -> None:
    """Let a product show exactly these files, in this order."""
    with gallery(deed, product):
        detach(deed, product, [each for each in product.media if each not in files])
        attach(deed, product, files)
        product.media = list(files)


def place(deed: Deed, product: Product, moves: Sequence[tuple[File, int]]) -> None:
    """Move media to places counted from 0, one after another (schema text of MoveInput)."""
    with gallery(deed, product):
        for file, position in moves:
            if file in product.media:
                product.media.remove(file)
                product.media.insert(position, file)


def show(deed: Deed, variant: Variant, file: File | None) -> None:
    """The medium of a variant, or none."""
    if variant.media is not file:
        before, variant.media = variant.media, file
        deed.note(variant.gid, "media", before and before.gid, file and file.gid)
        deed.touch_variant(variant)


def too_many(product: Product | None, more: int, code: str, *path: str) -> list[Refusal]:
    """The refusal of more media than a product can have (shopify-platform.md 4.4)."""
    held = len(product.media) if product is not None else 0
    return [refuse(code, *path)] if held + more > LIMIT else []


def of_product(product: Product, gid: object) -> File | None:
    wanted = number(gid)
    return next((each for each in product.media if each.id == wanted), None)


def append(deed: Deed, product: Product, pairs: Sequence[Given]) -> list[Variant]:
    """Give variants a medium of their product each. Raises RefusedError."""
    found = _pairs(product, pairs)
    refusals: list[Refusal] = []
    for index, (variant, file) in enumerate(found):
        path = ("variantMedia", str(index))
        if variant.media is not None:
            refusals.append(refuse("PRODUCT_VARIANT_ALREADY_HAS_MEDIA", *path))
        elif not file.is_ready:
            refusals.append(refuse("NON_READY_MEDIA", *path))
        elif file.kind != "MediaImage":
            refusals.append(refuse("INVALID_MEDIA_TYPE", *path))
    if refusals:
        raise RefusedError(*refusals)
    for variant, file in found:
        show(deed, variant, file)
    return [variant for variant, _ in found]


def detach_from_variants(deed: Deed, product: Product, pairs: Sequence[Given]) -> list[Variant]:
    """Take their media from variants. Raises RefusedError."""
    found = _pairs(product, pairs)
    refusals = [
        refuse("MEDIA_IS_NOT_ATTACHED_TO_VARIANT", "variantMedia", str(index))
        for index, (variant, file) in enumerate(found)
        if variant.media is not file
    ]
    if refusals:
        raise RefusedError(*refusals)
    for variant, _ in found:
        show(deed, variant, None)
    return [variant for variant, _ in found]


def _pairs(product: Product, pairs: Sequence[Given]) -> list[tuple[Variant, File]]:
    """Each pair of one variant and one medium of a product. Raises RefusedError."""
    if len(pairs) > PAIRS_LIMIT:
        raise RefusedError(refuse("MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED", "variantMedia"))
    known = {variant.id: variant for variant in product.variants}
    found: list[tuple[Variant, File]] = []
    refusals: list[Refusal] = []
    for index, pair in enumerate(pairs):
        path, gids = ("variantMedia", str(index)), pair["mediaIds"]
        variant = known.get(number(pair["variantId"]) or 0)
        file = of_product(product, gids[0]) if gids else None
        if len(gids) > 1:
            refusals.append(refuse("TOO_MANY_MEDIA_PER_INPUT_PAIR", *path, "mediaIds"))
        elif variant is None:
            code = "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT"
            refusals.append(refuse(code, *path, "variantId"))
        elif any(variant is each for each, _ in found):
            refusals.append(refuse("PRODUCT_VARIANT_SPECIFIED_MULTIPLE_TIMES", *path, "variantId"))
        elif file is None:
            refusals.append(refuse("MEDIA_DOES_NOT_EXIST_ON_PRODUCT", *path, "mediaIds"))
        else:
            found.append((variant, file))
    if refusals:
        raise RefusedError(*refusals)
    return found
