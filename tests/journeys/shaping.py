"""Somebody else's program that changes the shape of products in a shop, as merchants do."""

import requests

CLIENT = "shape-tool"
STATE = "{ userErrors { message } }"


def shirt(*sizes, title="Shirt", **more):
    """A product with one option, and a variant of each size."""
    variants = [
        {"options": [size], "sku": f"SHIRT-{size}", "price": f"{20 + place}.00"}
        for place, size in enumerate(sizes or ("S", "M"))
    ]
    plain = {"title": title, "vendor": "Lumen", "option_names": ["Size"]}
    return {**plain, "variants": variants, **more}


class Hand:
    """Calls mutations of one product in one shop."""

    def __init__(self, world, store):
        self.world, self.store = world, store
        world.twin.register_app(CLIENT, "secret", world.url)
        self.token = world.twin.install(store.domain, CLIENT)

    @property
    def product(self):
        return self.world.shown(self.store)

    def do(self, field, **variables):
        """One mutation; names of variables are those of its arguments."""
        kinds = {name: TYPES.get((field, name)) or TYPES[name] for name in variables}
        types = ", ".join(f"${name}: {kind}" for name, kind in kinds.items())
        given = ", ".join(f"{name}: ${name}" for name in variables)
        text = f"mutation M({types}) {{ {field}({given}) {STATE} }}"
        url = f"{self.world.twin.url}/shops/{self.store.domain}/admin/api/2026-10/graphql.json"
        headers = {"X-Shopify-Access-Token": self.token}
        body = {"query": text, "variables": variables}
        answer = requests.post(url, json=body, headers=headers, timeout=10).json()
        assert answer["data"][field]["userErrors"] == [], answer
        self.world.work()

    def add_variants(self, *variants):
        self.do("productVariantsBulkCreate", productId=self.product["id"], variants=list(variants))

    def remove_variants(self, *gids):
        self.do("productVariantsBulkDelete", productId=self.product["id"], variantsIds=list(gids))


TYPES = {
    "productId": "ID!",
    "variants": "[ProductVariantsBulkInput!]!",
    "variantsIds": "[ID!]!",
    "positions": "[ProductVariantPositionInput!]!",
    "options": "[OptionCreateInput!]!",
    ("productOptionsDelete", "options"): "[ID!]!",
    ("productOptionsReorder", "options"): "[OptionReorderInput!]!",
    "option": "OptionUpdateInput!",
    "optionValuesToUpdate": "[OptionValueUpdateInput!]",
}


def size(name, *, sku="", price="25.00"):
    values = [{"optionName": "Size", "name": name}]
    item = {"sku": sku or f"SHIRT-{name}"}
    return {"optionValues": values, "price": price, "inventoryItem": item}


def shape(product):
    """The options' names, and every variant's values, as the shop itself says."""
    names = [option["name"] for option in product["options"]]
    return names, [variant["title"] for variant in product["variants"]]
