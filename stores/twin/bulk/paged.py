"""A bulk query as the pages that it is carried out in: its root in pages, all below it whole."""

from typing import Any

from graphql import GraphQLSchema, get_named_type, visit
from graphql.language import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    IntValueNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    Visitor,
)

__all__ = ["CURSOR", "root_of", "whole_below", "with_page"]

CURSOR = "__cursor"  # no name that a document can give
_SIZES = frozenset({"first", "last", "after", "before"})


def root_of(document: DocumentNode) -> FieldNode:
    """The one top level field. Raises TypeError for a document that has none."""
    (root,) = _operation(document).selection_set.selections
    if not isinstance(root, FieldNode):
        raise TypeError("A bulk query has one top level field.")
    return root


def whole_below(document: DocumentNode) -> DocumentNode:
    """Without the sizes of its connections: Shopify ignores them in bulk."""

    class Strip(Visitor):
        def leave_field(self, node: FieldNode, *_: Any) -> FieldNode:
            kept = [each for each in node.arguments or () if each.name.value not in _SIZES]
            return _field(node, arguments=kept)

    stripped: DocumentNode = visit(document, Strip())
    return stripped


def with_page(
    schema: GraphQLSchema, document: DocumentNode, *, size: int, after: str | None
) -> DocumentNode:
    """One page of the root, with cursors; unchanged where the root is no connection."""
    root = root_of(document)
    query = schema.query_type
    returned = get_named_type(query.fields[root.name.value].type) if query else None
    if returned is None or not returned.name.endswith("Connection"):
        return document
    page = [_argument("first", IntValueNode(value=str(size)))]
    page += [_argument("after", StringValueNode(value=after))] if after else []
    turned = _field(
        root,
        arguments=[*(root.arguments or ()), *page],
        selection_set=_with_cursors(root.selection_set),
    )
    operation = _operation(document)
    changed = OperationDefinitionNode(
        **{key: getattr(operation, key) for key in operation.keys if key != "selection_set"},
        selection_set=SelectionSetNode(selections=(turned,)),
    )
    rest = [each for each in document.definitions if each is not operation]
    return DocumentNode(definitions=(changed, *rest))


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    (found,) = (x for x in document.definitions if isinstance(x, OperationDefinitionNode))
    return found


def _with_cursors(selections: SelectionSetNode | None) -> SelectionSetNode:
    cursor = FieldNode(alias=NameNode(value=CURSOR), name=NameNode(value="cursor"))
    chosen = [
        _field(
            each,
            selection_set=SelectionSetNode(
                selections=(*(each.selection_set.selections if each.selection_set else ()), cursor)
            ),
        )
        if isinstance(each, FieldNode) and each.name.value == "edges"
        else each
        for each in (selections.selections if selections else ())
    ]
    return SelectionSetNode(selections=tuple(chosen))


def _field(node: FieldNode, **changes: Any) -> FieldNode:
    return FieldNode(**{key: changes.get(key, getattr(node, key)) for key in node.keys})


def _argument(name: str, value: IntValueNode | StringValueNode) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=value)
