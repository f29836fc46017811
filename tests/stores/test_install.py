"""Installing a shop: the whole code grant on the twin, and each refusal on its way.

A refused installation leaves no store, asks Shopify nothing (the twin counts its calls), and says
why in one sentence.
"""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from stores.enums import Mode, Role
from stores.models import Membership, OAuthState, Store
from stores.shopify.signing import query_signature
from syncqueue.models import Job
from tests.stores.make import (
    DOMAIN,
    PUBLIC,
    SECRET,
    consented,
    make_organization,
    make_store,
    make_workspace,
)

pytestmark = pytest.mark.django_db
INSTALL, CALLBACK = "/shopify/install/", "/shopify/callback/"


@pytest.fixture
def workspace(client):
    found = make_workspace()
    user = get_user_model().objects.create_user("ada", password="x", is_staff=True)
    Membership.objects.create(workspace=found, user=user, role=Role.OPERATOR)
    client.force_login(user)
    return found


def installing(client, **asked):
    """The operator begins, the merchant consents: what the browser comes back with."""
    start = client.get(INSTALL, {"shop": DOMAIN, **asked})
    assert start.status_code == 302, start.text
    return consented(start["Location"])


def signed(query, secret=SECRET, **changed):
    query = {**query, **changed}
    query.pop("hmac", None)
    return {**query, "hmac": query_signature(query, secret)}


def come_back(client, query):
    return client.get(f"{CALLBACK}?{urlencode(query)}")


def refused(answer, said, twin, *, asked=0):
    """The reason stands on the page, nothing was stored, and Shopify was asked no more."""
    assert answer.status_code == 400
    assert said in answer.text
    assert not Store.objects.exists()
    assert not Job.objects.exists()
    assert twin.counters(DOMAIN).get("calls", 0) == asked
    return True


def test_a_merchant_installs_the_app_and_the_store_is_connected(client, workspace, twin):
    query = installing(client)
    answer = come_back(client, query)
    store = Store.objects.get()
    assert answer["Location"] == f"/admin/stores/store/{store.pk}/change/"
    assert (store.workspace, store.domain, store.mode) == (workspace, DOMAIN, Mode.CONNECTED)
    assert (store.name, store.currency, store.plan) == ("North", "EUR", "Shopify Plus")
    assert store.access_token.startswith("shpat_")
    assert store.refresh_token.startswith("shprt_")
    assert timezone.now() < store.token_expires_at < timezone.now() + timedelta(hours=1)
    assert Job.objects.get().handler == "stores.after_install"


def test_a_callback_works_once(client, workspace, twin):
    query = installing(client)
    cookie = client.cookies["shopify_install"].value
    come_back(client, query)
    client.cookies["shopify_install"] = cookie
    again = come_back(client, query)
    assert again.status_code == 400
    assert "already finished or is too old" in again.text
    assert (Store.objects.count(), Job.objects.count()) == (1, 1)


def test_a_callback_in_another_browser_is_refused(client, workspace, twin):
    query = installing(client)
    del client.cookies["shopify_install"]
    assert refused(come_back(client, query), "not begun in this browser", twin)


def test_a_callback_with_another_state_is_refused(client, workspace, twin):
    query = installing(client)
    assert refused(
        come_back(client, signed(query, state="other")), "not begun in this browser", twin
    )


@pytest.mark.parametrize("secret", ["shpss_guessed", ""])
def test_a_callback_that_shopify_did_not_sign_is_refused(client, workspace, twin, secret):
    query = installing(client)
    assert refused(come_back(client, signed(query, secret)), "not signed by Shopify", twin)


def test_a_callback_whose_words_were_changed_is_refused(client, workspace, twin):
    query = installing(client)
    assert refused(come_back(client, {**query, "code": "other"}), "not signed by Shopify", twin)


def test_a_callback_about_another_shop_is_refused(client, workspace, twin):
    query = installing(client)
    moved = signed(query, shop="south.myshopify.com")
    assert refused(come_back(client, moved), "about another shop", twin)


@pytest.mark.parametrize("timestamp", ["1790000000", "soon", "", "9" * 12])
def test_an_old_callback_is_refused(client, workspace, twin, timestamp):
    query = installing(client)
    assert refused(come_back(client, signed(query, timestamp=timestamp)), "too old", twin)


def test_an_installation_that_took_too_long_is_refused(client, workspace, twin):
    query = installing(client)
    OAuthState.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    assert refused(come_back(client, query), "already finished or is too old", twin)


def test_a_code_that_shopify_does_not_know_is_refused(client, workspace, twin):
    query = installing(client)
    answer = come_back(client, signed(query, code="made-up"))
    assert refused(answer, "Shopify did not finish the installation", twin, asked=1)


def test_a_grant_that_is_too_narrow_is_refused_by_its_missing_scopes(client, workspace, twin):
    address = client.get(INSTALL, {"shop": DOMAIN})["Location"]
    answer = come_back(client, consented(address.replace("write_products%2C", "")))
    assert "The scopes write_products were not granted." in answer.text
    assert not Store.objects.exists()


@pytest.mark.parametrize(
    "shop",
    ["", "north", "north.example.com", "north.myshopify.com.evil.com", "a/b.myshopify.com", "-.x"],
)
def test_an_address_that_is_no_shops_is_refused_before_anything_leaves(
    client, workspace, twin, shop
):
    answer = client.get(INSTALL, {"shop": shop})
    assert refused(answer, "A shop&#x27;s address looks like your-shop.myshopify.com.", twin)
    assert not OAuthState.objects.exists()


def test_a_shop_of_another_workspace_is_not_taken_over(client, workspace, twin):
    theirs = make_store(workspace=make_workspace("Other"))
    answer = client.get(INSTALL, {"shop": DOMAIN})
    assert (answer.status_code, "connected elsewhere" in answer.text) == (400, True)
    theirs.refresh_from_db()
    assert theirs.workspace != workspace


def test_an_organisations_app_signs_for_its_own_installations_only(client, workspace, twin):
    own = make_organization(workspace)
    twin.register_app(own.client_id, own.client_secret, PUBLIC)
    query = installing(client, organization=own.pk)
    forged = come_back(client, signed(query, SECRET))
    assert refused(forged, "not signed by Shopify", twin)
    query = installing(client, organization=own.pk)
    come_back(client, query)
    assert Store.objects.get().organization == own


def test_an_organisation_of_another_workspace_is_not_found(client, workspace, twin):
    strange = make_organization(make_workspace("Other"))
    answer = client.get(INSTALL, {"shop": DOMAIN, "organization": strange.pk})
    assert refused(answer, "does not exist in the workspace", twin)


def test_a_viewer_connects_nothing(client, workspace, twin):
    Membership.objects.update(role=Role.VIEWER)
    answer = client.get(INSTALL, {"shop": DOMAIN})
    assert refused(answer, "Name the workspace", twin)


def test_a_reinstallation_takes_the_new_token_and_connects_again(client, workspace, twin):
    come_back(client, installing(client))
    first = Store.objects.get()
    Store.objects.update(mode=Mode.UNINSTALLED, access_token="")
    come_back(client, installing(client))
    store = Store.objects.get()
    assert (store.pk, store.mode) == (first.pk, Mode.CONNECTED)
    assert store.access_token not in {"", first.access_token}
    assert store.installed_at > first.installed_at
