"""What goes over a store's products in chunks says on its page how far it is."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.urls import reverse

from catalogue.services import comparing
from catalogue.services.comparing import COMPARE, queue_differences
from syncqueue.models import Job
from tests.catalogue import make

pytestmark = pytest.mark.django_db


def test_a_stores_page_shows_how_far_a_comparison_is(operator, shops, monkeypatch):
    first, _ = shops
    make.take_in(first, *(make.product(number) for number in range(30, 33)))
    monkeypatch.setattr(comparing, "COMPARE", replace(COMPARE, chunk=2))
    queue_differences(first, cause_id=uuid4())
    job = Job.objects.get(handler="catalogue.walk.compare")
    shown = operator.get(reverse("admin:stores_store_change", args=[first.pk]))
    page = shown.content.decode()
    assert shown["Refresh"] == "3"
    assert "Comparing products with the hub</a>: 2 of 4 products." in page
    assert reverse("admin:syncqueue_job_change", args=[job.pk]) in page
    job.state, job.reason = "waiting", "Shopify is down."
    job.save()
    page = operator.get(reverse("admin:stores_store_change", args=[first.pk])).content.decode()
    assert "It waits: Shopify is down." in page
    assert "Refresh" not in operator.get(reverse("admin:stores_store_change", args=[first.pk]))
    other = operator.get(reverse("admin:stores_store_change", args=[shops[1].pk])).content.decode()
    assert "Comparing products" not in other
