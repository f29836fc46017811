"""Workspaces, stores and products for tests of the catalogue, in both of Shopify's forms."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from catalogue.enums import Source
from catalogue.services.importing import found_products, is_founder, take_in_nodes
from catalogue.services.linking import match_listings
from stores.enums import Mode
from stores.models import Delivery, Store, Workspace
from stores.shopify.topics import TOPICS
from syncqueue.enums import JobState, Kind
from syncqueue.models import Channel, Job
from syncqueue.services.enqueue import NewJob, enqueue
from syncqueue.services.incoming import decide_due

START = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)
LATER = START + timedelta(minutes=5)
VERSION = "2026-10"
numbers = itertools.count(1)


def workspace(name="acme"):
    return Workspace.objects.create(name=name, slug=f"{name}-{next(numbers)}")


def store(owner, name="north", *, mode=Mode.LIVE, currency="USD"):
    domain = f"{name}-{next(numbers)}.myshopify.com"
    return Store.objects.create(
        workspace=owner,
        channel=Channel.objects.create(name=domain),
        domain=domain,
        shop_gid=f"gid://shopify/Shop/{next(numbers)}",
        name=name,
        currency=currency,
        mode=mode,
        access_token="shpat_secret",
        opted_in_at=timezone.now(),
        opted_in_by="ada",
    )


def variant(number=11, **more):
    known = {
        "id": f"gid://shopify/ProductVariant/{number}",
        "title": "Default Title",
        "position": 1,
        "sku": "LAMP-1",
        "barcode": "4006381333931",
        "price": "20.00",
        "compareAtPrice": None,
        "taxable": True,
        "inventoryPolicy": "DENY",
        "updatedAt": "2026-11-20T09:00:00Z",
        "selectedOptions": [{"name": "Title", "value": "Default Title"}],
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{number}",
            "measurement": {"weight": {"value": 1.5, "unit": "KILOGRAMS"}},
            "requiresShipping": True,
            "countryCodeOfOrigin": None,
            "harmonizedSystemCode": None,
            "unitCost": None,
        },
    }
    return {**known, **more}


def product(number=1, *, at=START, variants=None, **more):
    """A product as GraphQL answers it."""
    known = {
        "id": f"gid://shopify/Product/{number}",
        "title": "Desk lamp",
        "handle": "desk-lamp",
        "descriptionHtml": "<p>Bright.</p>",
        "vendor": "Lumen",
        "productType": "Lamp",
        "tags": ["desk", "light"],
        "status": "ACTIVE",
        "seo": {"title": None, "description": None},
        "updatedAt": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "variants": {
            "nodes": variants or [variant()],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        },
    }
    return {**known, **more}


def payload(node, **more):
    """The same product as a webhook tells it."""
    number = int(node["id"].rpartition("/")[2])
    body = {
        "id": number,
        "admin_graphql_api_id": node["id"],
        "title": node["title"],
        "handle": node["handle"],
        "body_html": node["descriptionHtml"],
        "vendor": node["vendor"],
        "product_type": node["productType"],
        "tags": ", ".join(node["tags"]),
        "status": node["status"].lower(),
        "updated_at": node["updatedAt"],
        "variants": [_told(v) for v in node["variants"]["nodes"]],
        "variant_gids": [
            {"admin_graphql_api_id": v["id"], "updated_at": v["updatedAt"]}
            for v in node["variants"]["nodes"]
        ],
    }
    return {**body, **more}


def _told(node):
    number = int(node["id"].rpartition("/")[2])
    return {
        "id": number,
        "inventory_item_id": int(node["inventoryItem"]["id"].rpartition("/")[2]),
        "title": node["title"],
        "position": node["position"],
        "sku": node["sku"],
        "barcode": node["barcode"],
        "price": node["price"],
        "compare_at_price": node["compareAtPrice"],
        "taxable": node["taxable"],
        "inventory_policy": node["inventoryPolicy"].lower(),
        "option1": "Default Title",
    }


def take_in(shop, *nodes):
    """What a finished pull leaves: listings, canonical products or links."""
    now = timezone.now()
    new = take_in_nodes(shop, nodes, asked_at=now, cause_id=uuid4(), now=now, source=Source.SYNC)
    if is_founder(shop):
        found_products(new)
    else:
        match_listings(shop, [pic.listing.pk for pic in new], cause_id=uuid4(), now=now)
    return [pic.listing.pk for pic in new]


def deliver(
    shop,
    body,
    *,
    topic="products/update",
    after=timedelta(0),
    version=VERSION,
    received=None,
):
    """Store a delivery with its job, as intake does; nothing is decided yet."""
    row = Delivery.objects.create(
        store=shop,
        webhook_id=str(uuid4()),
        topic=topic,
        api_version=version,
        triggered_at=datetime.fromisoformat(body["updated_at"]) + after
        if "updated_at" in body
        else None,
        body=json.dumps(body).encode(),
        enqueued_at=timezone.now(),
        received_at=received or timezone.now(),
    )
    (job,) = enqueue(
        [
            NewJob(
                channel_id=shop.channel_id,
                kind=Kind.IN,
                key=TOPICS[topic].key(body),
                handler=TOPICS[topic].handler,
                payload={"delivery": row.pk},
                cause_id=uuid4(),
                policy="inbound",
            )
        ]
    )
    Delivery.objects.filter(pk=row.pk).update(job_id=job)
    return job


def edited(number=1, *, at=LATER, **more):
    """The body of a webhook about a product that somebody edited then."""
    return payload(product(number, at=at, **more))


def decide(shop, body, **more):
    """Deliver a body and decide it; the job as it ended.

    What else is due may come first, and one batch is short: on a busy machine it ends before ours.
    """
    job = deliver(shop, body, **more)
    while decide_due(shop.channel_id, token=uuid4(), seconds=15):
        if Job.objects.filter(pk=job).exclude(state=JobState.QUEUED).exists():
            break
    return Job.objects.get(pk=job)
