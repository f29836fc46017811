"""Why a value is in a store: from the canonical value down to what the store was seen to show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from catalogue.domain.attributes import attribute
from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import Effective
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.enums import ChangeScope, DeliveryFate, OverrideKind, Source
from catalogue.models import Change, ChangeDelivery
from catalogue.selectors.picture import Picture

Stage: TypeAlias = Literal[
    "canonical", "override", "rule", "layer", "wanted", "pending", "observed"
]

_WANTED = {
    "canonical": "The store should show the canonical value.",
    "rule": "The store should show what its price rule makes of the canonical value.",
    "override": "The store should show its own value.",
    "kept": "The store should show its own value, which was kept in sight of a sale.",
    "layer": "The store should show what a sale makes of it.",
    "held": "Nothing is written: the value is held for a person's decision.",
    "currency": "Nothing is written: the price is in another currency, and no rule converts it.",
    "store": "Nothing is written: the store owns this attribute.",
    "reference": "Nothing is written: it leads to a product that this store doesn't have.",
    "ignored": "Nothing is written: this attribute is ignored in this store.",
    "nothing": "Nothing is written: no canonical value was ever set.",
}
_KINDS = {
    OverrideKind.PINNED: "It was set for this store alone.",
    OverrideKind.FOUND: "The store had it already when it was connected.",
    OverrideKind.HELD: "It is held for a person's decision.",
    OverrideKind.KEPT: "It was set in the store during a sale, and a person kept it.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage on the way of a value: what it says, from where, since when; `words` for people.

    A stage that has no say has no source.
    """

    stage: Stage
    value: Value
    words: str
    source: str = ""
    since: datetime | None = None
    by: str = ""


def explain(pic: Picture, key: LeafKey) -> list[Step]:
    """All stages of one leaf of a linked listing, in the order in which they decide.

    Raises LookupError where the listing is not linked, or lacks the variant.
    """
    effect = pic.effective(key)
    wanted = _WANTED.get(effect.source, f"By {effect.source}.")
    return [
        _canonical(pic, key),
        _own(pic, key),
        _rule(pic, key, pic.beneath(key)),
        _layer(pic, key, effect),
        Step("wanted", effect.value, wanted, effect.source),
        _pending(pic, key, effect),
        _observed(pic, key, effect),
    ]


def _canonical(pic: Picture, key: LeafKey) -> Step:
    winner = pic.record(key).register(key[1]).winner
    if winner is None:
        return Step("canonical", None, "No canonical value was ever set.")
    change, since = _change_of(pic, key, winner, ChangeScope.CANONICAL), winner.version.time
    if change is None:
        words = "It was taken over at an import."
        return Step("canonical", winner.value, words, Source.IMPORT, since)
    by = change.actor or str(change.store or change.get_source_display())
    words = f"{by} set it ({change.get_source_display().lower()})."
    return Step("canonical", winner.value, words, change.source, since, by)


def _own(pic: Picture, key: LeafKey) -> Step:
    standing = pic.standing(key)
    if standing is None:
        return Step("override", None, "The store has no value of its own.")
    change, since = _change_of(pic, key, standing, ChangeScope.OVERRIDE), standing.version.time
    by = change.actor if change else ""
    if not standing.stands:
        words = "The store's own value was given up; it follows the hub."
        return Step("override", None, words, "", since, by)
    kind = standing.kind or OverrideKind.PINNED
    return Step("override", standing.value, _KINDS.get(kind, ""), kind, since, by)


def _rule(pic: Picture, key: LeafKey, beneath: Effective) -> Step:
    rule, winner = pic.terms.rule(key[1]), pic.record(key).register(key[1]).winner
    if rule is None:
        return Step("rule", None, "No price rule is agreed for it in this store.")
    told = f"rule {rule.id}"
    currency = pic.product.currency if pic.product else ""
    if rule.currency != currency or winner is None:
        words = f"A rule is agreed for prices in {rule.currency}, and this one is in {currency}."
        return Step("rule", None, words, told, rule.since)
    floor = "" if rule.floor is None else f", at least {rule.floor.normalize():f}"
    words = (
        f"The canonical price times {rule.rate.normalize():f} times {rule.factor.normalize():f}"
        f", rounded{floor}"
    )
    rest = "." if beneath.source == "rule" else "; but something above it counts."
    return Step("rule", rule.price(winner.value), f"{words}{rest}", told, rule.since)


def _layer(pic: Picture, key: LeafKey, effect: Effective) -> Step:
    """The sale that lies over all else, where one does."""
    standing = [one for one in pic.layers if one.covers(key[1]) and one.until is None]
    if not standing:
        return Step("layer", None, "No sale lies over it.")
    layer = max(standing, key=lambda one: (one.since, one.id))
    told = f"sale {layer.id}"
    if effect.source != "layer":
        words = "A sale is on, but does not count for this value."
        return Step("layer", None, words, told, layer.since)
    words = f"A sale takes {layer.percent.normalize():f} % off the price beneath it."
    return Step("layer", effect.value, words, told, layer.since)


def _pending(pic: Picture, key: LeafKey, effect: Effective) -> Step:
    rows = ChangeDelivery.objects.filter(
        store=pic.store,
        change__product=pic.product,
        change__variant=key[0],
        change__attribute=key[1],
        fate=DeliveryFate.PENDING,
    )
    told = rows.select_related("job").order_by("-id").first()
    if told is not None and told.job is not None:
        said = f"Job {told.job.pk} carries it: {told.job.get_state_display()}. {told.job.reason}"
        source = f"job {told.job.pk}"
        return Step("pending", effect.value, said.strip(), source, told.created_at)
    if key not in pic.to_write(key[1]):
        return Step("pending", None, "Nothing is on its way, and nothing has to be.")
    why = "the next comparison writes it" if pic.store.is_live else "the store is not live"
    return Step("pending", None, f"No job is on its way: {why}.")


def _observed(pic: Picture, key: LeafKey, effect: Effective) -> Step:
    leaf = pic.host(key[0]).leaf(key[1])
    if leaf is None:
        return Step("observed", None, "The store was never seen to show it.")
    due = key in pic.to_write(key[1])
    words = "It differs from what the store should show." if due else "It is as it should be."
    if not effect.managed:
        words = "It is left as it is."
    via = leaf.sightings[-1].via.value if leaf.sightings else ""
    return Step("observed", leaf.value, words, via, leaf.as_of)


def _change_of(pic: Picture, key: LeafKey, entry: Entry, scope: ChangeScope) -> Change | None:
    rows = Change.objects.filter(
        product=pic.product,
        variant=key[0],
        attribute=attribute(key[1]).name,
        scope=scope,
        version_id=entry.version.id,
    )
    return rows.select_related("store").order_by("-id").first()
