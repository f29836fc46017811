"""The address that Shopify posts to: each refusal's status, and what stands in the inbox then."""

import pytest

from stores.models import Delivery
from syncqueue.models import Job
from tests.stores.make import (
    ADDRESS,
    DOMAIN,
    PREVIOUS,
    as_body,
    deliver,
    headers_of,
    make_organization,
    make_store,
    product,
)

pytestmark = pytest.mark.django_db


def stored():
    return Delivery.objects.count(), Job.objects.count()


def refused(answer, status):
    """The status, one sentence, and nothing stored."""
    said = answer.content.decode().strip()
    assert answer.status_code == status, said
    assert said.endswith(".")
    assert "\n" not in said
    assert stored() == (0, 0)
    return True


def test_a_genuine_delivery_is_stored_with_its_job(client):
    store = make_store()
    answer = deliver(client, product(7))
    assert (answer.status_code, stored()) == (200, (1, 1))
    delivery = Delivery.objects.get()
    assert bytes(delivery.body) == as_body(product(7))
    assert (delivery.store, delivery.topic, delivery.event_id) == (
        store,
        "products/update",
        "event-1",
    )
    assert (delivery.api_version, delivery.triggered_at.microsecond) == ("2026-10", 123456)
    assert delivery.job.payload == {"delivery": delivery.pk}
    assert (delivery.job.handler, delivery.job.lane.kind, delivery.job.lane.key) == (
        "inbound.product",
        "in",
        "product:7",
    )
    assert delivery.enqueued_at
    assert delivery.closed_at is None


def test_a_wrong_signature_is_401(client):
    make_store()
    assert refused(deliver(client, secret="shpss_guessed"), 401)


@pytest.mark.parametrize("signature", ["nonsense", "ünsinn", "=" * 44])
def test_a_signature_that_is_none_is_401(client, signature):
    make_store()
    assert refused(deliver(client, Hmac_Sha256=signature), 401)


def test_a_changed_body_is_401(client):
    make_store()
    headers = headers_of(as_body(product(7)))
    answer = client.generic(
        "POST", ADDRESS, as_body(product(8)), content_type="application/json", headers=headers
    )
    assert refused(answer, 401)


@pytest.mark.parametrize("domain", ["south.myshopify.com", "north.example.com", "no shop at all"])
def test_an_unknown_shop_is_404(client, domain):
    make_store()
    assert refused(deliver(client, Shop_Domain=domain), 404)


def test_a_shop_that_was_never_installed_is_404(client):
    make_store(shop_gid="")
    assert refused(deliver(client), 404)


def test_an_oversize_body_is_413_before_it_is_verified(client, settings):
    settings.WEBHOOK_MAX_BYTES = 200
    make_store()
    assert refused(deliver(client, product(title="x" * 200)), 413)


def test_a_body_at_the_limit_is_taken(client, settings):
    make_store()
    settings.WEBHOOK_MAX_BYTES = len(as_body(product()))
    assert deliver(client).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[]", b"7", b"\xff{}", b'{"id": 7', b"[" * 100_000],
    ids=["open", "empty", "list", "number", "bytes", "cut", "deep"],
)
def test_a_body_that_is_no_json_object_is_refused(client, body):
    make_store()
    answer = deliver(client, body)
    assert answer.status_code in {400, 401}
    assert refused(answer, answer.status_code)


def test_broken_json_is_400(client):
    make_store()
    assert refused(deliver(client, b'{"id": 7'), 400)


@pytest.mark.parametrize("number", [None, "7", 0, -1, 1.5, True, pytest.param(10**300, id="huge")])
def test_a_product_without_an_id_is_400(client, number):
    make_store()
    assert refused(deliver(client, product(number)), 400)


@pytest.mark.parametrize("header", ["Shop_Domain", "Topic", "Webhook_Id", "Hmac_Sha256"])
@pytest.mark.parametrize("value", [None, "", "x" * 101], ids=["missing", "empty", "long"])
def test_a_missing_or_endless_header_is_400(client, header, value):
    make_store()
    assert refused(deliver(client, **{header: value}), 400)


@pytest.mark.parametrize("instant", [None, "yesterday", "2026-11-24T12:00:00"])
def test_an_instant_that_says_nothing_is_left_empty(client, instant):
    make_store()
    assert deliver(client, Triggered_At=instant).status_code == 200
    assert Delivery.objects.get().triggered_at is None


def test_only_posts_are_taken(client):
    assert client.get(ADDRESS).status_code == 405


def test_a_topic_that_we_do_not_know_is_stored_and_closed_with_a_reason(client):
    make_store()
    answer = deliver(client, {"anything": 1}, Topic="orders/paid")
    assert (answer.status_code, stored()) == (200, (1, 0))
    delivery = Delivery.objects.get()
    assert delivery.closed_at
    assert delivery.closed_reason.startswith("A topic that is not declared here")
    assert delivery.enqueued_at is None


def test_a_duplicate_is_200_and_stored_once(client):
    make_store()
    answers = [deliver(client), deliver(client), deliver(client, product(8))]
    assert [(a.status_code, a.content) for a in answers] == [
        (200, b"Stored.\n"),
        (200, b"Known.\n"),
        (200, b"Known.\n"),
    ]
    assert stored() == (1, 1)


def test_a_duplicate_of_an_unknown_topic_is_stored_once(client):
    make_store()
    codes = [deliver(client, {}, Topic="orders/paid").status_code for _ in range(2)]
    assert (codes, stored()) == ([200, 200], (1, 0))


def test_two_stores_may_name_their_deliveries_alike(client):
    make_store()
    make_store("south.myshopify.com")
    deliver(client)
    deliver(client, Shop_Domain="south.myshopify.com")
    assert stored() == (2, 2)


def test_the_previous_secret_still_verifies(client):
    make_store()
    assert deliver(client, secret=PREVIOUS).status_code == 200


def test_another_apps_secret_never_verifies(client):
    ours = make_store()
    theirs = make_store("south.myshopify.com")
    theirs.organization = make_organization(theirs.workspace)
    theirs.save()
    own = theirs.organization.client_secret
    assert refused(deliver(client, secret=own), 401)
    assert refused(deliver(client, Shop_Domain=theirs.domain), 401)
    assert deliver(client, secret=own, Shop_Domain=theirs.domain).status_code == 200
    assert Delivery.objects.get().store == theirs != ours


def test_a_body_about_another_shop_is_401(client):
    make_store()
    make_store("south.myshopify.com")
    body = {"id": 1, "myshopify_domain": "south.myshopify.com"}
    assert refused(deliver(client, body, Topic="shop/update"), 401)


def test_the_shop_is_found_whatever_the_case_of_its_domain(client):
    make_store()
    assert deliver(client, Shop_Domain=DOMAIN.upper()).status_code == 200
