"""Metafields are declared and taken off in the admin, by operators of their workspace only."""

import pytest
from django.urls import reverse

from catalogue.models import SyncedMetafield
from stores.models import Workspace
from syncqueue.models import Job

pytestmark = pytest.mark.django_db
ADD = "admin:catalogue_syncedmetafield_add"


def form(shops, **more):
    given = {"owner": "product", "namespace": "custom", "key": "fabric"}
    return {**given, "type": "json", "workspace": shops[0].workspace_id, **more}


def test_a_metafield_is_declared_once_and_every_store_is_told_and_read(operator, shops):
    operator.post(reverse(ADD), form(shops))
    made = SyncedMetafield.objects.get()
    assert (made.name, made.type, made.by) == ("metafield:custom.fabric", "json", "operator")
    assert Workspace.objects.get(pk=made.workspace_id).metafield_namespaces == ["custom"]
    handlers = Job.objects.filter(channel=shops[1].channel_id).values_list("handler", flat=True)
    assert {"stores.after_install", "catalogue.pull"} <= set(handlers)
    page = operator.post(reverse(ADD), form(shops))
    assert SyncedMetafield.objects.count() == 1
    assert "already" in page.text
    page = operator.get(reverse("admin:catalogue_product_change", args=[_product(shops)]))
    assert "Metafield custom.fabric" in page.text


def test_a_declared_metafield_can_be_owned_like_any_attribute(operator, shops):
    SyncedMetafield.objects.create(workspace=shops[0].workspace, key="fabric", type="json")
    other = Workspace.objects.create(name="other", slug="other")
    SyncedMetafield.objects.create(workspace=other, key="secret", type="json")
    page = operator.get(reverse("admin:catalogue_ownershippolicy_agree")).text
    assert "Metafield custom.fabric" in page
    assert "secret" not in page


def _product(shops):
    return shops[0].listings.get().product_id


def test_a_reference_that_cannot_travel_is_not_declared(operator, shops):
    operator.post(reverse(ADD), form(shops, type="file_reference"))
    assert not SyncedMetafield.objects.exists()


def test_taken_off_it_is_left_alone(operator, shops):
    operator.post(reverse(ADD), form(shops))
    made = SyncedMetafield.objects.get()
    page = reverse("admin:catalogue_syncedmetafield_delete", args=[made.pk])
    operator.post(page, {"post": "yes"})
    assert not SyncedMetafield.objects.exists()
    assert Workspace.objects.get(pk=made.workspace_id).metafield_namespaces == []


def test_strangers_and_viewers_declare_nothing(stranger, shops):
    stranger.post(reverse(ADD), form(shops))
    assert not SyncedMetafield.objects.exists()
