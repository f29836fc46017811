"""What a store shows after a step, as an answer or a read is expected to say."""

from dataclasses import replace

from catalogue.domain.shape import DEFAULT_NAME, DEFAULT_VALUE, Names, Row, Shape, Step, without


def apply(step: Step, shown: Shape) -> Shape:
    """What a store shows after a step: what an answer or a read is expected to say."""
    return _APPLY[step.kind](step, shown)


def _rename_option(step: Step, shown: Shape) -> Shape:
    names = tuple(step.name if at == step.at else old for at, old in enumerate(shown.names))
    return replace(shown, names=names)


def _rename_value(step: Step, shown: Shape) -> Shape:
    def renamed(values: Names) -> Names:
        at = step.at
        return (*values[:at], step.name, *values[at + 1 :]) if values[at] == step.old else values

    return replace(shown, rows=tuple(Row(row.key, renamed(row.values)) for row in shown.rows))


def _add_option(step: Step, shown: Shape) -> Shape:
    """Every variant gets the value; the option that stood for none gives way."""
    names = (*shown.options, step.name)
    rows = (Row(r.key, () if shown.is_default else r.values) for r in shown.rows)
    return Shape(names, tuple(Row(row.key, (*row.values, step.old)) for row in rows))


def _remove_option(step: Step, shown: Shape) -> Shape:
    if len(shown.names) == 1:
        return Shape((DEFAULT_NAME,), tuple(Row(r.key, (DEFAULT_VALUE,)) for r in shown.rows))
    rows = tuple(Row(row.key, without(row.values, step.at)) for row in shown.rows)
    return Shape(without(shown.names, step.at), rows)


def _order_options(step: Step, shown: Shape) -> Shape:
    def ordered(words: Names) -> Names:
        return tuple(words[place] for place in step.places)

    rows = tuple(Row(row.key, ordered(row.values)) for row in shown.rows)
    orders = tuple(shown.orders[place] for place in step.places) if shown.orders else ()
    return _followed(Shape(ordered(shown.names), rows, orders))


def _order_values(step: Step, shown: Shape) -> Shape:
    return _followed(replace(shown, orders=step.orders))


def _followed(shape: Shape) -> Shape:
    """Shopify sorts the variants by the order of their values."""
    ranks = [{name: place for place, name in enumerate(names)} for names in shape.orders]
    if len(ranks) != len(shape.names):
        return shape
    last = len(shape.rows)

    def rank(row: Row) -> list[int]:
        return [known.get(name, last) for known, name in zip(ranks, row.values, strict=True)]

    return replace(shape, rows=tuple(sorted(shape.rows, key=rank)))


def _choose_values(step: Step, shown: Shape) -> Shape:
    chosen = {row.key: row for row in step.rows}
    return replace(shown, rows=tuple(chosen.get(row.key, row) for row in shown.rows))


def _create_variants(step: Step, shown: Shape) -> Shape:
    return replace(shown, rows=(*shown.rows, *step.rows))


def _delete_variants(step: Step, shown: Shape) -> Shape:
    return replace(shown, rows=tuple(row for row in shown.rows if row.key not in step.keys))


def _order_variants(step: Step, shown: Shape) -> Shape:
    rows = {row.key: row for row in shown.rows}
    return replace(shown, rows=tuple(rows[key] for key in step.keys))


_APPLY = {
    "rename_option": _rename_option,
    "rename_value": _rename_value,
    "add_option": _add_option,
    "remove_option": _remove_option,
    "order_options": _order_options,
    "order_values": _order_values,
    "choose_values": _choose_values,
    "create_variants": _create_variants,
    "delete_variants": _delete_variants,
    "order_variants": _order_variants,
}
