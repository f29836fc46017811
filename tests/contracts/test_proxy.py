"""The twin as a proxy: it is Shopify's hosts, and nobody else's."""

import pytest
import requests

from tests.contracts.conftest import CLIENT_ID


def test_the_admins_own_host_leads_to_the_shops_admin(played):
    answer = requests.get(f"https://admin.shopify.com/store/{played.shop}", timeout=60)
    assert "Lamp" in answer.text
    framed = requests.get(
        f"https://admin.shopify.com/store/{played.shop}/apps/{CLIENT_ID}/deep", timeout=60
    )
    assert "https://app.example.com/home/deep?" in framed.text


@pytest.mark.parametrize("name", ["app-bridge.js", "polaris-1.0.js", "polaris.js"])
def test_the_cdn_serves_stand_ins_for_shopifys_scripts(played, name):
    answer = requests.get(f"https://cdn.shopify.com/shopifycloud/{name}", timeout=60)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert (
        requests.get("https://cdn.shopify.com/shopifycloud/../http.py", timeout=60).status_code
        == 404
    )


def test_another_host_is_refused(played):
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        requests.get("https://example.com/", timeout=60)


def test_nobody_is_trusted_who_was_not_told_of_the_authority(played, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://{played.domain}/", timeout=60)
