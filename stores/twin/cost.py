"""What a document costs: before it runs by what it asks for, afterwards by what it got."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema, get_named_type, is_leaf_type
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

__all__ = ["MAXIMUM", "Priced", "actual", "price", "requested"]

MAXIMUM = 1000
MUTATION = 10
CONNECTION = 2
DEFAULT_SIZE = 50


@dataclass(frozen=True, slots=True)
class Priced:
    """One field that costs something. `kind`: object, connection, plumbing or mutation."""

    key: str
    kind: str
    size: int | str  # a number, or the name of the variable that holds it
    children: tuple["Priced", ...]


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


def requested(fields: Iterable[Priced], variables: Mapping[str, Any]) -> int:
    """Connections count at the size asked for."""
    total = 0
    for field in fields:
        inside = requested(field.children, variables)
        if field.kind == "connection":
            size = variables.get(field.size) if isinstance(field.size, str) else field.size
            inside = CONNECTION + (size or 0) * _of_items(field, variables) + _of_rest(field)
        total += inside + _own(field)
    return total


def actual(fields: Iterable[Priced], data: Mapping[str, Any] | None) -> int:
    """Connections count at the size they came in."""
    total = 0
    for field in fields:
        found = (data or {}).get(field.key)
        if found is None and field.kind != "mutation":
            continue
        own = CONNECTION if field.kind == "connection" else _own(field)
        every = found if isinstance(found, list) else [found]
        items = field.kind == "item"
        total += sum(actual(field.children, each) + (own if items else 0) for each in every)
        total += 0 if items else own
    return total


def _priced(
    schema: GraphQLSchema,
    selections: SelectionSetNode,
    parent: Any,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterable[Priced]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield from _field(schema, node, parent, fragments)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
            on = schema.get_type(fragment.type_condition.name.value)
            yield from _priced(schema, fragment.selection_set, on, fragments)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            on = schema.get_type(condition.name.value) if condition else parent
            yield from _priced(schema, node.selection_set, on, fragments)


def _field(
    schema: GraphQLSchema,
    node: FieldNode,
    parent: Any,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterable[Priced]:
    definition = parent.fields.get(node.name.value)
    if definition is None or node.selection_set is None:  # __typename and leaves
        return
    returned = get_named_type(definition.type)
    if is_leaf_type(returned):
        return
    children = tuple(_priced(schema, node.selection_set, returned, fragments))
    key = node.alias.value if node.alias else node.name.value
    yield Priced(key, _kind(parent.name, node.name.value, returned.name), _size(node), children)


def _kind(parent: str, field: str, returned: str) -> str:
    if parent == "Mutation":
        return "mutation"
    if returned.endswith("Connection"):
        return "connection"
    if parent.endswith("Connection") and field in {"nodes", "edges"}:
        return "edges" if field == "edges" else "item"
    if parent.endswith("Edge"):
        return "object"
    return "plumbing" if returned.endswith("UserError") else "object"


def _size(node: FieldNode) -> int | str:
    for argument in node.arguments or ():
        if argument.name.value in {"first", "last"}:
            if isinstance(argument.value, VariableNode):
                return argument.value.name.value
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
    return DEFAULT_SIZE


def _own(field: Priced) -> int:
    return {"mutation": MUTATION, "object": 1, "item": 1}.get(field.kind, 0)


def _of_items(field: Priced, variables: Mapping[str, Any]) -> int:
    items = [child for child in field.children if child.kind in {"item", "edges"}]
    return requested(items, variables)


def _of_rest(field: Priced) -> int:
    return sum(1 for child in field.children if child.kind not in {"item", "edges"})
