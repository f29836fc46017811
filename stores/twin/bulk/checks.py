"""What a bulk operation may run: Shopify's restrictions, in its words where they are known."""

from dataclasses import dataclass, field

from graphql import (
    GraphQLError,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
    visit,
)
from graphql.language import DocumentNode, FieldNode, OperationDefinitionNode, OperationType

from stores.twin.refusals import Refusal, RefusedError

__all__ = ["mutation_of", "query_of"]

CONNECTIONS, DEPTH = 5, 2


def query_of(schema: GraphQLSchema, text: str) -> DocumentNode:
    """A query that can be run in bulk. Raises RefusedError with all that speaks against it."""
    document = _document(schema, text, "query", "INVALID")
    operation = _operation(document)
    if operation is None or operation.operation != OperationType.QUERY:
        said = "Invalid operation type. Only `query` operations are supported."
        raise RefusedError(_invalid(said))
    found = _Findings()
    info = TypeInfo(schema)
    visit(document, TypeInfoVisitor(info, _Look(info, found)))
    chosen = operation.selection_set.selections
    roots = [each.name.value for each in chosen if isinstance(each, FieldNode)]
    refusals = [_invalid(said) for said in _objections(operation, roots, found)]
    if refusals:
        raise RefusedError(*refusals)
    return document


def mutation_of(schema: GraphQLSchema, text: str) -> DocumentNode:
    """A mutation of one field that can be run in bulk. Raises RefusedError."""
    document = _document(schema, text, "mutation", "INVALID_MUTATION")
    operation = _operation(document)
    said = None
    if operation is None or operation.operation != OperationType.MUTATION:
        said = "Invalid operation type. Only `mutation` operations are supported."
    elif len(operation.selection_set.selections) != 1:
        said = "You must supply exactly one mutation."
    else:
        (root,) = operation.selection_set.selections
        if isinstance(root, FieldNode) and root.name.value.startswith("bulkOperation"):
            said = "You can't run a bulk operation in bulk."
    if said:
        raise RefusedError(Refusal(["mutation"], said, "INVALID_MUTATION"))
    return document


def _document(schema: GraphQLSchema, text: str, field_name: str, code: str) -> DocumentNode:
    try:
        document = parse(text)
    except GraphQLError as error:
        said = f"Invalid bulk {field_name}: {error.message}"
        raise RefusedError(Refusal([field_name], said, code)) from error
    if errors := validate(schema, document):
        said = f"Invalid bulk {field_name}: {errors[0].message}"
        raise RefusedError(Refusal([field_name], said, code))
    return document


def _operation(document: DocumentNode) -> OperationDefinitionNode | None:
    found = [x for x in document.definitions if isinstance(x, OperationDefinitionNode)]
    return found[0] if len(found) == 1 else None


@dataclass(slots=True)
class _Findings:
    connections: int = 0
    deepest: int = 0
    by_nodes: list[str] = field(default_factory=list)
    without_id: list[str] = field(default_factory=list)
    in_list: bool = False


class _Look(Visitor):
    """Goes through a query and notes its connections; fragments are looked at where defined."""

    def __init__(self, info: TypeInfo, found: _Findings) -> None:
        super().__init__()
        self._info, self._found = info, found
        self._open: list[FieldNode] = []  # the connections around the place
        self._lists = 0

    def enter_field(self, node: FieldNode, *_: object) -> None:
        kind = self._info.get_type()
        name = getattr(get_named_type(kind), "name", "") if kind else ""
        if name.endswith("Connection"):
            self._note(node)
            self._open.append(node)
        elif kind is not None and is_list_type(get_nullable_type(kind)) and not _is_paging(node):
            self._lists += 1

    def leave_field(self, node: FieldNode, *_: object) -> None:
        kind = self._info.get_type()
        if self._open and self._open[-1] is node:
            self._open.pop()
        elif kind is not None and is_list_type(get_nullable_type(kind)) and not _is_paging(node):
            self._lists -= 1

    def _note(self, node: FieldNode) -> None:
        found = self._found
        found.connections += 1
        found.deepest = max(found.deepest, len(self._open))
        found.in_list = found.in_list or self._lists > 0
        inside = {x.name.value for x in _fields(node)}
        if "nodes" in inside:
            found.by_nodes.append(node.name.value)
        if self._open and not _selects_id(self._open[-1]):
            found.without_id.append(node.name.value)


def _objections(
    operation: OperationDefinitionNode, roots: list[str], found: _Findings
) -> list[str]:
    said = []
    if operation.variable_definitions:
        said.append("Bulk queries can't have variables.")
    if len(roots) != 1:
        said.append("Bulk queries must have exactly one top level field.")
    said += [
        f"Bulk queries cannot contain a top level `{root}` field."
        for root in roots
        if root in {"node", "nodes"}
    ]
    if found.by_nodes:
        said.append(
            "All connection fields in a bulk query must select their contents using 'edges' > "
            "'node', e.g: 'products { edges { node {'. Selecting via 'nodes' is not supported. "
            f"Invalid connection fields: '{', '.join(found.by_nodes)}'."
        )
    if found.deepest > DEPTH:
        said.append(
            f"Bulk queries cannot contain connections with a nesting depth greater than {DEPTH}."
        )
    if found.connections > CONNECTIONS:
        said.append(f"Bulk queries cannot contain more than {CONNECTIONS} connections.")
    if found.without_id:
        said.append(
            "The parent 'node' field for a nested connection must select the 'id' field without "
            "an alias and must be of 'ID' return type. Connection fields without 'id': "
            f"{', '.join(found.without_id)}."
        )
    if found.in_list:
        said.append(
            "Queries that contain a connection field within a list field are not currently "
            "supported."
        )
    if not found.connections:
        said.append("Bulk queries must contain at least one connection.")
    return said


def _is_paging(node: FieldNode) -> bool:
    return node.name.value in {"edges", "nodes"}


def _fields(node: FieldNode) -> list[FieldNode]:
    chosen = node.selection_set.selections if node.selection_set else ()
    return [each for each in chosen if isinstance(each, FieldNode)]


def _selects_id(connection: FieldNode) -> bool:
    inner = [n for edges in _fields(connection) for n in _fields(edges) if n.name.value == "node"]
    return any(x.name.value == "id" and x.alias is None for node in inner for x in _fields(node))


def _invalid(said: str) -> Refusal:
    return Refusal(["query"], said, "INVALID")
