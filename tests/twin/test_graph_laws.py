"""Whatever is done to a shop's goods, in any order: the graph holds and the log is true."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stores.twin.edits import (
    Author,
    Deed,
    definitions,
    drafts,
    files,
    media,
    metafields,
    option_update,
    options,
    products,
    variants,
)
from stores.twin.edits.option_update import Values
from stores.twin.edits.product_set import product_set
from stores.twin.refusals import RefusedError
from stores.twin.state import shop_state
from stores.twin.world import Twin

APP = Author("app", "request-1", app="probe-app")
NAME = st.sampled_from(["S", "M", "L", "s", "Red"])
OPTION = st.sampled_from(["Size", "Colour", "Fit"])
PICK = st.integers(0, 3)
CHOICES = st.lists(NAME, min_size=2, max_size=3)
MANY_CHOICES = st.lists(CHOICES, min_size=1, max_size=3)


def named(names):
    return [{"name": name} for name in names]


NEW_OPTIONS = st.lists(
    st.builds(
        lambda name, values: {"name": name, "values": named(values)},
        OPTION,
        st.lists(NAME, min_size=1, max_size=3, unique_by=str.casefold),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda option: option["name"],
)
PLACES = st.lists(st.lists(PICK, min_size=2, max_size=2), min_size=1, max_size=3)
METAFIELDS = st.lists(
    st.builds(
        lambda key, value: {"namespace": "custom", "key": key, "type": "id", "value": value},
        st.sampled_from(["ref", "code"]),
        st.sampled_from(["A", "A", "B"]),
    ),
    max_size=2,
)


def chosen(names_of_options, names):
    pairs = zip(names_of_options, names, strict=False)
    return [{"optionName": option, "name": name} for option, name in pairs]


def chosen_of(product, names):
    return chosen([option.name for option in product.options], names)


def pick(items, place):
    return items[place % len(items)]


def edit(deed, product, title, handle):
    products.change(deed, product, {"title": title, "handle": handle})


def create_options(deed, product, new, strategy):
    options.create(deed, product, new, strategy)


def update_option(deed, product, place, change, strategy):
    adding, leaving = change
    option = pick(product.options, place)
    gone = [pick(option.values, leaving).gid] if leaving else []
    renamed = [{"id": option.values[0].gid, "name": f"{option.values[0].name}!"}]
    values = Values(named(adding), renamed, gone)
    given = {"id": option.gid, "position": place % len(product.options) + 1}
    option_update.update(deed, product, given, values, strategy)


def delete_option(deed, product, place, strategy):
    options.delete(deed, product, [pick(product.options, place).gid], strategy)


def reorder_options(deed, product, order):
    every = sorted(product.options, key=lambda each: order[product.options.index(each)])
    options.reorder(deed, product, [{"id": each.gid} for each in every])


def add_variants(deed, product, choices, strategy):
    given = [{"optionValues": chosen_of(product, each)} for each in choices]
    variants.add(deed, product, drafts.new(deed, product, given), strategy)


def move_variant(deed, product, place, choices):
    choice = chosen_of(product, choices)
    given = [{"id": pick(product.variants, place).gid, "optionValues": choice}]
    variants.alter(deed, product, drafts.planned(deed, product, given))


def delete_variant(deed, product, place):
    variants.drop(deed, product, [pick(product.variants, place)])


def reorder_variants(deed, product, place, position):
    given = [{"id": pick(product.variants, place).gid, "position": position}]
    variants.reorder(deed, product, given)


def set_all(deed, product, new, places, custom):
    names = [option["name"] for option in new]
    rows = [
        [pick(x["values"], at)["name"] for x, at in zip(new, row, strict=False)] for row in places
    ]
    given = {"productOptions": new, "variants": [{"optionValues": chosen(names, x)} for x in rows]}
    product_set(deed, {**given, "metafields": custom}, {"id": product.gid})


def set_metafields(deed, product, custom):
    owners = [product, *deed.shop.products.values()]
    given = [{**each, "ownerId": owners[-at].gid} for at, each in enumerate(custom)]
    metafields.set_many(deed, given)


def show(deed, product, count):
    given = [{"originalSource": "https://pictures.example.com/mug.jpg"}] * count
    made = files.add(deed, files.planned(deed.shop, given, "files"))
    media.attach(deed, product, made)
    media.show(deed, product.variants[0], made[0])


def hide(deed, product, place):
    held = [pick(list(deed.shop.files.values()), place).gid] if deed.shop.files else []
    files.delete(deed, held)


def delete_other(deed, product):
    others = [each for each in deed.shop.products.values() if each is not product]
    for each in others:
        products.remove(deed, each)


STRATEGY = {
    "add": st.sampled_from(["DEFAULT", "REMOVE_STANDALONE_VARIANT"]),
    "create": st.sampled_from(["CREATE", "LEAVE_AS_IS"]),
    "update": st.sampled_from(["MANAGE", "LEAVE_AS_IS"]),
    "delete": st.sampled_from(["DEFAULT", "NON_DESTRUCTIVE", "POSITION"]),
}
STEP = st.one_of(
    st.tuples(
        st.just(edit), st.sampled_from(["Lamp", "Cup", " "]), st.sampled_from(["", "cup", "x"])
    ),
    st.tuples(st.just(create_options), NEW_OPTIONS, STRATEGY["create"]),
    st.tuples(
        st.just(update_option),
        PICK,
        st.tuples(st.lists(NAME, max_size=2), PICK),
        STRATEGY["update"],
    ),
    st.tuples(st.just(delete_option), PICK, STRATEGY["delete"]),
    st.tuples(st.just(reorder_options), st.permutations(range(3))),
    st.tuples(st.just(add_variants), MANY_CHOICES, STRATEGY["add"]),
    st.tuples(st.just(move_variant), PICK, CHOICES),
    st.tuples(st.just(delete_variant), PICK),
    st.tuples(st.just(reorder_variants), PICK, st.integers(0, 4)),
    st.tuples(st.just(set_all), NEW_OPTIONS, PLACES, METAFIELDS),
    st.tuples(st.just(set_metafields), METAFIELDS),
    st.tuples(st.just(show), st.integers(1, 2)),
    st.tuples(st.just(hide), PICK),
    st.tuples(st.just(delete_other)),
)


def world():
    """A shop with a lamp and a cup whose reference numbers are unique."""
    twin = Twin()
    shop = twin.add_shop("north.myshopify.com")
    define = {"ownerType": "PRODUCT", "namespace": "custom", "key": "ref", "name": "Ref"}
    rows = [{"options": list(names)} for names in (("S", "Red"), ("M", "Red"), ("L", "Blue"))]
    lamp = products.create(
        twin,
        shop,
        APP,
        fields={"title": "Lamp"},
        variants=rows,
        option_names=("Size", "Colour"),
    )
    reference = {"namespace": "custom", "key": "ref", "type": "id", "value": "A"}
    with Deed(twin, shop, APP) as deed:
        definitions.create(deed, {**define, "type": "id"})
    products.create(twin, shop, APP, fields={"title": "Cup", "metafields": [reference]})
    return twin, shop, lamp


def told(shop):
    """The state without dates: what a refused deed must leave as it was."""
    state = shop_state(shop)
    return [{**each, "updatedAt": None} for each in state["products"]], state["files"]


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, min_size=6, max_size=12))
def test_the_graph_holds_together_and_refusals_change_nothing(steps):
    twin, shop, lamp = world()
    first = attributes_of(lamp)
    for act, *arguments in steps:
        before = told(shop)
        try:
            with Deed(twin, shop, APP) as deed:
                act(deed, lamp, *arguments)
        except RefusedError:
            assert told(shop) == before, act.__name__
    twin.stop()
    for product in shop.products.values():
        check_structure(product)
        check_media(product)
    check_tables(shop)
    check_log(twin, lamp, first)


def check_structure(product):
    combinations = [tuple(value.name.casefold() for value in x.chosen) for x in product.variants]
    assert len(set(combinations)) == len(combinations) >= 1
    assert [each.position for each in product.variants] == list(range(1, len(combinations) + 1))
    assert 1 <= len(product.options) <= 3
    for variant in product.variants:
        for option, value in zip(product.options, variant.chosen, strict=True):
            assert value in option.values
    for option in product.options:
        names = [value.name.casefold() for value in option.values]
        assert len(set(names)) == len(names) >= 1


def check_media(product):
    assert all(product in file.products for file in product.media)
    assert all(variant.media in {None, *product.media} for variant in product.variants)


def check_tables(shop):
    every = [variant for product in shop.products.values() for variant in product.variants]
    assert shop.variants == {each.id: each for each in every}
    assert shop.items == {each.item_id: each for each in every}
    assert shop.handles == {each.values["handle"]: each.id for each in shop.products.values()}
    assert shop.filenames == {each.name: each for each in shop.files.values()}
    assert all(each in x.media for each in shop.files.values() for x in each.products)
    (definition,) = shop.definitions.values()
    every = [product.metafields.get(("custom", "ref")) for product in shop.products.values()]
    held = [each for each in every if each is not None]
    assert definition.holders == {each.value: each.owner for each in held}
    assert len(definition.holders) == len(held)


def attributes_of(product):
    """What the log names as attributes of a product itself."""
    custom = {f"metafields.custom.{x.key}": x.value for x in product.metafields.values()}
    shown = [
        {"name": each.name, "values": [value.name for value in each.values]}
        for each in product.options
    ]
    gallery = [file.gid for file in product.media]
    return {**product.values, **custom, "options": shown, "media": gallery}


def check_log(twin, product, first):
    """True edits lead from what a product was to what it is, each from where the last ended.

    But for the order of variants, which also follows from what came and went.
    """
    found = dict(first)
    for entry in twin.oracle.read(kind="edit", resource=product.gid):
        name = entry["attribute"]
        if name != "variants":
            assert entry["old"] == found.get(name)
            assert entry["old"] != entry["new"]
            found[name] = entry["new"]
    assert {name: each for name, each in found.items() if each is not None} == {
        name: each for name, each in attributes_of(product).items() if each is not None
    }
