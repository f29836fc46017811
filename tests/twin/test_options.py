"""Options and what they make of variants: the schema's text for each strategy and code."""

import pytest

CREATE = """mutation($id: ID!, $options: [OptionCreateInput!]!,
    $strategy: ProductOptionCreateVariantStrategy) {
  productOptionsCreate(productId: $id, options: $options, variantStrategy: $strategy) {
    product { id } userErrors { field message code } } }"""
UPDATE = """mutation($id: ID!, $option: OptionUpdateInput!, $add: [OptionValueCreateInput!],
    $rename: [OptionValueUpdateInput!], $delete: [ID!],
    $strategy: ProductOptionUpdateVariantStrategy) {
  productOptionUpdate(productId: $id, option: $option, optionValuesToAdd: $add,
      optionValuesToUpdate: $rename, optionValuesToDelete: $delete, variantStrategy: $strategy) {
    product { id } userErrors { field message code } } }"""
DELETE = """mutation($id: ID!, $options: [ID!]!, $strategy: ProductOptionDeleteStrategy) {
  productOptionsDelete(productId: $id, options: $options, strategy: $strategy) {
    deletedOptionsIds product { id } userErrors { field message code } } }"""
REORDER = """mutation($id: ID!, $options: [OptionReorderInput!]!) {
  productOptionsReorder(productId: $id, options: $options) {
    product { id } userErrors { field message code } } }"""
STRUCTURE = """query($id: ID!) { product(id: $id) { hasOnlyDefaultVariant
  options { id name position values optionValues { id name hasVariants } }
  variants(first: 250) { nodes { id title position selectedOptions { name value } } } } }"""


def named(*names):
    return [{"name": name} for name in names]


def option(name, *values, **more):
    return {"name": name, "values": named(*values), **more}


def ask(shop, text, **variables):
    """The payload of one mutation."""
    answer = shop.ask(text, {"id": shop.gid, **variables})
    return next(iter(answer["data"].values()))


def codes(payload):
    return [error["code"] for error in payload["userErrors"]]


def structure(shop):
    return shop.ask(STRUCTURE, {"id": shop.gid})["data"]["product"]


def titles(shop):
    return [variant["title"] for variant in structure(shop)["variants"]["nodes"]]


def options(shop):
    return {each["name"]: each["values"] for each in structure(shop)["options"]}


def value_id(shop, name):
    every = [value for each in structure(shop)["options"] for value in each["optionValues"]]
    return next(value["id"] for value in every if value["name"] == name)


@pytest.fixture
def shirt(shop):
    """Sizes S and L in red and blue, but no blue L."""
    made = ask(shop, CREATE, options=[option("Size", "S", "L"), option("Colour", "Red", "Blue")])
    assert made["userErrors"] == []
    ids = [each["id"] for each in structure(shop)["options"]]
    for size, colour in [("L", "Red"), ("S", "Blue")]:
        values = [{"optionId": ids[0], "name": size}, {"optionName": "Colour", "name": colour}]
        text = """mutation($id: ID!, $values: [VariantOptionValueInput!]!) {
          productVariantsBulkCreate(productId: $id, variants: [{optionValues: $values}]) {
            userErrors { code } } }"""
        assert ask(shop, text, values=values)["userErrors"] == []
    return shop


def test_the_first_option_takes_the_place_of_the_default_one(shop):
    assert structure(shop)["hasOnlyDefaultVariant"]
    ask(shop, CREATE, options=[option("Size", "S", "L")])
    found = structure(shop)
    assert not found["hasOnlyDefaultVariant"]
    assert titles(shop) == ["S"]
    assert [value["hasVariants"] for value in found["options"][0]["optionValues"]] == [True, False]
    assert found["options"][0]["values"] == ["S"]


def test_create_makes_every_combination_of_what_was_there_with_the_new_values(shop):
    ask(shop, CREATE, options=[option("Size", "S", "L")], strategy="CREATE")
    ask(shop, CREATE, options=[option("Colour", "Red", "Blue")], strategy="CREATE")
    assert sorted(titles(shop)) == ["L / Blue", "L / Red", "S / Blue", "S / Red"]
    prices = {variant["price"] for variant in shop.product["variants"]}
    assert prices == {"20.00"}


def test_leaving_variants_as_they_are_gives_them_the_first_value(shirt):
    ask(shirt, CREATE, options=[option("Fit", "Slim", "Wide", position=1)])
    assert titles(shirt) == ["Slim / S / Red", "Slim / L / Red", "Slim / S / Blue"]
    assert [each["position"] for each in structure(shirt)["options"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([option("", "x")], "OPTION_NAME_MISSING"),
        ([option("size", "x")], "OPTION_ALREADY_EXISTS"),
        ([option("Fit")], "OPTION_VALUES_MISSING"),
        ([option("Fit", "Slim", "slim")], "DUPLICATED_OPTION_VALUE"),
        ([option("Fit", "x" * 256)], "OPTION_VALUE_NAME_TOO_LONG"),
        ([option("F" * 256, "x")], "OPTION_NAME_TOO_LONG"),
        ([option("Fit", "x", position=4)], "POSITION_OUT_OF_BOUNDS"),
        ([option("Fit", "x"), option("Cut", "y")], "OPTIONS_OVER_LIMIT"),
    ],
)
def test_a_bad_new_option_is_refused_and_nothing_changes(shirt, given, code):
    before = structure(shirt)
    assert codes(ask(shirt, CREATE, options=given)) == [code]
    assert structure(shirt) == before


