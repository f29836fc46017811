"""A product's page shows pictures as people know them, in a real browser."""

import base64
import os
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from stores.domain.scopes import REQUIRED
from stores.enums import Role
from stores.models import Membership
from tests.browser import chromium, tab
from tests.journeys.conftest import lamp, set_value
from tests.journeys.test_pictures import finish, stores_with_pictures, upload

__all__ = ["chromium", "tab"]
pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(client, world, tab):
    user = get_user_model().objects.create_user("ada", password="x", is_staff=True)
    Membership.objects.create(workspace=world.workspace, user=user, role=Role.OPERATOR)
    client.force_login(user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    tab.call("Network.setCookie", url=world.url, **cookie)
    return client


def keep(tab, name):
    """For people: what was seen, where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        shot = tab.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        Path(folder, f"{name}.png").write_bytes(base64.b64decode(shot))


def test_pictures_are_seen_as_images_with_their_texts_in_the_hub_and_in_every_store(
    client, world, tab
):
    first, _ = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "front", "side")
    front, side = world.product().value("pictures")
    set_value(world, "pictures", [front, side, "https://gone.invalid/plan.jpg The plan"])
    finish(world)
    lacking = world.connect(world.shop("harbour", lamp()), scopes=list(REQUIRED))
    signed_in(client, world, tab)
    tab.open(f"{world.url}/admin/catalogue/product/{world.product().pk}/change/")
    tab.until("[...document.images].filter(one => one.naturalWidth).length >= 6")
    row = "[...document.querySelectorAll('tr')].find(r => r.textContent.includes('Pictures'))"
    words = tab.run(f"{row}.innerText")
    assert words.count("front") >= 3
    assert "not fetched yet" in words
    assert "not granted by the store" in words
    assert "#" not in words.replace("(front.jpg#0f3a…)", ""), "nobody reads fingerprints"
    keep(tab, "pictures")
    tab.open(f"{world.url}/admin/stores/store/{lacking.pk}/change/")
    assert "Not granted: read_files and write_files" in tab.run("document.body.innerText")
    keep(tab, "store")
    tab.open(f"{world.url}/admin/catalogue/issue/")
    keep(tab, "issues")
