"""The twin at its worst, and the log that knows what truly happened."""

import time

import pytest
import requests

from tests.twin.conftest import DOMAIN

UPDATE = """mutation($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { title } userErrors { message } } }"""


def retitle(shop, title="Tall lamp"):
    return shop.post(UPDATE, {"product": {"id": shop.gid, "title": title}})


def test_an_outage_stops_the_api_but_not_the_merchant_nor_the_webhooks(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    shop.twin.settings(DOMAIN, outage=True)
    assert retitle(shop).status_code == 503
    assert requests.post(f"{shop.url}/admin/oauth/access_token", timeout=60).status_code == 503
    assert requests.get(f"{shop.url}/admin", timeout=60).ok
    shop.twin.edit(DOMAIN, shop.gid, {"title": "By hand"})
    ear.wait(1)
    shop.twin.settings(DOMAIN, outage=False)
    assert retitle(shop).ok


def test_a_cut_answer_hides_a_write_that_was_made_once(shop):
    shop.twin.settings(DOMAIN, cut_after_apply=1)
    with pytest.raises(requests.ConnectionError):
        retitle(shop)
    assert shop.product["title"] == "Tall lamp"
    assert len(shop.twin.log(kind="edit")) == 1
    assert retitle(shop, "Taller lamp").ok


def test_a_read_is_never_cut(shop):
    shop.twin.settings(DOMAIN, cut_after_apply=1)
    assert shop.post("{ shop { id } }").ok


def changed(shop):
    """Wait until the title was changed; without it the test ends in a failure."""
    until = time.monotonic() + 60
    while shop.product["title"] != "Tall lamp":
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_slow_answer_comes_after_its_effect(shop):
    shop.twin.settings(DOMAIN, slow_answer=60)
    with pytest.raises(requests.Timeout):
        shop.post(UPDATE, {"product": {"id": shop.gid, "title": "Tall lamp"}}, timeout=0.3)
    changed(shop)


def test_latency_is_the_shops_own_or_the_twins(shop):
    shop.twin.settings(latency=0.05)
    assert seconds_of(shop) >= 0.05
    shop.twin.settings(latency=60)
    shop.twin.settings(DOMAIN, latency=0.0)
    assert seconds_of(shop) < 60


def seconds_of(shop):
    started = time.monotonic()
    shop.post("{ shop { id } }")
    return time.monotonic() - started


def test_the_log_tells_who_changed_what_and_by_which_request(shop):
    shop.twin.edit(DOMAIN, shop.gid, {"title": "By hand", "vendor": "Lumen"})
    request_id = retitle(shop).headers["X-Request-ID"]
    rows = shop.twin.log(kind="edit", shop=DOMAIN)
    told = [(row["attribute"], row["old"], row["new"], row["by"]) for row in rows]
    assert told == [
        ("title", "Lamp", "By hand", "merchant"),
        ("vendor", "", "Lumen", "merchant"),
        ("title", "By hand", "Tall lamp", "app"),
    ]
    assert rows[-1]["request_id"] == request_id
    assert {row["resource"] for row in rows} == {shop.gid}
    assert shop.twin.log(since=rows[-2]["seq"], kind="edit") == rows[-1:]


def test_a_refused_or_empty_write_leaves_no_trace(shop):
    retitle(shop, " ")
    retitle(shop, "Lamp")
    assert shop.twin.log(kind="edit") == []


def test_counters_tell_calls_points_and_mutations(shop):
    before = shop.twin.counters(DOMAIN)
    retitle(shop)
    after = shop.twin.counters(DOMAIN)
    assert after["mutations"] - before.get("mutations", 0) == 1
    assert after["calls"] - before.get("calls", 0) == 1
    assert after["points"] - before.get("points", 0) >= 10


def test_a_strange_knob_or_address_is_refused_with_its_name(shop):
    with pytest.raises(RuntimeError, match="gravity"):
        shop.twin.settings(DOMAIN, gravity=9.81)
    with pytest.raises(RuntimeError, match="Title can't be blank"):
        shop.twin.edit(DOMAIN, shop.gid, {"title": ""})
    answer = requests.post(f"{shop.twin.url}/_twin/nowhere", json={}, timeout=60)
    assert (answer.status_code, answer.json()) == (400, {"error": "There is nothing at nowhere."})


def test_two_shops_never_share_an_id(shop):
    shop.twin.add_shop("alpine.myshopify.com", products=[{"title": "Lamp"}])
    ids = set()
    for domain in (DOMAIN, "alpine.myshopify.com"):
        for product in shop.twin.state(domain)["products"]:
            ids |= {product["id"], *(variant["id"] for variant in product["variants"])}
    assert len(ids) == 4


def test_the_log_is_read_by_pages_filters_and_from_its_end(shop):
    for number in range(6):
        shop.twin.edit(DOMAIN, shop.gid, {"title": f"Lamp {number}", "vendor": f"V{number}"})
    page = shop.twin.log(kind="edit", attribute="title", limit=4)
    rest = shop.twin.log(kind="edit", attribute="title", since=page[-1]["seq"])
    assert [row["new"] for row in page + rest] == [f"Lamp {number}" for number in range(6)]
    newest = shop.twin.log(shop=DOMAIN, kind="edit", newest=1, limit=2)
    assert [row["new"] for row in newest] == ["Lamp 5", "V5"]
    assert shop.twin.log(shop="nowhere.myshopify.com") == []


def test_an_accepted_write_is_logged_with_the_cause_that_its_header_tells(shop):
    shop.post(
        UPDATE,
        {"product": {"id": shop.gid, "title": "Tall lamp"}},
        more={"X-Store-Sync-Cause": "job-7"},
    )
    retitle(shop, " ")
    (write,) = shop.twin.log(kind="write")
    assert (write["operation"], write["cause"]) == ("productUpdate", "job-7")
    (edit,) = shop.twin.log(kind="edit", cause="job-7")
    assert (edit["attribute"], edit["request_id"]) == ("title", write["request_id"])


def test_calls_and_points_are_told_by_the_name_of_the_document(shop):
    shop.post("query Named { shop { id } }")
    shop.post("query Named { shop { id } }")
    retitle(shop)
    told = shop.twin.operations(DOMAIN)
    assert told["Named"] == {"calls": 2, "points": 2, "mutations": 0}
    assert told["productUpdate"]["mutations"] == 1


def fault(shop, kind, **more):
    shop.twin.settings(DOMAIN, faults=[{"kind": kind, **more}])


@pytest.mark.parametrize("status", [401, 402, 403, 404, 423, 429, 430, 500, 502, 503, 504])
def test_any_status_can_be_answered_so_many_times_and_nothing_happens(shop, status):
    """shopify-platform.md 4.3."""
    fault(shop, str(status), count=1)
    answer = retitle(shop)
    assert answer.status_code == status
    assert answer.headers["X-Request-ID"]
    assert shop.product["title"] == "Lamp"
    assert retitle(shop).ok


def test_too_many_requests_may_say_how_long_to_wait_or_not(shop):
    fault(shop, "429", retry_after=2.5, count=1)
    assert retitle(shop).headers["Retry-After"] == "2.5"
    fault(shop, "429")
    assert "Retry-After" not in retitle(shop).headers


def test_a_connection_is_cut_before_or_after_the_effect(shop):
    fault(shop, "cut", count=1)
    with pytest.raises(requests.ConnectionError):
        retitle(shop)
    assert shop.product["title"] == "Lamp"
    fault(shop, "cut_after", count=1)
    with pytest.raises(requests.ConnectionError):
        retitle(shop)
    assert shop.product["title"] == "Tall lamp"


def test_half_of_an_answer_can_not_be_read_though_the_write_was_made(shop):
    fault(shop, "truncated")
    with pytest.raises(requests.JSONDecodeError):
        retitle(shop).json()
    assert shop.product["title"] == "Tall lamp"


def test_a_mutation_is_refused_by_user_errors_inside_a_200(shop):
    fault(shop, "user_errors", operation="productUpdate")
    answer = retitle(shop).json()["data"]["productUpdate"]
    assert answer["product"] is None
    assert len(answer["userErrors"]) == 1
    assert shop.product["title"] == "Lamp"
    assert shop.twin.log(kind="write") == []


def test_points_can_be_denied_though_they_are_left(shop):
    fault(shop, "throttled", count=1)
    answer = retitle(shop).json()
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = answer["extensions"]["cost"]
    assert cost["actualQueryCost"] is None
    assert cost["throttleStatus"]["currentlyAvailable"] == 2000


def test_an_error_inside_shopify_comes_inside_a_200(shop):
    fault(shop, "internal_error")
    (error,) = retitle(shop).json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert shop.product["title"] == "Lamp"


def test_a_call_is_slow_before_or_after_its_effect(shop):
    given = {"product": {"id": shop.gid, "title": "Tall lamp"}}
    fault(shop, "slow", seconds=600)
    with pytest.raises(requests.Timeout):
        shop.post(UPDATE, given, timeout=0.15)
    assert shop.product["title"] == "Lamp"
    fault(shop, "slow_answer", seconds=600)
    with pytest.raises(requests.Timeout):
        shop.post(UPDATE, given, timeout=0.15)
    changed(shop)


def test_a_fault_hits_only_the_operations_and_places_it_names(shop):
    fault(shop, "503", operation="productUpdate")
    assert shop.post("{ shop { id } }").ok
    assert retitle(shop).status_code == 503
    fault(shop, "503", at="token")
    assert retitle(shop).ok
    assert (
        requests.post(f"{shop.url}/admin/oauth/access_token", json={}, timeout=60).status_code
        == 503
    )


def test_a_probable_fault_strikes_alike_for_the_same_seed(shop):
    def struck():
        shop.twin.settings(seed=5)
        fault(shop, "503", probability=0.5)
        return [shop.post("{ shop { id } }").status_code for _ in range(20)]

    first = struck()
    assert set(first) == {200, 503}
    assert struck() == first
    assert shop.twin.counters(DOMAIN)["fault_503"] == 2 * first.count(503)


def test_an_older_version_falls_forward_and_an_unknown_one_is_nowhere(shop):
    """shopify-platform.md 4.1: compare what is asked for with what is served."""

    def ask(version):
        url = f"{shop.url}/admin/api/{version}/graphql.json"
        headers = {"X-Shopify-Access-Token": shop.token}
        return requests.post(url, json={"query": "{ shop { id } }"}, headers=headers, timeout=60)

    assert ask("2024-01").headers["X-Shopify-API-Version"] == "2026-10"
    assert [ask(version).status_code for version in ("2027-01", "2026-11", "latest")] == [404] * 3
    shop.twin.settings(DOMAIN, serves="2027-01")
    assert ask("2026-10").headers["X-Shopify-API-Version"] == "2027-01"


def test_a_fall_forward_shows_on_webhooks_too(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    shop.twin.settings(DOMAIN, serves="2027-01")
    shop.retitle()
    assert ear.wait(1)[0][0]["X-Shopify-API-Version"] == "2027-01"


def test_a_rogue_app_rewrites_an_attribute_on_the_twins_clock_until_it_is_stopped(shop):
    shop.twin.stand_still()
    shop.twin.settings(DOMAIN, rogues=[{"attribute": "title", "value": "Mine {n}", "every": 5}])
    shop.twin.advance(14)
    assert shop.product["title"] == "Mine 2"
    shop.retitle("Ours")
    shop.twin.advance(1)
    assert shop.product["title"] == "Mine 3"
    by = [row["by"] for row in shop.twin.log(kind="edit", attribute="title")]
    assert by == ["rogue", "rogue", "merchant", "rogue"]
    shop.twin.settings(DOMAIN, rogues=[])
    shop.twin.advance(60)
    assert shop.product["title"] == "Mine 3"


def test_a_rogue_may_meddle_with_variants_and_is_told_what_shopify_refuses(shop):
    shop.twin.stand_still()
    rogues = [
        {"attribute": name, "value": value, "every": 1}
        for name, value in {"price": "9.99", "compareAtPrice": "much"}.items()
    ]
    shop.twin.settings(DOMAIN, rogues=rogues)
    shop.twin.advance(1)
    assert shop.product["variants"][0]["price"] == "9.99"
    assert shop.twin.log(kind="refused")[0]["said"]