def test_more_than_2048_variants_are_refused(shop):
    sizes = option("Size", *(f"s{number}" for number in range(50)))
    colours = option("Colour", *(f"c{number}" for number in range(50)))
    made = ask(shop, CREATE, options=[sizes, colours], strategy="CREATE")
    assert codes(made) == ["TOO_MANY_VARIANTS_CREATED"]
    made = ask(shop, CREATE, options=[sizes], strategy="CREATE")
    assert made["userErrors"] == []
    assert len(titles(shop)) == 50


def test_an_option_and_its_values_take_new_names(shirt):
    size = structure(shirt)["options"][0]["id"]
    rename = [{"id": value_id(shirt, "L"), "name": "Large"}]
    done = ask(shirt, UPDATE, option={"id": size, "name": "Fits"}, rename=rename)
    assert done["userErrors"] == []
    assert options(shirt) == {"Fits": ["S", "Large"], "Colour": ["Red", "Blue"]}
    assert titles(shirt) == ["S / Red", "Large / Red", "S / Blue"]


def test_an_option_moves_to_another_position(shirt):
    size = structure(shirt)["options"][0]["id"]
    ask(shirt, UPDATE, option={"id": size, "position": 2})
    assert titles(shirt) == ["Red / S", "Red / L", "Blue / S"]


def test_managing_variants_adds_one_for_each_combination_and_deletes_those_of_a_deleted_value(
    shirt,
):
    colour = structure(shirt)["options"][1]["id"]
    done = ask(
        shirt,
        UPDATE,
        option={"id": colour},
        add=named("Green"),
        delete=[value_id(shirt, "Red")],
        strategy="MANAGE",
    )
    assert done["userErrors"] == []
    assert sorted(titles(shirt)) == ["L / Green", "S / Blue", "S / Green"]
    assert options(shirt)["Colour"] == ["Blue", "Green"]


def test_leaving_variants_as_they_are_adds_a_value_without_any(shirt):
    colour = structure(shirt)["options"][1]["id"]
    ask(shirt, UPDATE, option={"id": colour}, add=named("Green"))
    found = structure(shirt)["options"][1]
    assert found["values"] == ["Red", "Blue"]
    assert [value["name"] for value in found["optionValues"]] == ["Red", "Blue", "Green"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"delete": ["Red"]}, "OPTION_VALUE_HAS_VARIANTS"),
        ({"add": ["red"]}, "OPTION_VALUE_ALREADY_EXISTS"),
        ({"add": ["Green", "green"]}, "DUPLICATED_OPTION_VALUE"),
        ({"delete": ["Red", "Blue"]}, "CANNOT_DELETE_ALL_OPTION_VALUES_IN_OPTION"),
        ({"rename": {"Red": "blue"}}, "OPTION_VALUE_ALREADY_EXISTS"),
        ({"delete": ["Blue"], "rename": {"Blue": "Navy"}, "strategy": "MANAGE"},
         "OPTION_VALUE_CONFLICTING_OPERATION"),
    ],
)  # fmt: skip
def test_a_bad_change_of_values_is_refused_and_nothing_changes(shirt, change, code):
    before = structure(shirt)
    given = {
        "add": named(*change.get("add", ())),
        "delete": [value_id(shirt, name) for name in change.get("delete", ())],
        "rename": [
            {"id": value_id(shirt, old), "name": new}
            for old, new in change.get("rename", {}).items()
        ],
        "strategy": change.get("strategy"),
    }
    done = ask(shirt, UPDATE, option={"id": before["options"][1]["id"]}, **given)
    assert codes(done) == [code]
    assert structure(shirt) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "size"}, "OPTION_ALREADY_EXISTS"),
        ({"name": " "}, "INVALID_NAME"),
        ({"position": 3}, "INVALID_POSITION"),
        ({"id": "gid://shopify/ProductOption/1"}, "OPTION_DOES_NOT_EXIST"),
    ],
)
def test_a_bad_change_of_an_option_is_refused(shirt, change, code):
    colour = structure(shirt)["options"][1]["id"]
    assert codes(ask(shirt, UPDATE, option={"id": colour, **change})) == [code]


