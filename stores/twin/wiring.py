"""Shopify's real schema with our resolvers on its fields, under arguments, scopes and the log."""

import functools
import inspect
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    value_from_ast_untyped,
)

from stores.shopify.schema import SDL_PATH
from stores.twin import scopes
from stores.twin.bulk.mutations import BULK
from stores.twin.bulk.reading import BULK_READING
from stores.twin.errors import UnimplementedError
from stores.twin.mutations import MUTATIONS
from stores.twin.nodes import Info, kind_of
from stores.twin.paging import PAGING
from stores.twin.queries import RESOLVERS, Resolver
from stores.twin.refusals import Refusal
from stores.twin.stock import STOCK, STOCK_READING

__all__ = ["schema"]

_WIDE_CODES = ("INVALID_INPUT", "INVALID", "GENERIC_ERROR", "INTERNAL_ERROR")


@functools.cache
def schema() -> GraphQLSchema:
    """Shopify's schema with a resolver on every field: ours, or one that says it isn't played."""
    built = build_schema(SDL_PATH.read_text("utf-8"), assume_valid=True, no_location=True)
    resolvers = {**RESOLVERS, **STOCK_READING, **BULK_READING}
    mutations = {**MUTATIONS, **STOCK, **BULK}
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
                free = _resolver(path, field, play)
                field.resolve = scopes.guarded(name, field_name, field, free)
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
    if kind.endswith(_USER_ERRORS) and field == "field":
        return lambda refusal, _: refusal.field or None
    if kind.endswith(_USER_ERRORS) and field in {"message", "elementIndex"}:
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
