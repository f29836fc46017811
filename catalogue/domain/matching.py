"""Which remote product is which of ours: by keys that are unique on both sides, never by guess.

A variant's SKU is its first key; only where that is absent or unknown here, its barcode counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, TypeVar

Options: TypeAlias = tuple[str, ...]
KeyName: TypeAlias = Literal["SKU", "barcode"]
K = TypeVar("K")
V = TypeVar("V")


class Keyed(Protocol):
    """What has keys by which it is known on the other side."""

    @property
    def sku(self) -> str: ...

    @property
    def barcode(self) -> str: ...

    @property
    def options(self) -> Options: ...


@dataclass(frozen=True, slots=True)
class RemoteVariant:
    """A variant as a store shows it."""

    gid: str
    sku: str = ""
    options: Options = ()
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """A product as a store shows it."""

    gid: str
    title: str
    variants: tuple[RemoteVariant, ...]


@dataclass(frozen=True, slots=True)
class CanonicalVariant:
    """A variant of the canonical record."""

    id: int
    sku: str = ""
    options: Options = ()
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class CanonicalItem:
    """A product of the canonical record; `taken` where this store's listing of it exists."""

    id: int
    title: str
    variants: tuple[CanonicalVariant, ...]
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What became of one remote product, with the reason in words."""

    gid: str
    outcome: Literal["linked", "unmatched", "ambiguous"]
    reason: str
    product_id: int | None = None
    variants: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Index:
    """One kind of key: whose each is here, and which stand on several variants, and where.

    `owners` are all the items that have a key, for one that stands on several.
    """

    name: KeyName
    ours: Mapping[str, tuple[CanonicalItem, int]]
    owners: Mapping[str, set[int]]
    doubled: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A variant that is known here by one of its keys."""

    index: _Index
    key: str
    item: CanonicalItem
    variant_id: int


def match(remote: Sequence[RemoteItem], canonical: Sequence[CanonicalItem]) -> list[Match]:
    """Match one store's products; the order of either list does not matter."""
    indexes = [_index("SKU", remote, canonical), _index("barcode", remote, canonical)]
    hits = {item.gid: [_hits(variant, indexes) for variant in item.variants] for item in remote}
    claims = Counter(target for found in hits.values() for target in _targets(found))
    return [_judge(item, hits[item.gid], claims, indexes[0]) for item in remote]


def _index(
    name: KeyName, remote: Iterable[RemoteItem], canonical: Sequence[CanonicalItem]
) -> _Index:
    ours: dict[str, tuple[CanonicalItem, int]] = {}
    owners: dict[str, set[int]] = defaultdict(set)
    for item in sorted(canonical, key=lambda item: item.id):
        for variant in item.variants:
            if key := _key(name, variant):
                ours[key] = (item, variant.id)
                owners[key].add(item.id)
    doubled = dict.fromkeys(_doubled(name, canonical), "here")
    doubled |= dict.fromkeys(_doubled(name, remote), "in the store")
    return _Index(name, ours, owners, doubled)


def _hits(variant: RemoteVariant, indexes: Iterable[_Index]) -> list[_Hit]:
    """By which keys a variant is known here, the first one first.

    A barcode that stands on several variants says nothing of one that has a SKU.
    """
    keys = ((index, _key(index.name, variant)) for index in indexes)
    return [
        _Hit(index, key, *index.ours[key])
        for index, key in keys
        if key in index.ours
        and not (index.name == "barcode" and key in index.doubled and _sku(variant))
    ]


def _targets(found: Iterable[Sequence[_Hit]]) -> list[int]:
    heads = (hits[0] for hits in found if hits)
    return sorted({owner for hit in heads for owner in hit.index.owners[hit.key]})


def _judge(
    item: RemoteItem, found: Sequence[Sequence[_Hit]], claims: Mapping[int, int], skus: _Index
) -> Match:
    known = [hits[0] for hits in found if hits]
    if not known:
        return Match(item.gid, "unmatched", _unknown(item))
    if problem := next(_problems(item, found, claims, skus), None):
        return Match(item.gid, "ambiguous", problem)
    target = known[0].item
    names = " and ".join(sorted({f"{hit.index.name}s" for hit in known}))
    reason = f"All its {names} belong to “{target.title}”."
    return Match(item.gid, "linked", reason, target.id, match_variants(item, target))


