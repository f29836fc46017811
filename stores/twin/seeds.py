"""Three shops with realistic goods: shared SKUs, different titles and prices, a few traps."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stores.twin.edits import Author, create
from stores.twin.world import Shop, Twin

__all__ = ["DEMO_SHOPS", "seed_demo"]

DEMO_SHOPS = {
    "north.myshopify.com": ("North Outfitters", "plus", "USD"),
    "alpine.myshopify.com": ("Alpine Ausrüster", "basic", "EUR"),
    "harbour.myshopify.com": ("Harbour & Sons", "advanced", "USD"),
}
_MERCHANT = Author("merchant")
SIZES, COLOURS = ("S", "M", "L", "XL"), ("Moss", "Slate", "Ember")

# SKU stem, title, type, vendor, price, grams, option, what it is for, tags
_GOODS = (
    ("TNT2", "Ridgeline 2 Tent", "Tents", "Summit Works", 389, 1850, "colour",
     "A three-season tent for two that pitches in four minutes.", "camping, tent, 3-season"),
    ("TNT4", "Basecamp 4 Tent", "Tents", "Summit Works", 649, 4900, "",
     "Standing height for a family, with a porch for wet boots.", "camping, family, tent"),
    ("SLP0", "Down Sleeping Bag 0°", "Sleeping bags", "Summit Works", 329, 1120, "",
     "Responsibly sourced down for clear, cold nights.", "camping, down, sleep"),
    ("SLP8", "Summer Sleeping Bag 8°", "Sleeping bags", "Summit Works", 149, 740, "",
     "Packs to the size of a loaf and dries in an hour.", "camping, sleep, summer"),
    ("PAD1", "Air Pad Light", "Sleeping pads", "Fieldcraft", 119, 420, "",
     "Seven centimetres of quiet air between you and the ground.", "camping, sleep"),
    ("STV1", "Pocket Stove", "Stoves", "Fieldcraft", 64, 88, "",
     "Boils half a litre in under three minutes.", "cooking, stove"),
    ("POT2", "Titanium Pot Set", "Cookware", "Fieldcraft", 98, 265, "",
     "Two pots and a lid that is also a pan.", "cooking, titanium"),
    ("MUG1", "Enamel Mug", "Cookware", "Hearth & Home", 14, 140, "colour",
     "Chips with dignity, lasts for decades.", "cooking, gift"),
    ("BTL1", "Insulated Bottle 0.7 l", "Bottles", "Hearth & Home", 34, 390, "colour",
     "Hot for twelve hours, cold for a day.", "bottle, gift"),
    ("FLT1", "Squeeze Water Filter", "Water", "Fieldcraft", 45, 65, "",
     "Drink from the stream, a thousand litres of it.", "safety, water"),
    ("PCK4", "Traverse Pack 40 l", "Backpacks", "Ridge Pack Co.", 189, 1240, "colour",
     "A frame that carries, a lid that opens with one hand.", "hiking, pack"),
    ("PCK2", "Daypack 20 l", "Backpacks", "Ridge Pack Co.", 89, 560, "colour",
     "For the summit and for the train.", "hiking, pack"),
    ("PCK6", "Expedition Pack 65 l", "Backpacks", "Ridge Pack Co.", 289, 2050, "",
     "Ten days of food and still a straight back.", "expedition, pack"),
    ("DRY1", "Dry Bag 10 l", "Bags", "Ridge Pack Co.", 24, 95, "colour",
     "Rolled three times, it floats.", "pack, water"),
    ("JKT1", "Stormline Jacket", "Jackets", "North Loom", 279, 430, "size",
     "Three layers, taped seams, a hood that turns with you.", "clothing, rain"),
    ("JKT2", "Feather Jacket", "Jackets", "North Loom", 219, 310, "size",
     "Warmth that fits in its own pocket.", "clothing, down"),
    ("FLC1", "Grid Fleece", "Midlayers", "North Loom", 99, 280, "size",
     "Breathes uphill, warms on the ridge.", "clothing, fleece"),
    ("TSH1", "Merino T-shirt", "Base layers", "North Loom", 69, 155, "size",
     "Worn for a week and nobody knew.", "clothing, merino"),
    ("LNG1", "Merino Leggings", "Base layers", "North Loom", 84, 190, "size",
     "Under trousers in winter, alone in the hut.", "clothing, merino"),
    ("TRS1", "Trail Trousers", "Trousers", "North Loom", 119, 340, "size",
     "Stretch where knees bend, tough where rocks are.", "clothing, hiking"),
    ("SHL1", "Rain Shell Trousers", "Trousers", "North Loom", 139, 290, "size",
     "Full-length zips, so boots stay on.", "clothing, rain"),
    ("HAT1", "Wool Beanie", "Hats", "North Loom", 29, 70, "colour",
     "Knitted in one piece, no seam to itch.", "clothing, gift, wool"),
    ("GLV1", "Liner Gloves", "Gloves", "North Loom", 32, 45, "size",
     "Thin enough for a map, warm enough for a morning.", "clothing, wool"),
    ("SCK1", "Hiking Socks", "Socks", "North Loom", 22, 80, "size",
     "Cushioned at heel and toe.", "clothing, merino"),
    ("LMP1", "Head Torch 400", "Lighting", "Fieldcraft", 54, 92, "",
     "Four hundred lumens, and red light for tents.", "lighting, safety"),
    ("LMP2", "Camp Lantern", "Lighting", "Fieldcraft", 49, 310, "",
     "A warm glow for eighty hours.", "camping, lighting"),
    ("PWR1", "Solar Panel 21 W", "Power", "Fieldcraft", 129, 640, "",
     "Unfolds on a pack and charges two phones.", "power, solar"),
    ("PWR2", "Power Bank 20 Ah", "Power", "Fieldcraft", 69, 370, "",
     "Five charges, one small brick.", "power"),
    ("AID1", "First Aid Kit", "Safety", "Fieldcraft", 39, 330, "",
     "Sorted by what happened, not by what is inside.", "safety"),
    ("KNF1", "Folding Knife", "Tools", "Fieldcraft", 74, 98, "",
     "Carbon steel, oak handle, a lock you trust.", "gift, tools"),
    ("AXE1", "Camp Hatchet", "Tools", "Fieldcraft", 89, 680, "",
     "Splits kindling and stays sharp.", "camping, tools"),
    ("POL1", "Carbon Trekking Poles", "Poles", "Ridge Pack Co.", 149, 380, "",
     "A pair that weighs less than an apple each.", "hiking, poles"),
    ("CHR1", "Fold Chair", "Furniture", "Hearth & Home", 79, 950, "colour",
     "Sits low, packs small, holds everybody.", "camping, furniture"),
    ("TBL1", "Roll Table", "Furniture", "Hearth & Home", 119, 2600, "",
     "Bamboo slats that roll into a bag.", "camping, furniture"),
    ("BLK1", "Wool Blanket", "Blankets", "Hearth & Home", 129, 1450, "colour",
     "For the porch, the picnic and the dog.", "gift, wool"),
    ("CND1", "Beeswax Candle", "Home", "Hearth & Home", 18, 260, "",
     "Forty hours of honey-scented light.", "gift, home"),
    ("SOP1", "Trail Soap", "Care", "Hearth & Home", 9, 110, "",
     "Washes hands, dishes and shirts, leaves no trace.", "care"),
    ("MAP1", "Waterproof Map Case", "Navigation", "Fieldcraft", 27, 85, "",
     "Clear on both sides, closes with two fingers.", "hiking, navigation"),
    ("CMP1", "Sighting Compass", "Navigation", "Fieldcraft", 59, 75, "",
     "A mirror, a needle and no battery.", "hiking, navigation"),
    ("RPE1", "Cord 3 mm, 30 m", "Tools", "Fieldcraft", 19, 190, "colour",
     "Guy lines, laundry lines, life's loose ends.", "camping, tools"),
)  # fmt: skip
_SHARED = frozenset({0, 1, 2})  # of every five
_GERMAN = {
    "TNT2": "Zelt Ridgeline 2",
    "MUG1": "Emaillebecher",
    "BLK1": "Wolldecke",
    "CND1": "Bienenwachskerze",
}


def seed_demo(twin: Twin) -> None:
    """Open the three shops of the demo and fill them; the same goods every time."""
    shops = {
        domain: twin.add_shop(domain, name=name, plan=plan, currency=currency)
        for domain, (name, plan, currency) in DEMO_SHOPS.items()
    }
    north, alpine, harbour = shops.values()
    _fill(twin, north, map(_product, _GOODS))
    _fill(
        twin, alpine, (_abroad(each) for number, each in enumerate(_GOODS) if number % 5 in _SHARED)
    )
    _fill(twin, harbour, (_by_the_sea(each) for n, each in enumerate(_GOODS) if n % 5 in _SHARED))
    _fill(twin, alpine, _only_alpine())
    _fill(twin, harbour, _only_harbour())


def _fill(twin: Twin, shop: Shop, products: Iterable[Mapping[str, Any]]) -> None:
    for each in products:
        create(twin, shop, _MERCHANT, **each)


def _product(goods: tuple[Any, ...], *, factor: float = 1.0) -> dict[str, Any]:
    stem, title, kind, vendor, price, grams, option, text, tags = goods
    amount = f"{price * factor:.2f}"
    names = {"size": SIZES, "colour": COLOURS, "": ("Default Title",)}[option]
    variants = [
        {
            "options": [name],
            "sku": f"{stem}-{name[0]}{name[-1]}".upper() if option else stem,
            "barcode": _barcode(stem, number),
            "price": amount,
            "weight": {"value": grams / 1000, "unit": "KILOGRAMS"},
            "stock": 5 + (len(title) * 7 + number * 3) % 40,
        }
        for number, name in enumerate(names)
    ]
    fields = {
        "title": title,
        "descriptionHtml": f"<p>{text}</p>",
        "vendor": vendor,
        "productType": kind,
        "tags": [tag.strip() for tag in tags.split(",")],
        "seo.title": f"{title} | {vendor}",
        "seo.description": text,
    }
    options = [option.title() or "Title"]
    return {"fields": fields, "variants": variants, "option_names": options}


def _barcode(stem: str, number: int) -> str:
    """A thirteen-digit number with its check digit."""
    digits = f"40{sum(ord(c) * 31**i for i, c in enumerate(stem)) % 10**8:08d}{number:02d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _abroad(goods: tuple[Any, ...]) -> dict[str, Any]:
    """The same goods in euros; a few have a title of their own."""
    product = _product(goods, factor=0.95)
    if goods[0] in _GERMAN:
        product["fields"]["title"] = _GERMAN[goods[0]]
    return product


def _by_the_sea(goods: tuple[Any, ...]) -> dict[str, Any]:
    """The same goods with a few prices, tags and texts of its own."""
    product = _product(goods)
    number = [each[0] for each in _GOODS].index(goods[0])
    if number % 10 == 5:  # noqa: PLR2004  every tenth, beginning somewhere
        product["fields"]["tags"] = [*product["fields"]["tags"], "harbour"]
    if number % 10 == 6:  # noqa: PLR2004
        for variant in product["variants"]:
            variant["price"] = f"{float(variant['price']) + 5:.2f}"
    return product


def _plain(title: str, sku: str | None, price: str, kind: str) -> dict[str, Any]:
    fields = {"title": title, "productType": kind, "vendor": "House brand", "tags": [kind.lower()]}
    return {"fields": fields, "variants": [{"sku": sku, "price": price, "stock": 12}]}


def _only_alpine() -> Iterator[dict[str, Any]]:
    yield _plain("Hüttenschlafsack", "HUT-1", "59.00", "Sleeping bags")
    yield _plain("Gipfelbuch", "GPF-1", "12.50", "Gifts")
    yield _plain("Brotzeitbrett", None, "24.00", "Home")  # no SKU: nothing to match by
    yield _plain("Sonderposten Lampe", "LMP2", "29.00", "Lighting")  # a SKU that stands twice
    yield _plain("Sonderposten Lampe II", "LMP2", "27.00", "Lighting")


def _only_harbour() -> Iterator[dict[str, Any]]:
    yield _plain("Deck Shoes Wax", "WAX-1", "11.00", "Care")
    yield _plain("Sailor's Mug", "MUG-SEA", "16.00", "Cookware")
    yield _plain("Mystery Box", None, "49.00", "Gifts")
