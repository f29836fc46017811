"""`observed` moves here and nowhere else: webhooks, answers, reads and imports all pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from catalogue.domain.attributes import VALUE_ORDER, Attribute, Form, attribute, fingerprint
from catalogue.domain.decide import Decision, Edit
from catalogue.domain.diff import LeafKey
from catalogue.domain.forms import read_leaves
from catalogue.domain.journal import Leaf
from catalogue.domain.sighting import Sighting
from catalogue.domain.value_order import rearranged
from catalogue.domain.values import Value
from catalogue.enums import Owner, Verdict, Via
from catalogue.models import VariantListing
from catalogue.models.listing import Observed
from catalogue.selectors.picture import Picture
from catalogue.services.misfits import misfit
from catalogue.services.observed import store_hosts
from stores.shopify.types import ProductSnapshot, VariantSnapshot

Judge: TypeAlias = Callable[[str, Attribute, Leaf | None, Value], Decision]
"""Decides one attribute of one host (by gid): its leaf until now, and the value seen."""


@dataclass(slots=True)
class Absorbed:
    """What the values of one payload turned out to be."""

    verdicts: list[Verdict] = field(default_factory=list)
    edits: list[tuple[LeafKey, Edit]] = field(default_factory=list)
    echoed: list[LeafKey] = field(default_factory=list)
    first_seen: list[LeafKey] = field(default_factory=list)
    needs_read: bool = False


def absorb(pic: Picture, snapshot: ProductSnapshot, judge: Judge) -> Absorbed:
    """Move what was observed. What a payload doesn't show is left as it is: absence proves nothing.

    The listing is locked, and its row is the caller's to store. One that is not stored yet is
    stored by its page with all that it shows. Raises BadValueError where a value is none of its
    attribute.
    """
    found = Absorbed()
    listing = pic.listing
    values = _values(pic, Owner.PRODUCT, snapshot.node, snapshot.form)
    _absorb_host(found, listing, None, values, judge)
    for shown in snapshot.variants:
        host = pic.shown.get(shown.gid)
        if host is None:
            host = VariantListing(listing=listing, gid=shown.gid, position=shown.position)
            pic.shown[shown.gid] = host
        _describe(host, shown, called=snapshot.form == "graphql")
        values = _values(pic, Owner.VARIANT, shown.node, snapshot.form)
        _absorb_host(found, host, host.variant_id, values, judge)
    if listing.as_of is None or snapshot.updated_at >= listing.as_of:
        listing.as_of = snapshot.updated_at
        listing.title, listing.handle = snapshot.title[:255], snapshot.handle[:255]
    if listing.pk is not None:
        store_hosts([pic.shown[shown.gid] for shown in snapshot.variants])
    return found


def _values(pic: Picture, owner: Owner, node: Mapping[str, Any], form: Form) -> dict[str, Value]:
    """What a node shows; a metafield whose type is not the declared one is left alone."""
    kinds = pic.terms.metafields
    values = read_leaves(owner, node, form, kinds)
    for name in [*kinds.keys() & values.keys()]:
        value = values[name]
        if isinstance(value, dict) and value["type"] != kinds[name]:
            misfit(pic, name, f"it is of the type {value['type']} there, not {kinds[name]}")
            del values[name]
    return values


def _absorb_host(
    found: Absorbed,
    host: Observed,
    variant_id: int | None,
    values: Mapping[str, Value],
    judge: Judge,
) -> None:
    linked = variant_id is not None or not isinstance(host, VariantListing)
    for name, value in values.items():
        leaf = host.leaf(name)
        if name == VALUE_ORDER and leaf is not None and not rearranged(leaf.value, value):
            host.set_leaf(name, _follow(leaf, value))
            continue
        decision = judge(host.gid, attribute(name), leaf, value)
        host.set_leaf(name, decision.leaf)
        found.verdicts.append(decision.verdict)
        found.needs_read |= decision.needs_read
        if decision.verdict is Verdict.ECHO:
            found.echoed.append((variant_id, name))
        if linked and leaf is None:
            found.first_seen.append((variant_id, name))
        if linked:
            found.edits += [((variant_id, name), edit) for edit in decision.edits]


def _follow(leaf: Leaf, value: Value) -> Leaf:
    """Note that values came, went or were renamed, which is no edit of their order."""
    if leaf.as_of is None or leaf.value == value:
        return leaf
    seen = Sighting(leaf.as_of, None, fingerprint(attribute(VALUE_ORDER), value), Via.READ)
    return Leaf.first(value, seen)


def _describe(host: VariantListing, shown: VariantSnapshot, *, called: bool) -> None:
    """A webhook may be old, and nothing dates a position: calls alone move it."""
    host.position = shown.position if called else host.position
    host.inventory_item_gid = shown.inventory_item_gid or host.inventory_item_gid
    host.options = options_of(shown.node) or host.options


def options_of(node: Mapping[str, Any]) -> list[dict[str, str]]:
    """The option values of a variant, as GraphQL lists them or webhooks number them."""
    if "selectedOptions" in node:
        return [{"name": o["name"], "value": o["value"]} for o in node["selectedOptions"]]
    values = (node.get(f"option{number}") for number in (1, 2, 3))
    return [{"name": "", "value": value} for value in values if value]
