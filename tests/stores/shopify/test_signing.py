"""Signatures: the vectors of Shopify's own libraries, and forgeries that must not pass."""

import pytest

from stores.shopify.signing import (
    query_is_genuine,
    query_signature,
    webhook_is_genuine,
    webhook_signature,
)

SECRET = "hush-test-secret"
BODY, SIGNATURE = b'{"id":8001}', "8/MGee4ftnnb9cBFTiKe44MKXOd/LFlYFZsc9vcDTTw="
QUERY = {
    "code": "abc123",
    "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvdHdpbi1vbmU",
    "shop": "twin-one.myshopify.com",
    "state": "n0nce",
    "timestamp": "1790000000",
}
HMAC = "36c0f13afaa38a1448f1c04e83fff430acbb3b568035e22ab6d7e96022754723"


def test_the_known_vectors():
    assert webhook_signature(BODY, SECRET) == SIGNATURE
    assert query_signature(QUERY, SECRET) == HMAC


@pytest.mark.parametrize("secrets", [(SECRET,), (SECRET, "old"), ("new", SECRET)])
def test_current_and_previous_secret_count(secrets):
    assert webhook_is_genuine(BODY, SIGNATURE, secrets)
    assert query_is_genuine({**QUERY, "hmac": HMAC}, secrets)


@pytest.mark.parametrize(
    ("body", "signature", "secrets"),
    [
        (b'{"id":8002}', SIGNATURE, (SECRET,)),
        (BODY, SIGNATURE, ("other",)),
        (BODY, SIGNATURE, ()),
        (BODY, "", (SECRET,)),
        (BODY, "ä", (SECRET,)),
        (BODY, "not base64", (SECRET,)),
        (b"\xff\xfe", webhook_signature(b"\xff\xfe", SECRET), (SECRET,)),
        (b"[" * 200_000, SIGNATURE, (SECRET,)),
    ],
)
def test_a_forged_or_hostile_webhook_is_refused(body, signature, secrets):
    assert not webhook_is_genuine(body, signature, secrets)


@pytest.mark.parametrize("name", QUERY)
def test_a_query_changed_anywhere_is_refused(name):
    assert not query_is_genuine({**QUERY, name: "x", "hmac": HMAC}, (SECRET,))


def test_a_query_without_signature_or_secret_is_refused():
    assert not query_is_genuine(QUERY, (SECRET,))
    assert not query_is_genuine({**QUERY, "hmac": HMAC}, ())
    assert not query_is_genuine({**QUERY, "hmac": "ä"}, (SECRET,))
