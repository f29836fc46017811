"""Which remote product is which of ours: by SKUs that are unique on both sides, never by guess."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Options: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoteVariant:
    """A variant as a store shows it."""

    gid: str
    sku: str = ""
    options: Options = ()


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


def match(remote: Sequence[RemoteItem], canonical: Sequence[CanonicalItem]) -> list[Match]:
    """Match one store's products; the order of either list does not matter."""
    ours = {_key(v.sku): item for item in canonical for v in item.variants if _key(v.sku)}
    doubled = dict.fromkeys(_doubled(v.sku for item in canonical for v in item.variants), "here")
    doubled |= dict.fromkeys(
        _doubled(v.sku for item in remote for v in item.variants), "in the store"
    )
    proposals = {item.gid: _targets(item, ours) for item in remote}
    claims = Counter(target.id for targets in proposals.values() for target in targets)
    return [_judge(item, proposals[item.gid], claims, doubled) for item in remote]


def _judge(
    item: RemoteItem,
    targets: Sequence[CanonicalItem],
    claims: Mapping[int, int],
    doubled: Mapping[str, str],
) -> Match:
    skus = {_key(v.sku) for v in item.variants} - {""}
    if not targets:
        reason = "No SKU of it is known here." if skus else "None of its variants has a SKU."
        return Match(item.gid, "unmatched", reason)
    if problem := next(_problems(skus, targets, claims, doubled), None):
        return Match(item.gid, "ambiguous", problem)
    reason = f"All its SKUs belong to “{targets[0].title}”."
    return Match(item.gid, "linked", reason, targets[0].id, match_variants(item, targets[0]))


def _problems(
    skus: Iterable[str],
    targets: Sequence[CanonicalItem],
    claims: Mapping[int, int],
    doubled: Mapping[str, str],
) -> Iterator[str]:
    """Say why a product can't be linked by itself."""
    for sku in sorted(skus):
        if sku in doubled:
            yield f"SKU {sku} stands on several variants {doubled[sku]}."
    titles = " and ".join(f"“{target.title}”" for target in targets)
    if len(targets) > 1:
        yield f"Its SKUs point at {titles}."
    strange = sorted(set(skus) - {_key(v.sku) for target in targets for v in target.variants})
    if strange:
        yield f"It shares SKUs with {titles}, but {', '.join(strange)} is not known there."
    if targets[0].taken:
        yield f"{titles} is already linked to another product of this store."
    if claims[targets[0].id] > 1:
        yield f"Several products of this store share SKUs with {titles}."


def match_variants(item: RemoteItem, target: CanonicalItem) -> dict[str, int]:
    """Pair the variants of two linked products: by SKU, else by option values where no SKU is."""
    by_sku = {_key(v.sku): v.id for v in target.variants if _key(v.sku)}
    pairs = {v.gid: by_sku[_key(v.sku)] for v in item.variants if _key(v.sku) in by_sku}
    free = [v for v in target.variants if v.id not in pairs.values()]
    open_ones = [v for v in item.variants if v.gid not in pairs]
    here = Counter(_folded(v.options) for v in free)
    there = Counter(_folded(v.options) for v in open_ones)
    by_options = {_folded(v.options): v for v in free}
    for variant in open_ones:
        options = _folded(variant.options)
        other = by_options.get(options)
        both_have_skus = other is not None and bool(_key(variant.sku) and _key(other.sku))
        if other and options and here[options] == there[options] == 1 and not both_have_skus:
            pairs[variant.gid] = other.id
    return pairs


def _targets(item: RemoteItem, ours: Mapping[str, CanonicalItem]) -> list[CanonicalItem]:
    found = {ours[_key(v.sku)].id: ours[_key(v.sku)] for v in item.variants if _key(v.sku) in ours}
    return sorted(found.values(), key=lambda target: target.id)


def _doubled(skus: Iterable[str]) -> set[str]:
    return {key for key, count in Counter(map(_key, skus)).items() if key and count > 1}


def _key(sku: str) -> str:
    return sku.strip()


def _folded(options: Options) -> Options:
    return tuple(option.strip().casefold() for option in options)
