"""A listing that could not be matched, beside the products that it may be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from activity.selectors.comparison import text_of
from catalogue.domain.values import Value
from catalogue.models import Listing, Product, Variant, VariantListing

MOST = 5
MOST_NEAR = 20  # by each of the ways
SHOWN = ("sku", "barcode", "price", "weight")


@dataclass(frozen=True, slots=True)
class Side:
    """One product as a column: its own values, then a line for each variant.

    `why` says what a candidate has in common with the listing; `same` are the keys that both have.
    """

    name: str
    facts: Mapping[str, str]
    variants: tuple[Mapping[str, str], ...]
    why: str = ""
    pk: int = 0
    same: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Review:
    """The listing, and its candidates with the likeliest first."""

    listing: Side
    candidates: tuple[Side, ...]


def review(listing: Listing) -> Review:
    """Put a waiting listing beside what shares a key, the title or (a suggestion) the handle."""
    shown = list(listing.variants.all())
    keys = {name: {_told(host, name) for host in shown} - {""} for name in ("sku", "barcode")}
    found = [_candidate(product, listing, keys) for product in _near(listing, keys)]
    found.sort(key=lambda side: (-len(side.same), side.pk))
    facts = {"Title": listing.title, "Handle": listing.handle}
    facts |= {"Vendor": _leaf(listing, "vendor"), "Type": _leaf(listing, "product_type")}
    variants = tuple({"name": _name(host.options), **_line(host)} for host in shown)
    return Review(Side(str(listing), facts, variants), tuple(found[:MOST]))


def _near(listing: Listing, keys: Mapping[str, set[str]]) -> Iterable[Product]:
    """Each way to be near is looked up by an index of its own."""
    mine = Product.objects.filter(workspace_id=listing.store.workspace_id)
    others = mine.exclude(listings__store=listing.store)
    ways = [Q(variants__sku__in=keys["sku"]), Q(variants__barcode__in=keys["barcode"])]
    ways += [Q(title__iexact=listing.title), Q(listings__handle=listing.handle or None)]
    ids = {pk for way in ways for pk in others.filter(way).values_list("pk", flat=True)[:MOST_NEAR]}
    return mine.filter(pk__in=ids).prefetch_related("variants", "listings").order_by("pk")


def _candidate(product: Product, listing: Listing, keys: Mapping[str, set[str]]) -> Side:
    variants = tuple(product.variants.all())
    same = {
        text
        for name, theirs in keys.items()
        for variant in variants
        if (text := text_of(variant.value(name))) in theirs
    }
    handles = {one.handle for one in product.listings.all() if one.handle}
    reasons = [f"same {', '.join(sorted(same))}"] if same else []
    reasons += ["same title"] if product.title.lower() == listing.title.lower() else []
    reasons += ["same handle in another store"] if listing.handle in handles else []
    facts = {"Title": product.title, "Handle": ", ".join(sorted(handles))}
    facts |= {"Vendor": product.vendor, "Type": text_of(product.value("product_type"))}
    lines = tuple({"name": variant.name, **_canonical(variant)} for variant in variants)
    return Side(str(product), facts, lines, "; ".join(reasons), product.pk, frozenset(same))


def _canonical(variant: Variant) -> dict[str, str]:
    return {name: text_of(variant.value(name)) for name in SHOWN}


def _line(host: VariantListing) -> dict[str, str]:
    return {name: _told(host, name) for name in SHOWN}


def _told(host: VariantListing, name: str) -> str:
    leaf = host.leaf(name)
    return text_of(leaf.value) if leaf else ""


def _leaf(listing: Listing, name: str) -> str:
    leaf = listing.leaf(name)
    value: Value = leaf.value if leaf else None
    return text_of(value)


def _name(options: Iterable[Mapping[str, str]]) -> str:
    return " / ".join(option["value"] for option in options)
