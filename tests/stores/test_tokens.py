"""Tokens that end: renewed in time, once, and what happens when Shopify renews them no more."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from stores.models import Store
from stores.services.install import connect
from stores.services.tokens import default_credentials, renew, session_of, session_with
from stores.shopify.errors import AccessRevoked
from stores.shopify.oauth import exchange_code
from stores.shopify.shop import shop_identity
from syncqueue.enums import Health
from tests.stores.make import DOMAIN, consented_code, make_store, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(twin):
    """A store with a pair of tokens that end, as the code grant gives them."""
    code = consented_code(twin)
    base = f"{twin.url}/shops/{DOMAIN}"
    token = exchange_code(
        base_url=base, credentials=default_credentials(), code=code, now=timezone.now()
    )
    identity = shop_identity(session_with(DOMAIN, token.access_token))
    return connect(make_workspace(), DOMAIN, None, token, identity)


def ends_in(store, **left):
    Store.objects.filter(pk=store.pk).update(token_expires_at=timezone.now() + timedelta(**left))
    store.refresh_from_db()
    return store


def answers(store):
    """Whether the twin takes the store's token."""
    store.refresh_from_db()
    return shop_identity(session_with(DOMAIN, store.access_token)).domain == DOMAIN


def test_a_token_with_time_left_is_used_and_not_renewed(store, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert session_of(ends_in(store, minutes=11)).token == store.access_token
    assert not OrmQ.objects.filter(payload__contains="renew").exists()
    assert renew(store.pk) is False


@pytest.mark.parametrize(("seconds", "usable"), [(590, True), (31, True), (29, False), (-5, False)])
def test_a_token_near_its_end_is_renewed_beside_the_work(
    store, django_capture_on_commit_callbacks, seconds, usable
):
    before = OrmQ.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        session = session_of(ends_in(store, seconds=seconds))
    assert (session is not None) is usable
    assert OrmQ.objects.count() == before + 1


def test_a_renewal_stores_a_pair_that_works(store):
    old = ends_in(store, minutes=1).access_token, store.refresh_token
    assert renew(store.pk) is True
    assert answers(store)
    assert old[0] != store.access_token
    assert old[1] != store.refresh_token
    assert store.token_expires_at > timezone.now() + timedelta(minutes=50)


def test_of_two_renewals_at_once_one_pair_is_kept(store, monkeypatch):
    """The slower one finds that the token it meant to replace is gone, and stores nothing."""
    from stores.services import tokens  # noqa: PLC0415

    ends_in(store, minutes=1)
    ask = tokens.refresh_token
    faster = []

    def ask_while_another_is_faster(**asked):
        if not faster:
            faster.append(True)
            assert renew(store.pk) is True
        return ask(**asked)

    monkeypatch.setattr(tokens, "refresh_token", ask_while_another_is_faster)
    assert renew(store.pk) is False
    assert answers(store)
    assert renew(store.pk) is False, "a renewed token has time left"


def test_a_refresh_token_that_shopify_knows_no_more_holds_the_channel(store, twin):
    twin.uninstall(DOMAIN)
    ends_in(store, minutes=1)
    assert renew(store.pk) is False
    store.channel.refresh_from_db()
    assert (store.channel.health, store.channel.health_by) == (Health.HELD, "")
    assert "installed again" in store.channel.health_reason


def test_an_outage_loses_no_token(store, twin):
    twin.settings(DOMAIN, outage=True)
    ends_in(store, minutes=1)
    with pytest.raises(Exception, match="Shopify"):
        renew(store.pk)
    twin.settings(DOMAIN, outage=False)
    assert renew(store.pk) is True
    assert answers(store)


def test_a_token_that_does_not_end_is_never_renewed(twin):
    store = make_store(access_token="shpat_of_a_custom_app")
    assert session_of(store).token == "shpat_of_a_custom_app"
    assert renew(store.pk) is False


def test_tokens_stand_encrypted_and_never_in_a_repr(store):
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM stores_store")
        raw = cursor.fetchone()
    for stored, plain in zip(raw, (store.access_token, store.refresh_token), strict=True):
        assert plain.startswith("shp")
        assert plain not in stored
    assert store.access_token not in repr(session_with(DOMAIN, store.access_token))
    with pytest.raises(AccessRevoked):
        shop_identity(session_with(DOMAIN, "shpat_guessed"))