def test_deleting_an_option_with_several_values_needs_a_strategy(shirt):
    colour = structure(shirt)["options"][1]["id"]
    refused = ask(shirt, DELETE, options=[colour])
    assert codes(refused) == ["CANNOT_DELETE_OPTION_WITH_MULTIPLE_VALUES"]
    refused = ask(shirt, DELETE, options=[colour], strategy="NON_DESTRUCTIVE")
    assert codes(refused) == ["CANNOT_USE_NON_DESTRUCTIVE_STRATEGY"]
    done = ask(shirt, DELETE, options=[colour], strategy="POSITION")
    assert done["deletedOptionsIds"] == [colour]
    assert titles(shirt) == ["S", "L"]


def test_without_options_a_product_has_the_default_one(shop):
    ask(shop, CREATE, options=[option("Size", "S")])
    ask(shop, DELETE, options=[structure(shop)["options"][0]["id"]])
    assert structure(shop)["hasOnlyDefaultVariant"]
    assert titles(shop) == ["Default Title"]


def test_an_option_of_another_product_is_told_from_an_unknown_one(shirt):
    other = shirt.twin.create(shirt.domain, {"title": "Cup"})["options"][0]["id"]
    unknown = "gid://shopify/ProductOption/1"
    assert codes(ask(shirt, DELETE, options=[other, unknown])) == [
        "OPTIONS_DO_NOT_BELONG_TO_THE_SAME_PRODUCT",
        "OPTION_DOES_NOT_EXIST",
    ]


def test_variants_follow_the_order_of_options_and_values(shop):
    """The example in the schema's text, without the fourth variant that it invents."""
    variants = [
        {"options": ["Red", "Small"]},
        {"options": ["Green", "Medium"]},
        {"options": ["Blue", "Small"]},
    ]
    shop.twin.delete(shop.domain, shop.gid)
    made = {"title": "Shirt", "variants": variants, "option_names": ["Color", "Size"]}
    shop.twin.create(shop.domain, made)
    order = [option("Size", "Small", "Medium"), option("Color", "Green", "Red", "Blue")]
    assert ask(shop, REORDER, options=order)["userErrors"] == []
    assert titles(shop) == ["Small / Red", "Small / Blue", "Medium / Green"]
    assert options(shop) == {"Size": ["Small", "Medium"], "Color": ["Green", "Red", "Blue"]}
    positions = [variant["position"] for variant in structure(shop)["variants"]["nodes"]]
    assert positions == [1, 2, 3]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ([option("Size")], "MISSING_OPTION_NAME"),
        ([option("Size"), option("Size")], "DUPLICATED_OPTION_NAME"),
        ([option("Size"), option("Cut")], "OPTION_NAME_DOES_NOT_EXIST"),
        ([option("Size", "S"), option("Colour")], "MISSING_OPTION_VALUE"),
        ([option("Size", "S", "M"), option("Colour")], "OPTION_VALUE_DOES_NOT_EXIST"),
        ([option("Size", "S", "S"), option("Colour")], "DUPLICATED_OPTION_VALUE"),
        ([{"id": "gid://shopify/ProductOption/1"}], "OPTION_ID_DOES_NOT_EXIST"),
        ([{"id": "gid://shopify/ProductOption/1"}, option("Size")],
         "MIXING_ID_AND_NAME_KEYS_IS_NOT_ALLOWED"),
    ],
)  # fmt: skip
def test_an_incomplete_order_is_refused(shirt, order, code):
    before = structure(shirt)
    assert codes(ask(shirt, REORDER, options=order)) == [code]
    assert structure(shirt) == before


def test_options_of_an_unknown_product_are_refused(shop):
    text = CREATE.replace("$id: ID!, ", "").replace("productId: $id", 'productId: "1"')
    made = shop.ask(text, {"options": [option("Size", "S")]})["data"]["productOptionsCreate"]
    assert codes(made) == ["PRODUCT_DOES_NOT_EXIST"]


def test_the_structure_is_in_the_log_and_one_webhook_tells_of_it(shirt, ear):
    shirt.subscribe(ear.url, "PRODUCTS_UPDATE")
    since = len(shirt.twin.log())
    colour = structure(shirt)["options"][1]["id"]
    ask(shirt, UPDATE, option={"id": colour}, add=named("Green"), strategy="MANAGE")
    assert ear.settle(shirt.twin, 1) == ["products/update"]
    body = ear.bodies("products/update")[0]
    assert body["options"][1]["values"] == ["Red", "Blue", "Green"]
    assert len(body["variants"]) == 5
    entries = shirt.twin.log(since=since)
    edit = next(each for each in entries if each["kind"] == "edit")
    assert edit["attribute"] == "options"
    assert edit["old"][1] == {"name": "Colour", "values": ["Red", "Blue"]}
    assert edit["new"][1] == {"name": "Colour", "values": ["Red", "Blue", "Green"]}
    assert edit["by"] == "app"
    assert sum(each["kind"] == "create" for each in entries) == 2
