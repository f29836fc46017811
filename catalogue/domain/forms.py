"""Shopify's forms of our attributes: read from answers and payloads, built into inputs."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalogue.domain import values
from catalogue.domain.attributes import Attribute, Form, attribute, of_owner
from catalogue.domain.declaring import Path
from catalogue.domain.values import BadValueError, Value
from catalogue.enums import Owner

_ABSENT = object()


def read_leaves(
    owner: Owner, node: Mapping[str, Any], form: Form, extra: Iterable[str] = ()
) -> dict[str, Value]:
    """Give what is present and complete in a node; absence proves nothing and gives nothing.

    `extra` names the metafields that are kept in step.
    """
    leaves: dict[str, Value] = {}
    for declared in of_owner(owner, extra):
        path = declared.graphql if form == "graphql" else declared.webhook
        raw = _ABSENT if path is None else _at(node, path)
        if raw is _ABSENT:
            continue
        try:
            leaves[declared.name] = declared.normalise(raw)
        except ValueError as error:
            raise BadValueError(f"{declared.label} of a {form} answer: {error}.") from error
    return leaves


def build_input(owner: Owner, wanted: Mapping[str, Value]) -> dict[str, Any]:
    """The part of ProductUpdateInput or ProductVariantsBulkInput that sets these values."""
    built: dict[str, Any] = {}
    for name, value in wanted.items():
        declared = attribute(name)
        if declared.owner is not owner:
            raise ValueError(f"{declared.label} does not belong to a {owner}.")
        inner = built
        for step in declared.write[:-1]:
            inner = inner.setdefault(step, {})
        inner[declared.write[-1]] = _rendered(declared, declared.normalise(value))
    return built


def _at(node: Mapping[str, Any], path: Path) -> object:
    """What stands at the end of a path; nothing on its way is nothing at its end."""
    found: object = node
    for step in path:
        if found is None:
            return None
        if not isinstance(found, Mapping) or step not in found:
            return _ABSENT
        found = found[step]
    return found


def _rendered(declared: Attribute, value: Value) -> object:
    if declared.normalise is values.weight:
        given = value if isinstance(value, dict) else {"value": "0", "unit": "KILOGRAMS"}
        return {"value": float(given["value"]), "unit": given["unit"]}
    if value is None and declared.normalise is values.optional_text:
        return ""  # an empty text clears for certain; null may mean "leave it"
    return value
