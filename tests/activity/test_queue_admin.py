"""What operators see of the queue, and do about it."""

import pytest
from django.urls import reverse

from syncqueue.models import Lane
from syncqueue.services.check import check_queue

pytestmark = pytest.mark.django_db


def test_the_home_page_shows_the_books_and_what_is_wrong(operator, shops):
    page = operator.get(reverse("admin:index")).text
    assert "not checked yet" in page
    check_queue()
    page = operator.get(reverse("admin:index")).text
    assert "not checked yet" not in page
    assert "Lanes count their open jobs wrongly" not in page
    Lane.objects.filter(channel=shops[0].channel, pending__gt=0).update(pending=7)
    check_queue()
    assert "Lanes count their open jobs wrongly" in operator.get(reverse("admin:index")).text


def test_another_workspace_sees_no_findings_of_ours(stranger, shops):
    Lane.objects.filter(pending__gt=0).update(pending=7)
    check_queue()
    page = stranger.get(reverse("admin:syncqueue_finding_changelist"))
    assert page.context["cl"].result_count == 0
    assert "count their open jobs" not in stranger.get(reverse("admin:index")).text
