"""How many attribute changes a second one process merges: edits in batches, through the one door.

Every change is checked, merged into its register, written to the ledger, and told to the stores:
one row for each of three live stores, and one job for each product and store.
"""

import time
from uuid import uuid4

from django.utils import timezone

from catalogue.domain.registers import CanonicalRegister, Entry
from catalogue.domain.version import Version
from catalogue.enums import ListingState, Source
from catalogue.models import Change, ChangeDelivery, Listing, Product, Variant
from catalogue.services.edit import SetValue, edit
from stores.enums import Mode
from stores.models import Store, Workspace
from syncqueue.enums import Priority
from syncqueue.models import Channel, Job

STORES, PRODUCTS, BATCH, ROUNDS = 3, 1_000, 250, 2
CHUNK = 2_000  # rows of one statement
OF_PRODUCT = ("title", "vendor", "product_type")
OF_VARIANT = ("price", "barcode")


def run() -> dict[str, float]:
    """Changes a second over all rounds; each round sets every attribute of every product anew."""
    workspace = catalogue(STORES)
    products = list(Product.objects.filter(workspace=workspace).prefetch_related("variants"))
    spent = 0.0
    for round_ in range(ROUNDS):
        for start in range(0, PRODUCTS, BATCH):
            wishes = [w for p in products[start : start + BATCH] for w in wishes_of(p, round_)]
            began = time.perf_counter()
            edit(
                workspace_id=workspace.pk,
                wishes=wishes,
                source=Source.API,
                actor="bench",
                priority=Priority.BULK,
            )
            spent += time.perf_counter() - began
    changes = PRODUCTS * ROUNDS * len(OF_PRODUCT + OF_VARIANT)
    told = (Change.objects.count(), ChangeDelivery.objects.count(), Job.objects.count())
    if told != (changes, changes * STORES, PRODUCTS * ROUNDS * STORES):
        raise RuntimeError(f"Not everything was recorded: {told}.")
    return {"merge_changes_per_s": changes / spent}


def wishes_of(product: Product, round_: int) -> list[SetValue]:
    (variant,) = product.variants.all()
    of_product = [
        SetValue(product_id=product.pk, attribute=name, value=f"{name} {round_}")
        for name in OF_PRODUCT
    ]
    values = {"price": f"{11 + round_}.00", "barcode": f"40063813339{round_}"}
    of_variant = [
        SetValue(product_id=product.pk, variant_id=variant.pk, attribute=name, value=values[name])
        for name in OF_VARIANT
    ]
    return of_product + of_variant


def catalogue(stores: int, many: int = PRODUCTS) -> Workspace:
    """Products with a history of their own, linked in live stores."""
    workspace = Workspace.objects.create(name="Bench", slug=f"bench-{uuid4().hex[:8]}")
    shops = [live_store(workspace, number) for number in range(stores)]
    version = Version.of(timezone.now(), Source.IMPORT, "import")
    known = CanonicalRegister((Entry(version, "edit", shops[0].pk, "10.00"),)).to_json()
    products = Product.objects.bulk_create(
        [
            Product(
                workspace=workspace,
                currency="USD",
                title=f"Product {number}",
                registers=dict.fromkeys(OF_PRODUCT, known),
            )
            for number in range(many)
        ],
        batch_size=CHUNK,
    )
    variants = [Variant(product=p, registers=dict.fromkeys(OF_VARIANT, known)) for p in products]
    Variant.objects.bulk_create(variants, batch_size=CHUNK)
    listings = [
        Listing(
            store=shop,
            product=product,
            gid=f"gid://shopify/Product/{product.pk}",
            state=ListingState.LINKED,
        )
        for shop in shops
        for product in products
    ]
    Listing.objects.bulk_create(listings, batch_size=CHUNK)
    return workspace


def live_store(workspace: Workspace, number: int) -> Store:
    domain = f"merge-{number}-{uuid4().hex[:8]}.myshopify.com"
    return Store.objects.create(
        workspace=workspace,
        channel=Channel.objects.create(name=domain),
        domain=domain,
        currency="USD",
        mode=Mode.LIVE,
        opted_in_at=timezone.now(),
    )