def _unknown(item: RemoteItem) -> str:
    if any(_key("SKU", variant) for variant in item.variants):
        return "No SKU of it is known here."
    if any(_key("barcode", variant) for variant in item.variants):
        return "None of its variants has a SKU, and no barcode of it is known here."
    return "None of its variants has a SKU."


def _problems(
    item: RemoteItem, found: Sequence[Sequence[_Hit]], claims: Mapping[int, int], skus: _Index
) -> Iterator[str]:
    """Say why a product can't be linked by itself."""
    for sku in sorted({_key("SKU", variant) for variant in item.variants} & skus.doubled.keys()):
        yield f"SKU {sku} stands on several variants {skus.doubled[sku]}."
    for hit in (hits[0] for hits in found if hits):
        if hit.key in hit.index.doubled:
            where = hit.index.doubled[hit.key]
            yield f"The {hit.index.name} {hit.key} stands on several variants {where}."
    targets = {hits[0].item.id: hits[0].item for hits in found if hits}
    titles = " and ".join(f"“{targets[target].title}”" for target in sorted(targets))
    if len(targets) > 1:
        yield f"Its keys point at {titles}."
    for hits in found:
        if len({hit.variant_id for hit in hits if hit.key not in hit.index.doubled}) > 1:
            keys = " and ".join(f"{hit.index.name} {hit.key}" for hit in hits)
            yield f"Its {keys} belong to different variants here."
    strange = sorted(_names(item, found))
    if strange:
        yield f"It shares keys with {titles}, but {', '.join(strange)} is not known there."
    (target, *_) = targets.values()
    if target.taken:
        yield f"{titles} is already linked to another product of this store."
    if claims[target.id] > 1:
        yield f"Several products of this store share keys with {titles}."


def _names(item: RemoteItem, found: Sequence[Sequence[_Hit]]) -> Iterator[str]:
    """The keys of variants that have some, of which none is known here."""
    for variant, hits in zip(item.variants, found, strict=True):
        name = _key("SKU", variant) or _key("barcode", variant)
        if name and not hits:
            yield name


def match_variants(item: RemoteItem, target: CanonicalItem) -> dict[str, int]:
    """Pair the variants of two linked products: by SKU, by barcode, else by option values.

    A key counts where one variant has it on each side; options where not both have a SKU.
    """
    pairs: dict[str, int] = {}
    for key in (_sku, _barcode, _options):
        taken = set(pairs.values())
        theirs = _once((key(v), v) for v in item.variants if v.gid not in pairs)
        ours = _once((key(v), v) for v in target.variants if v.id not in taken)
        pairs |= {
            theirs[found].gid: ours[found].id
            for found in theirs.keys() & ours.keys()
            if key is not _options or not (_sku(theirs[found]) and _sku(ours[found]))
        }
    return pairs


def _once(pairs: Iterable[tuple[K, V]]) -> dict[K, V]:
    """What stands under a key that is there once."""
    listed = [(key, value) for key, value in pairs if key]
    counts = Counter(key for key, _ in listed)
    return {key: value for key, value in listed if counts[key] == 1}


def _doubled(name: KeyName, items: Iterable[RemoteItem | CanonicalItem]) -> set[str]:
    counts = Counter(_key(name, variant) for item in items for variant in item.variants)
    return {key for key, count in counts.items() if key and count > 1}


def _key(name: KeyName, variant: Keyed) -> str:
    return _sku(variant) if name == "SKU" else _barcode(variant)


def _sku(variant: Keyed) -> str:
    return variant.sku.strip()


def _barcode(variant: Keyed) -> str:
    return variant.barcode.strip()


def _options(variant: Keyed) -> Options:
    return tuple(option.strip().casefold() for option in variant.options)
