"""No value is set past the door: who moves registers is known by name, and passes the gates."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("syncqueue", "stores", "catalogue", "activity", "apimio_sync")
MOVERS = {"merge", "set_register", "set_timeline"}
# What may move a register, and why it needs no other gate than its own.
KNOWN = {
    ("catalogue/services/edit.py", "merge"): "the door: holds what the gates object to",
    (
        "catalogue/services/store_edits.py",
        "merge",
    ): "the inbound merge: holds it before the fan-out",
    ("catalogue/services/merge.py", "set_register"): "what both of them do",
    ("catalogue/services/merge.py", "set_timeline"): "what both of them do",
    (
        "catalogue/services/adopting.py",
        "set_register",
    ): "the birth of a record from its only store",
    ("catalogue/services/adopting.py", "merge"): "what a store was found to have stays there",
    ("catalogue/services/newcomers.py", "merge"): "a store's new variant: held before it is born",
    (
        "catalogue/services/options.py",
        "merge",
    ): "a new option's usual value, for variants without it",
    (
        "catalogue/models/canonical.py",
        "set_register",
    ): "a variant's own keeper, by the one above it",
    (
        "catalogue/services/opt_in_plans.py",
        "merge",
    ): "holds what moved since a plan; nobody is written",
    ("catalogue/services/breaker.py", "merge"): "holds what each store has; nobody is written",
}
COLUMNS = {"registers", "timeline"}


@cache
def sources():
    """Every module of ours, parsed once; the twin has a world of its own."""
    paths = (path for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    ours = (path for path in paths if not {"migrations", "twin"} & set(path.parts))
    return tuple((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())) for path in ours)


def imports_merge(tree):
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "catalogue.services.merge"
        and any(alias.name == "merge" for alias in node.names)
        for node in ast.walk(tree)
    )


def calls(name, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in MOVERS - {"merge"}:
                yield name, called.attr
            if isinstance(called, ast.Name) and called.id == "merge" and imports_merge(tree):
                yield name, "merge"


def stores_a_register(node):
    if isinstance(node, ast.keyword):
        return node.arg in COLUMNS
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and "SET registers" in node.value
    stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    return stored and node.attr in COLUMNS


def test_only_the_door_and_the_inbound_merge_move_what_is_canonical():
    assert {found for name, tree in sources() for found in calls(name, tree)} == set(KNOWN)


# Where a quantity or a level of stock may move, and what stands before it.
STOCK_MOVERS = {
    "verbs": "hold_wish: people's single numbers pass, programs' many wait; `answer` is a person's",
    "acts": "carrying judges every errand as a whole before it begins",
    "sighting": "watch: what a store empties is counted, and told to nobody",
    "members": "watch, where a level joins; opening, leaving and coming back tell no other store",
    "collisions": "a person's decision on what two parties have set",
    "pushes": "what our own call has done",
}
STOCK_GATES = {
    "verbs": {"hold_wish"},
    "carrying": {"hold_errand"},
    "sighting": {"watch"},
    "members": {"watch"},
    "gate": {"judge"},
}


def called_in(tree):
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_stock_moves_in_known_places_only_each_behind_a_gate():
    movers = {
        Path(name).stem
        for name, tree in sources()
        if any(
            isinstance(node, ast.ImportFrom)
            and node.module == "catalogue.services.stock.ledger"
            and {"move", "open_all"} & {alias.name for alias in node.names}
            for node in ast.walk(tree)
        )
    }
    assert movers == set(STOCK_MOVERS)
    trees = dict(sources())
    for module, gates in STOCK_GATES.items():
        assert gates <= called_in(trees[f"catalogue/services/stock/{module}.py"]), module


def test_many_stocks_are_moved_by_errands_only():
    """Nobody outside says that a batch was judged, or carries an act out by itself."""
    callers = {
        Path(name).stem
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "judged"
    }
    # Counts of a file are judged with the rest of it, before any of it is carried out.
    assert callers == {"carrying", "stock_columns"}
    users = {name for name, tree in sources() if "carry_counts_out" in called_in(tree)}
    assert users == {"catalogue/services/imports.py"}
    assert {"moves_of", "judge"} <= called_in(dict(sources())["catalogue/services/imports.py"])
    users = {
        Path(name).stem
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "catalogue.services.stock"
        and any(alias.name == "acts" for alias in node.names)
    }
    assert users == {"carrying"}


def test_quantities_and_levels_are_stored_by_nobody_else():
    """No assignment of a quantity or a level of stock outside its ledger."""
    writes = {
        (name, node.lineno)
        for name, tree in sources()
        if name != "catalogue/services/stock/ledger.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr in {"quantity", "level"}
    }
    assert writes == set()


def test_registers_are_stored_by_nobody_else():
    """No assignment, update or SQL of the columns in which values stand, outside their keepers."""
    keepers = {
        "catalogue/services/desk.py",  # puts back what the door and the inbound merge have moved
        "catalogue/models/canonical.py",
    }
    writes = {
        (name, node.lineno)
        for name, tree in sources()
        if name not in keepers
        for node in ast.walk(tree)
        if stores_a_register(node)
    }
    assert writes == set()


def test_both_doors_have_their_gates():
    trees = dict(sources())
    for name, gate in (
        ("edit", "hold_edit"),
        ("store_edits", "stop"),
        ("newcomers", "judge"),
        ("offering", "judge"),
    ):
        tree = trees[f"catalogue/services/{name}.py"]
        called = {
            n.func.id
            for n in ast.walk(tree)
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        assert gate in called
