"""GraphQL at the shop's door: the real schema, our resolvers, the cost and the bucket."""

import functools
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    build_schema,
    execute_sync,
    get_named_type,
    get_operation_ast,
    parse,
    validate,
    value_from_ast_untyped,
)
from graphql.language import DocumentNode

from stores.shopify.schema import SDL_PATH
from stores.twin import cost, verdicts
from stores.twin.apps import Install
from stores.twin.errors import UnimplementedError
from stores.twin.mutations import MUTATIONS
from stores.twin.nodes import Call, Info, kind_of
from stores.twin.paging import PAGING
from stores.twin.queries import RESOLVERS, Resolver
from stores.twin.refusals import Refusal
from stores.twin.stock import STOCK, STOCK_READING
from stores.twin.world import Shop, Twin

__all__ = ["Outcome", "operations_of", "read", "run", "schema"]

Json = dict[str, Any]
_WIDE_CODES = ("INVALID_INPUT", "INVALID", "GENERIC_ERROR", "INTERNAL_ERROR")


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
        if struck or not (bucket.take(wanted, call.twin.clock.seconds()) or shop.knobs.unlimited):
            _count(shop, prepared, throttled=1)
            return Outcome(verdicts.throttled(wanted, bucket.status()))
        result = execute_sync(
            schema(),
            prepared.document,
            context_value=call,
            variable_values=dict(variables),
            operation_name=operation,
        )
        spent = min(wanted, cost.actual(prepared.fields, result.data))
        bucket.give_back(wanted - spent, call.twin.clock.seconds())
        _count(shop, prepared, points=spent, mutations=int(prepared.mutation))
        extensions = verdicts.extensions(wanted, spent, bucket.status())
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


@cache
def schema() -> GraphQLSchema:
    """Shopify's schema with a resolver on every field: ours, or one that says it isn't played."""
    built = build_schema(SDL_PATH.read_text("utf-8"), assume_valid=True, no_location=True)
    resolvers = {**RESOLVERS, **STOCK_READING}
    mutations = {**MUTATIONS, **STOCK}
    resolvers |= {f"Mutation.{name}": _recorded(name, each) for name, each in mutations.items()}
    for name, kind in built.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            kind.resolve_type = lambda value, *_: kind_of(value)
        if isinstance(kind, GraphQLObjectType):
            for field_name, field in kind.fields.items():
                path = f"{name}.{field_name}"
                play = resolvers.get(path) or _by_suffix(path, field)
                field.resolve = _resolver(path, field, play)
    for name in ("Money", "Decimal"):
        _amounts_only(built.type_map[name])
    return built


def _recorded(name: str, play: Resolver) -> Resolver:
    """The same mutation, with an entry in the log where it was accepted."""

    @functools.wraps(play)
    def carried_out(source: Any, info: Info, **given: Any) -> Any:
        call = info.context
        if (fault := call.struck.get("user_errors")) is not None:
            return _Refused(fault.code)
        payload = play(source, info, **given)
        if not any(payload[each] for each in payload if each.endswith("user_errors")):
            facts = {"operation": name, "request_id": call.request_id, "cause": call.cause}
            call.twin.oracle.write("write", call.shop.domain, **facts)
        return payload

    return carried_out


class _Refused(dict[str, Any]):
    """The payload of any mutation that a fault refuses: nothing but user errors."""

    def __init__(self, code: str | None) -> None:
        refusal = Refusal([], "Something went wrong, please try again.", code)
        super().__init__(user_errors=[refusal], media_user_errors=[refusal])

    def __missing__(self, name: str) -> None:
        return None


def _by_suffix(path: str, found: GraphQLField) -> Resolver | None:
    """Payloads are dicts with our names; user errors are refusals; connections are pages."""
    kind, _, field = path.partition(".")
    name = _snake(field)
    if kind.endswith("Payload"):
        return lambda source, _: source[name]
    returned = get_named_type(found.type)
    if kind.endswith(_USER_ERRORS) and isinstance(returned, GraphQLEnumType):
        return _known_code(frozenset(returned.values))
    if kind.endswith(_USER_ERRORS) and field in {"field", "message", "elementIndex"}:
        return lambda source, _: getattr(source, name)
    return next((each.get(field) for end, each in PAGING.items() if kind.endswith(end)), None)


# What user errors are called; the mutations of apps have names of their own.
_USER_ERRORS = ("UserError", "AppUninstallError", "AppRevokeScopeError")


def _known_code(codes: frozenset[str]) -> Resolver:
    """A refusal's code, or the widest that this mutation has where it doesn't know that one."""
    wide = next((each for each in _WIDE_CODES if each in codes), None)
    return lambda refusal, _: refusal.code if refusal.code in codes else wide


def _resolver(path: str, field: GraphQLField, play: Resolver | None) -> Resolver:
    """`play` under the arguments it knows; another argument may only have its default."""
    if play is None:
        return _loudly(f"The twin does not implement the field {path}.")
    for name, argument in field.args.items():
        argument.out_name = _snake(name)
    unknown = _unknown_arguments(field, play)
    if not unknown:
        return play

    def checked(source: Any, info: Any, **given: Any) -> Any:
        for name, default in unknown.items():
            if name in given and given.pop(name) != default:
                raise UnimplementedError(f"The twin does not implement {path}({name}:).")
        return play(source, info, **given)

    return checked


def _unknown_arguments(field: GraphQLField, play: Resolver) -> dict[str, Any]:
    """Arguments that `play` does not take, with their defaults; pages pass on to `connect`."""
    known = set(inspect.signature(play).parameters)
    if "page" in known:
        known |= {"first", "last", "after", "before", "reverse"}
    return {
        argument.out_name or name: _default(argument)
        for name, argument in field.args.items()
        if argument.out_name not in known
    }


def _default(argument: GraphQLArgument) -> Any:
    """The value that an argument has where the document gives none."""
    node = argument.ast_node
    if node is None or node.default_value is None:
        return None
    return value_from_ast_untyped(node.default_value)


def _loudly(message: str) -> Resolver:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UnimplementedError(message)

    return refuse


def _amounts_only(kind: Any) -> None:
    def parse_amount(value: Any) -> str:
        try:
            return str(Decimal(str(value)))
        except InvalidOperation as error:
            raise GraphQLError(f"{value!r} is not an amount.") from error

    if isinstance(kind, GraphQLScalarType):
        kind.coerce_input_value = parse_amount


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


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
