"""What a document costs: before it runs by what it asks for, afterwards by what it got.

shopify-platform.md 4.2: scalars are free, an object is one point, of an interface or a union only
the dearest branch counts, a mutation is ten. What a connection costs is not published: two points
and its size times an item is assumed, which agrees with the documented example.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    value_from_ast_untyped,
)
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
)

__all__ = ["MAXIMUM", "Priced", "actual", "breakdown", "price", "requested"]

MAXIMUM = 1000
MUTATION = 10
CONNECTION = 2
DEFAULT_SIZE = 50
Variables = Mapping[str, Any]
Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class Priced:
    """One field that costs something.

    `kind`: object, list (of ids), connection, item, edges, plumbing, mutation, branch; `size` is
    the argument that tells how many are asked for; a branch is what one type of several selects.
    """

    key: str
    kind: str
    children: tuple["Priced", ...]
    size: ValueNode | None = None
    given: ValueNode | None = None  # the input of a productSet, which costs by what is in it


def price(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> tuple[Priced, ...]:
    """The priced fields of one operation; scalars cost nothing and are left out."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    root = schema.get_root_type(operation.operation)
    return tuple(_priced(schema, operation.selection_set, root, fragments))


def requested(fields: Iterable[Priced], variables: Variables) -> int:
    """The price by the sizes asked for."""
    return math.ceil(_requested(fields, variables))


def _requested(fields: Iterable[Priced], variables: Variables) -> float:
    branches, total = 0.0, 0.0
    for field in fields:
        if field.kind == "branch":
            branches = max(branches, _requested(field.children, variables))
        else:
            total += _price_of(field, variables)
    return total + branches


def _price_of(field: Priced, variables: Variables) -> float:
    if field.kind == "connection":
        items = [child for child in field.children if child.kind in {"item", "edges"}]
        rest = len(field.children) - len(items)
        each = _requested(items, variables)
        return CONNECTION + _size(field, variables) * each + rest
    inside = _requested(field.children, variables)
    if field.kind == "list":
        return _size(field, variables) * (1 + inside)
    return _own(field) + _extra(field, variables) + inside


def actual(fields: Iterable[Priced], data: Mapping[str, Any] | None, variables: Variables) -> int:
    """The price of what came: connections and lists count at the size they came in."""
    return math.ceil(_actual(fields, data) + sum(_extra(field, variables) for field in fields))


def _actual(fields: Iterable[Priced], data: Mapping[str, Any] | None) -> int:
    branches, total = 0, 0
    for field in fields:
        if field.kind == "branch":
            branches = max(branches, _actual(field.children, data))
        else:
            total += _price_of_found(field, (data or {}).get(field.key))
    return total + branches


def _price_of_found(field: Priced, found: Any) -> int:
    if found is None:
        return MUTATION if field.kind == "mutation" else 0
    own = CONNECTION if field.kind == "connection" else _own(field)
    if not isinstance(found, list):
        return own + _actual(field.children, found)
    each = own if field.kind in {"item", "list"} else 0
    inside = sum(_actual(field.children, one) + each for one in found if one is not None)
    return inside + (0 if field.kind in {"item", "list"} else own)


def breakdown(
    fields: Iterable[Priced], variables: Variables, path: tuple[str, ...] = ()
) -> Iterator[dict[str, Any]]:
    """The price field by field, as `Shopify-GraphQL-Cost-Debug: 1` asks for."""
    for field in fields:
        if field.kind == "branch":
            yield from breakdown(field.children, variables, path)
            continue
        here, total = (*path, field.key), _price_of(field, variables)
        own = CONNECTION if field.kind == "connection" else _own(field)
        yield {
            "path": list(here),
            "definedCost": own,
            "requestedTotalCost": math.ceil(total),
            "requestedChildrenCost": math.ceil(total - own),
        }
        yield from breakdown(field.children, variables, here)


def _priced(
    schema: GraphQLSchema, selections: SelectionSetNode, parent: Any, fragments: Fragments
) -> Iterator[Priced]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield from _field(schema, node, parent, fragments)
        elif isinstance(node, (FragmentSpreadNode, InlineFragmentNode)):
            fragment = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            on = _narrowed(schema, fragment, parent)
            inside = tuple(_priced(schema, fragment.selection_set, on, fragments))
            if is_abstract_type(parent) and on is not parent:
                yield Priced(on.name, "branch", inside)
            else:
                yield from inside


def _narrowed(
    schema: GraphQLSchema, fragment: InlineFragmentNode | FragmentDefinitionNode, parent: Any
) -> Any:
    condition = fragment.type_condition
    return schema.get_type(condition.name.value) if condition else parent


def _field(
    schema: GraphQLSchema, node: FieldNode, parent: Any, fragments: Fragments
) -> Iterator[Priced]:
    name = node.name.value
    definition = parent.fields.get(name)
    if definition is None or node.selection_set is None:  # __typename and leaves
        return
    returned = get_named_type(definition.type)
    if is_leaf_type(returned):
        return
    children = tuple(_priced(schema, node.selection_set, returned, fragments))
    key = node.alias.value if node.alias else name
    arguments = {each.name.value: each.value for each in node.arguments or ()}
    size = next((arguments[each] for each in ("first", "last", "ids") if each in arguments), None)
    given = arguments.get("input") if (parent.name, name) == ("Mutation", "productSet") else None
    yield Priced(key, _kind(parent.name, name, returned.name), children, size, given)


def _kind(parent: str, field: str, returned: str) -> str:
    if parent == "Mutation":
        return "mutation"
    if parent == "QueryRoot" and field == "nodes":
        return "list"
    if returned.endswith("Connection"):
        return "connection"
    if parent.endswith("Connection") and field in {"nodes", "edges"}:
        return "edges" if field == "edges" else "item"
    return "plumbing" if returned.endswith("UserError") else "object"


def _size(field: Priced, variables: Variables) -> int:
    """How many are asked for, as a number or as a list of ids."""
    if field.size is None:
        return DEFAULT_SIZE
    value = value_from_ast_untyped(field.size, dict(variables))
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else 0


def _own(field: Priced) -> int:
    return {"mutation": MUTATION, "object": 1, "item": 1, "list": 1}.get(field.kind, 0)


def _extra(field: Priced, variables: Variables) -> float:
    """What a productSet costs beside: its variants, files, metafields (schema text)."""
    if field.given is None:
        return 0.0
    given = value_from_ast_untyped(field.given, dict(variables))
    if not isinstance(given, dict):
        return 0.0
    variants = _list(given, "variants")
    metafields = _list(given, "metafields") + [m for v in variants for m in _list(v, "metafields")]
    return (
        0.2 * len(variants)
        + 1.9 * len(_list(given, "files"))
        + 0.4 * len(metafields)
        + 0.6 * sum(each.get("file") is not None for each in variants)
    )


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    return found if isinstance(found, list) else []
