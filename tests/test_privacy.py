"""What the error tracker may see."""

from apimio_sync.privacy import FILTERED, scrub_event


def test_a_request_body_its_cookies_and_its_query_never_leave():
    event = {"request": {"url": "/x", "data": "secret", "cookies": "c", "query_string": "hmac=1"}}
    assert scrub_event(event, None) == {"request": {"url": "/x"}}


def test_what_is_named_like_a_secret_is_blanked_at_any_depth():
    event = {"extra": [{"Access_Token": "shpat_1", "store": "north"}], "headers": {"X-HMAC": "a"}}
    assert scrub_event(event, None) == {
        "extra": [{"Access_Token": FILTERED, "store": "north"}],
        "headers": {"X-HMAC": FILTERED},
    }


def test_an_event_without_a_request_keeps_what_is_harmless():
    assert scrub_event({"level": "error", "count": 3}, None) == {"level": "error", "count": 3}
