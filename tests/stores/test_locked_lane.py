"""P18 of the sync rules: a lane that somebody holds keeps no webhook waiting, and loses none."""

import pytest
from django.db import connection
from django_q.models import OrmQ

from stores.models import Delivery
from stores.services.intake import enqueue_stranded
from syncqueue.models import Job, Lane
from tests.stores.make import deliver, make_store, product

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_webhook_is_answered_while_its_lane_is_locked_and_enqueued_later(client):
    """P18: the lock is held until after the answer, so no clock is needed to tell."""
    make_store()
    deliver(client, product(7), Webhook_Id="first")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM syncqueue_lane FOR UPDATE")
            answer = deliver(client, product(7), Webhook_Id="second")
            assert answer.status_code == 200
            stranded = Delivery.objects.get(webhook_id="second")
            assert (stranded.job, stranded.enqueued_at, stranded.closed_at) == (None, None, None)
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    OrmQ.objects.all().delete()
    assert enqueue_stranded() == 1
    stranded.refresh_from_db()
    assert stranded.job.lane == Lane.objects.get()
    assert Lane.objects.get().pending == Job.objects.count() == 2
    assert enqueue_stranded() == 0
