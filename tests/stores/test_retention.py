"""A delivery is kept as long as its job, and one that lost it is found."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stores.models import Delivery
from syncqueue.models import Job
from syncqueue.services.check import check_queue
from syncqueue.services.prune import prune_old
from tests.stores.make import deliver, make_store

pytestmark = pytest.mark.django_db
THEN = timezone.now() - timedelta(days=40)


def finish_jobs(**more):
    Job.objects.update(
        state="succeeded", outcome="applied", created_at=THEN, finished_at=THEN, **more
    )


def test_a_delivery_goes_with_its_job(client):
    make_store()
    deliver(client)
    assert prune_old() == {}
    finish_jobs()
    assert prune_old() == {"jobs": 1, "deliveries": 1}
    assert not Delivery.objects.exists()


def test_a_delivery_that_was_closed_without_a_job_goes_by_its_own_age(client):
    make_store()
    deliver(client, Topic="themes/publish")
    assert prune_old() == {}
    Delivery.objects.update(closed_at=THEN)
    assert prune_old() == {"deliveries": 1}


def test_stranded_and_orphaned_deliveries_are_found(client):
    make_store()
    deliver(client)
    Delivery.objects.update(job=None)
    codes = {found.code for found in check_queue().found}
    assert "orphaned_delivery" in codes
    Delivery.objects.update(enqueued_at=None, received_at=THEN)
    codes = {found.code for found in check_queue().found}
    assert "stranded_delivery" in codes
