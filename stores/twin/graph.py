"""GraphQL at the shop's door: a document's checks, its cost, its run and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationType,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.language import DocumentNode

from stores.twin import cost, verdicts
from stores.twin.apps import Install
from stores.twin.errors import UnimplementedError
from stores.twin.nodes import Call
from stores.twin.wiring import schema
from stores.twin.world import Shop, Twin

__all__ = ["Outcome", "operations_of", "read", "run"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The body of an answer, and whether a mutation was carried out."""

    body: Json
    mutated: bool = False


@dataclass(frozen=True, slots=True)
class _Prepared:
    document: DocumentNode
    fields: tuple[cost.Priced, ...]
    mutation: bool
    name: str  # of the operation, or of its first field where it has none
    names: frozenset[str]


def run(call: Call, text: str, variables: Mapping[str, Any], operation: str | None) -> Outcome:
    """Answer one document; the shop's lock makes it one moment of the shop's life."""
    prepared = _prepare(text, operation)
    if isinstance(prepared, list):
        return Outcome({"errors": prepared})
    wanted = cost.requested(prepared.fields, variables)
    if "internal_error" in call.struck:
        return Outcome({"errors": [verdicts.internal_error(call.request_id)]})
    if wanted > cost.MAXIMUM:
        return Outcome({"errors": [verdicts.too_dear(wanted)]})
    shop, bucket = call.shop, call.install.bucket
    with shop.lock:
        struck = "throttled" in call.struck
        if struck or not (shop.knobs.unlimited or bucket.take(wanted, call.twin.clock.seconds())):
            _count(shop, prepared, throttled=1)
            return Outcome(verdicts.throttled(wanted, bucket.status()))
        result = execute_sync(
            schema(),
            prepared.document,
            context_value=call,
            variable_values=dict(variables),
            operation_name=operation,
        )
        spent = min(wanted, cost.actual(prepared.fields, result.data, variables))
        bucket.give_back(wanted - spent, call.twin.clock.seconds())
        _count(shop, prepared, points=spent, mutations=int(prepared.mutation))
        fields = list(cost.breakdown(prepared.fields, variables)) if call.tells_cost else None
        extensions = verdicts.extensions(wanted, spent, bucket.status(), fields, call.searches)
    body = {**_formatted(result), "extensions": extensions}
    return Outcome(body, mutated=prepared.mutation and result.data is not None)


def read(twin: Twin, shop: Shop, install: Install, text: str, variables: Mapping[str, Any]) -> Json:
    """What an app's own query gives for an event: free of points, errors beside the data."""
    prepared = _prepare(text, None)
    if isinstance(prepared, list):
        return {"errors": prepared}
    call = Call(twin, shop, install, "")
    return _formatted(
        execute_sync(schema(), prepared.document, context_value=call, variable_values={**variables})
    )


def operations_of(text: str, operation: str | None) -> frozenset[str]:
    """The names that a rule of faults can mean: the operation's, and its root fields'."""
    prepared = _prepare(text, operation)
    return frozenset() if isinstance(prepared, list) else prepared.names


@lru_cache(maxsize=512)
def _prepare(text: str, operation: str | None) -> _Prepared | list[Json]:
    """A parsed, validated and priced document, or what is wrong with it."""
    try:
        document = parse(text, no_location=False)
    except GraphQLError as error:
        return [{**error.formatted, "extensions": {"code": "parseError"}}]
    if errors := validate(schema(), document):
        return [{**error.formatted, "extensions": {"code": _code(error)}} for error in errors]
    found = get_operation_ast(document, operation)
    if found is None:
        return [{"message": "An operation name is required"}]
    fields = cost.price(schema(), document, found)
    roots = [each.name.value for each in found.selection_set.selections if hasattr(each, "name")]
    name = found.name.value if found.name else next(iter(roots), "anonymous")
    is_mutation = found.operation == OperationType.MUTATION
    return _Prepared(document, fields, is_mutation, name, frozenset({name, *roots}))


def _count(shop: Shop, prepared: _Prepared, **amounts: float) -> None:
    shop.count(**amounts)
    shop.count_operation(prepared.name, calls=1, **amounts)


def _code(error: GraphQLError) -> str:
    known = {
        "Cannot query field": "undefinedField",
        "Unknown argument": "argumentNotAccepted",
        "is required": "missingRequiredArguments",
        "but it was not provided": "missingRequiredArguments",
    }
    found = (code for part, code in known.items() if part in error.message)
    return next(found, "argumentLiteralsIncompatible")


def _formatted(result: ExecutionResult) -> Json:
    if not result.errors:
        return {"data": result.data}
    errors = []
    for error in result.errors:
        body: Json = dict(error.formatted)
        if isinstance(error.original_error, UnimplementedError):
            body["extensions"] = {"code": "TWIN_UNIMPLEMENTED"}
        elif error.original_error is not None and not isinstance(
            error.original_error, GraphQLError
        ):
            raise error.original_error
        elif result.data is None and "variable" in error.message.casefold():
            body["extensions"] = {"code": "INVALID_VARIABLE"}
        errors.append(body)
    return {"errors": errors, "data": result.data}
