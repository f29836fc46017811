"""A shop's warehouse as its app sees it: one item, two locations, mutations with keys."""

import itertools

GROUP = """inventoryAdjustmentGroup { reason referenceDocumentUri
  changes { name delta quantityAfterChange ledgerDocumentUri item { id } location { id } } }"""
TEXTS = {
    name: f"""mutation($input: {kind}!, $key: String!) {{
      {name}(input: $input) @idempotent(key: $key) {{
        {GROUP} userErrors {{ field message code }} }} }}"""
    for name, kind in {
        "inventorySetQuantities": "InventorySetQuantitiesInput",
        "inventorySetOnHandQuantities": "InventorySetOnHandQuantitiesInput",
        "inventoryAdjustQuantities": "InventoryAdjustQuantitiesInput",
        "inventoryMoveQuantities": "InventoryMoveQuantitiesInput",
    }.items()
}
ADD_PLACE = """mutation($input: LocationAddInput!) { locationAdd(input: $input) {
  location { id } userErrors { field message code } } }"""
ACTIVATE = """mutation($item: ID!, $place: ID!, $available: Int, $onHand: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available,
      onHand: $onHand) @idempotent(key: $key) {
    inventoryLevel { id isActive canDeactivate } userErrors { field message } } }"""
DEACTIVATE = """mutation($level: ID!) { inventoryDeactivate(inventoryLevelId: $level) {
  userErrors { field message } } }"""


SCOPES = ["write_products", "write_inventory", "write_locations"]


class Warehouse:
    """`item` is the lamp's, of which five are at `place`."""

    def __init__(self, shop):
        shop.token = shop.twin.install(shop.domain, "probe-app", SCOPES)
        self.shop, self._keys = shop, itertools.count()
        self.item = shop.product["variants"][0]["item"]
        self.place = next(iter(shop.product["variants"][0]["stock"]))

    def key(self):
        return f"key-{next(self._keys)}"

    def second_place(self, name="Annex"):
        given = {"input": {"name": name, "address": {"countryCode": "DE"}}}
        return self.shop.ask(ADD_PLACE, given)["data"]["locationAdd"]["location"]["id"]

    def send(self, name, given, key=None):
        """The whole answer of a mutation of quantities."""
        given = {"reason": "correction", **given}
        return self.shop.ask(TEXTS[name], {"input": given, "key": key or self.key()})

    def run(self, name, given, key=None):
        return self.send(name, given, key)["data"][name]

    def set(self, quantity, before=None, *, name="available", place=None, item=None, key=None):
        entry = {
            "inventoryItemId": item or self.item,
            "locationId": place or self.place,
            "quantity": quantity,
            "changeFromQuantity": before,
        }
        return self.run("inventorySetQuantities", {"name": name, "quantities": [entry]}, key)

    def change(self, delta, before=None, *, place=None, **more):
        entry = {"inventoryItemId": self.item, "locationId": place or self.place, "delta": delta}
        return {**entry, "changeFromQuantity": before, **more}

    def adjust(self, *changes, name="available", key=None):
        return self.run("inventoryAdjustQuantities", {"name": name, "changes": changes}, key)

    def move(self, quantity, source, target, before=(None, None), **more):
        """From one state to another, with a ledger document wherever one is needed."""

        def end(name, expected):
            document = {} if name == "available" else {"ledgerDocumentUri": "gid://wms/Move/1"}
            place = {"locationId": self.place, "changeFromQuantity": expected}
            return {"name": name, **place, **document}

        change = {
            "inventoryItemId": self.item,
            "quantity": quantity,
            "from": end(source, before[0]),
            "to": end(target, before[1]),
            **more,
        }
        given = {"changes": [change], "referenceDocumentUri": "gid://wms/Transfer/1"}
        return self.run("inventoryMoveQuantities", given)

    def activate(self, place, key=None, **given):
        variables = {"item": self.item, "place": place, "key": key or self.key(), **given}
        return self.shop.ask(ACTIVATE, variables)["data"]["inventoryActivate"]

    def deactivate(self, place):
        level = f"gid://shopify/InventoryLevel/{place.rpartition('/')[2]}"
        level += f"?inventory_item_id={self.item.rpartition('/')[2]}"
        return self.shop.ask(DEACTIVATE, {"level": level})["data"]["inventoryDeactivate"]

    def stock(self, place=None):
        """The quantities that are not zero, by the control API's word."""
        held = self.shop.product["variants"][0]["stock"].get(place or self.place, {})
        return {name: value for name, value in held.items() if value and name != "active"}


def codes(answer):
    return [error["code"] for error in answer["userErrors"]]
