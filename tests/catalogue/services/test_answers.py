"""What an answer to a write of ours says, part by part."""

from datetime import timedelta
from uuid import uuid4

import pytest

from catalogue.domain.version import Version
from catalogue.enums import Via
from catalogue.models import Change, Listing
from catalogue.services.answers import absorb_write
from catalogue.services.locking import with_listing
from stores.shopify.products import parse_write
from tests.catalogue import make

pytestmark = pytest.mark.django_db


def leaf(host, attribute, value):
    version = Version(make.LATER, 2, "ours").to_json()
    return {"host": host, "attribute": attribute, "value": value, "version": version}


def test_a_variant_that_is_refused_beside_a_title_that_was_taken_is_told_apart():
    """F12: two mutations of one request are not one; what was refused is no foreign edit either."""
    shop = make.store(make.workspace(), "north")
    make.take_in(shop, make.product())
    listing = Listing.objects.get()
    host = listing.variants.get()
    request = {
        "op": "write",
        "planned": make.LATER.isoformat(),
        "leaves": [
            leaf(listing.gid, "title", "Tall lamp"),
            leaf(host.gid, "sku", "TALL-1"),
        ],
    }
    shown = make.product(title="Tall lamp", at=make.LATER)
    refused = [{"field": ["variants", "0"], "message": "No.", "code": "INVALID_INPUT"}]
    answer = {
        "productUpdate": {"product": shown, "userErrors": []},
        "productVariantsBulkUpdate": {"product": None, "userErrors": refused},
    }
    result, now = parse_write(answer), make.LATER + timedelta(seconds=1)
    with_listing(
        listing.pk,
        lambda locked: absorb_write(locked, request, result, cause_id=uuid4(), now=now),
    )
    listing.refresh_from_db()
    title, sku = listing.leaf("title"), listing.variants.get().leaf("sku")
    assert (title.value, title.sightings[-1].via) == ("Tall lamp", Via.WRITE)
    assert sku.value == make.variant()["sku"]
    assert all(sighting.via is not Via.WRITE for sighting in sku.sightings)
    assert not Change.objects.exists()
