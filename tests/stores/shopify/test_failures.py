"""Each way a call can fail, over real HTTP, and what the engine is told of it."""

import json
import socket

import pytest

from stores.shopify import client
from stores.shopify.answers import answer_of
from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.types import Session
from syncqueue.domain.handling import Answer, Points
from syncqueue.enums import ErrorClass

READ, WRITE = document("products_count"), document("webhook_subscription_delete")
BUDGET = {"maximumAvailable": 2000.0, "currentlyAvailable": 40, "restoreRate": 100.0}


def failed(code, message="Because.", data=None, **extensions):
    errors = [{"message": message, "extensions": {"code": code}}]
    return {"errors": errors, "data": data, "extensions": extensions}


def told(session, sent):
    return answer_of(lambda: execute(session, sent, {}))


def kind(shopify, sent):
    answer = told(shopify.session, sent)
    assert answer.body is None
    return answer.error.kind


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (400, ErrorClass.REFUSED, ErrorClass.REFUSED),
        (401, ErrorClass.REVOKED, ErrorClass.REVOKED),
        (402, ErrorClass.FROZEN, ErrorClass.FROZEN),
        (403, ErrorClass.REVOKED, ErrorClass.REVOKED),
        (404, ErrorClass.FROZEN, ErrorClass.FROZEN),
        (423, ErrorClass.FROZEN, ErrorClass.FROZEN),
        (429, ErrorClass.THROTTLED, ErrorClass.THROTTLED),
        (430, ErrorClass.THROTTLED, ErrorClass.THROTTLED),
        (500, ErrorClass.PLATFORM_DOWN, ErrorClass.UNKNOWN),
        (502, ErrorClass.PLATFORM_DOWN, ErrorClass.UNKNOWN),
        (503, ErrorClass.PLATFORM_DOWN, ErrorClass.PLATFORM_DOWN),
    ],
)
def test_each_status_means_one_thing_for_a_read_and_for_a_write(shopify, status, read, write):
    shopify.say({"errors": "no"}, status=status)
    shopify.say({"errors": "no"}, status=status)
    assert (kind(shopify, READ), kind(shopify, WRITE)) == (read, write)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ACCESS_DENIED", ErrorClass.REVOKED),
        ("SHOP_INACTIVE", ErrorClass.FROZEN),
        ("MAX_COST_EXCEEDED", ErrorClass.REFUSED),
        ("undefinedField", ErrorClass.REFUSED),
    ],
)
def test_each_code_of_graphql_means_one_thing(shopify, code, expected):
    shopify.say(failed(code))
    assert kind(shopify, WRITE) is expected


def test_an_inner_failure_of_a_write_is_unknown_and_of_a_read_passes(shopify):
    shopify.say(failed("INTERNAL_SERVER_ERROR"))
    shopify.say(failed("INTERNAL_SERVER_ERROR"))
    assert kind(shopify, READ) is ErrorClass.TRANSIENT
    assert kind(shopify, WRITE) is ErrorClass.UNKNOWN


def test_a_write_that_broke_off_half_way_is_unknown(shopify):
    shopify.say(failed("ACCESS_DENIED", data={"productUpdate": {"userErrors": []}, "second": None}))
    assert kind(shopify, WRITE) is ErrorClass.UNKNOWN


def test_throttling_says_how_long_and_what_is_left(shopify):
    cost = {"requestedQueryCost": 540, "actualQueryCost": None, "throttleStatus": BUDGET}
    shopify.say(failed("THROTTLED", cost=cost), X_Request_ID="r-1")
    answer = told(shopify.session, WRITE)
    assert answer.error.kind is ErrorClass.THROTTLED
    assert answer.error.retry_after == 5.0
    assert answer.points == Points(available=40.0, maximum=2000.0, restore=100.0)
    assert (answer.asked, answer.cost) == (540, None)
    assert (answer.http_status, answer.request_id) == (200, "r-1")


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_is_asked_for_is_kept(shopify, status):
    shopify.say({}, status=status, Retry_After="7")
    assert told(shopify.session, READ).error.retry_after == 7.0


def test_a_cut_write_is_unknown_and_a_cut_read_is_tried_again(shopify):
    shopify.say(status=0)
    shopify.say(status=0)
    assert kind(shopify, READ) is ErrorClass.TRANSIENT
    assert kind(shopify, WRITE) is ErrorClass.UNKNOWN


def test_a_slow_write_is_given_up_as_unknown(shopify, monkeypatch):
    monkeypatch.setattr(client, "READ_SECONDS", 0.1)
    shopify.say({"data": {}}, pause=0.4)
    answer = told(shopify.session, WRITE)
    assert (answer.error.kind, answer.error.code) == (ErrorClass.UNKNOWN, "timeout")
    assert answer.seconds < 0.4


def test_nobody_there_means_down_even_for_a_write():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        nowhere = Session("gone.myshopify.com", "shpat_secret", "2026-10", url)
        assert told(nowhere, WRITE).error.kind is ErrorClass.PLATFORM_DOWN


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b'{"data": null}', b"[" * 200_000])
def test_an_answer_that_cannot_be_read_is_no_success(shopify, content):
    shopify.say(content)
    shopify.say(content)
    assert kind(shopify, READ) is ErrorClass.TRANSIENT
    assert kind(shopify, WRITE) is ErrorClass.UNKNOWN


def test_another_version_is_never_taken_for_ours(shopify):
    shopify.say({"data": {"a": 1}}, version="2027-01")
    shopify.say({"data": {"a": 1}}, version="2027-01")
    assert kind(shopify, READ) is ErrorClass.REFUSED
    assert kind(shopify, WRITE) is ErrorClass.UNKNOWN


def test_an_answer_can_stand_in_jsonb(shopify):
    shopify.say(b'{"data": {"title": "a\\u0000b"}}')
    assert told(shopify.session, READ).body == {"title": "ab"}


def test_a_failure_survives_being_stored(shopify):
    shopify.say({}, status=402)
    answer = told(shopify.session, READ)
    assert Answer.from_json(json.loads(json.dumps(answer.to_json()))) == answer


def test_the_token_goes_to_the_shop_and_into_no_text(shopify):
    shopify.say({}, status=401)
    answer = told(shopify.session, READ)
    path, headers, _ = shopify.asked[0]
    assert path == "/admin/api/2026-10/graphql.json"
    assert headers["X-Shopify-Access-Token"] == "shpat_secret"
    assert "shpat_secret" not in repr(shopify.session) + repr(answer)
