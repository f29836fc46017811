"""Whatever is sent, the API answers with one sentence, and nothing is changed by halves."""

import base64
import json
import logging

import pytest
from django.db import OperationalError
from django.test import Client

from apimio_sync.api import router
from catalogue.api import products as products_api
from catalogue.domain.attributes import ATTRIBUTES
from catalogue.models import Change, Product, StockPool, Variant
from stores.models import ApiToken
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.api.conftest import client_of
from tests.catalogue.api.test_tokens import problem
from tests.catalogue.clashes import hub_sets
from tests.catalogue.stocking import follow

pytestmark = pytest.mark.django_db
BATCHES = "/api/v1/batches/"
PRODUCTS = "/api/v1/products/"


@pytest.fixture
def api(shops):
    """A token that may call as often as a test wants."""
    client = client_of(shops[0].workspace)
    ApiToken.objects.update(per_minute=1_000_000)
    return client


def send(api, body, url=BATCHES, method="POST", kind="application/json"):
    headers = {"Idempotency-Key": "k", "If-Match": "*"}
    return api.generic(method, url, body, content_type=kind, headers=headers)


def one(**more):
    return {"product": Product.objects.get().pk, "attribute": "title", "value": "X", **more}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "no JSON"),
        ("", "edits"),
        (b"\xff\xfe\x00", "no JSON"),
        ('{"edits": NaN}', "NaN is no number"),
        ('{"edits": 1e309}', "too large"),
        ('{"edits": ' + "1" * 5000 + "}", "no JSON"),
        ('{"edits": "\\u0000"}', "can't be stored"),
        ('{"edits": "\\ud800"}', "can't be stored"),
        ("[" * 200_000, "levels deep"),
        ('{"a":' * 40 + "1" + "}" * 40, "levels deep"),
        ("[]", "dictionary"),
        ("null", "No data provided."),
        ('{"edits": []}', "edits"),
        ('{"edits": [[]]}', "dictionary"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused_in_a_sentence(api, body, said):
    assert said in problem(send(api, body), 400)["detail"]
    for url, method in (
        (f"{PRODUCTS}{Product.objects.get().pk}/", "PATCH"), ("/api/v1/overrides/", "POST"),
        ("/api/v1/plans/", "POST"),
    ):  # fmt: skip
        problem(send(api, body, url, method), 400)


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/xml"])
def test_only_json_is_read(api, kind):
    assert kind in problem(send(api, "x=1", kind=kind), 415)["detail"]


def test_what_is_too_large_is_refused_with_the_limit(api, settings):
    settings.API_MAX_BYTES = 1000
    assert "1,000 bytes" in problem(send(api, '{"a":"' + "x" * 1000 + '"}'), 413)["detail"]
    settings.API_MAX_BYTES = 10_000_000
    refused = problem(send(api, "[" + "0," * 600_000 + "0]"), 413)
    assert "500,000 values" in refused["detail"]
    many = json.dumps({"edits": [{}] * 10_001})
    lines = json.dumps({"counts": [{}] * 10_001})
    assert "At most 10,000" in problem(send(api, lines, "/api/v1/stock-batches/"), 400)["detail"]
    for url in (BATCHES, "/api/v1/plans/"):
        said = problem(send(api, many, url), 400)["detail"]
        assert "At most 10,000 go in one request, these are 10,001" in said
    wrong = problem(send(api, json.dumps({"edits": [{}] * 500})), 400)
    assert len(wrong["fields_refused"]) == 100


def test_a_mistake_of_ours_is_one_sentence_with_the_id_that_the_log_has(api, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(products_api, "edit", broken)
    with caplog.at_level(logging.ERROR):
        body = json.dumps({"attributes": {"title": "X"}})
        told = problem(send(api, body, f"{PRODUCTS}{Product.objects.get().pk}/", "PATCH"), 500)
    assert told["code"] == "internal_error"
    assert told["id"] in told["detail"]
    assert "secret" not in str(told)
    (row,) = [row for row in caplog.records if told["id"] in row.getMessage()]
    assert isinstance(row.exc_info[1], ZeroDivisionError)


def test_a_database_that_can_not_answer_is_said_so(api, monkeypatch):
    def gone(*_args, **_kwargs):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(products_api, "edit", gone)
    body = json.dumps({"attributes": {"title": "X"}})
    answer = send(api, body, f"{PRODUCTS}{Product.objects.get().pk}/", "PATCH")
    assert problem(answer, 503)["code"] == "unavailable"
    assert answer["Retry-After"] == "5"


def test_outside_of_every_view_the_api_answers_in_its_form_too(settings):
    settings.ALLOWED_HOSTS = ["sync.example.com"]
    told = problem(Client().get(PRODUCTS, headers={"Host": "evil.example.com"}), 400)
    assert told["detail"] == "This request can't be read."


VALUES = [
    None, True, -1, 10**30, 1.5, 1e308, "", "\x01", "x" * 70_000, [], [1], {}, {"a": 1}, "1e309",
    "NaN", "Infinity", "-1", "1e-400", "٣", "1" * 400,
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_no_value_of_any_attribute_breaks_anything(api, name):
    variant = Variant.objects.get()
    of_product = ATTRIBUTES[name].owner == "product"
    url = f"{PRODUCTS}{variant.product_id}/" if of_product else f"/api/v1/variants/{variant.pk}/"
    for value in VALUES:
        body = json.dumps({"attributes": {name: value}})
        assert send(api, body, url, "PATCH").status_code in (200, 202, 400, 409)


@pytest.mark.parametrize("name", ["product", "variant", "store", "attribute", "version", "clear"])
def test_no_place_of_an_edit_breaks_anything(api, name):
    for value in VALUES:
        line = one(**{name: value})
        assert send(api, json.dumps(line), "/api/v1/overrides/").status_code < 500
        for more in ({}, {"dry_run": True}):
            assert send(api, json.dumps({"edits": [line], **more})).status_code < 500


def test_no_number_breaks_the_stock(api, shops):
    follow(shops[0], 12)
    pool = StockPool.objects.get()
    for value in VALUES:
        bodies = {
            "set": {"quantity": value},
            "adjust": {"delta": value, "reason": value},
            "recount": {"seen": value, "counted": value},
        }
        for more in ({"quantity": value}, {"delta": value}, {"seen": value, "counted": value}):
            lines = {"counts": [{"stock": pool.pk, **more}, {"stock": value, "quantity": 1}]}
            assert send(api, json.dumps(lines), "/api/v1/stock-batches/").status_code < 500
        for verb, body in bodies.items():
            answer = send(api, json.dumps(body), f"/api/v1/stock/{pool.pk}/{verb}/")
            assert answer.status_code < 500


WORDS = [
    "", "\x00", "x", "-1", "1e309", "9" * 20, "9" * 18, "NaN", "1.5", "' OR 1=1--", "x" * 5000,
    "٣", "2026-99-99", "0001-01-01T00:00:00-14:00", "%", "\\",
]  # fmt: skip


@pytest.mark.parametrize(("prefix", "view"), [row[:2] for row in router.registry])
def test_no_filter_and_no_page_breaks_a_list(api, shops, prefix, view):
    filters = getattr(view, "filterset_class", None)
    names = list(filters.get_filters() if filters else getattr(view, "filterset_fields", ()))
    for name in [*names, "limit", "cursor", "ordering"]:
        for word in WORDS:
            answer = api.get(f"/api/v1/{prefix}/", {name: word})
            assert answer.status_code in (200, 400, 404, 405), (name, word)
    for position in ("x", "9" * 30, "-1", "\x00"):
        cursor = base64.b64encode(f"p={position}".encode()).decode()
        answer = api.get(f"/api/v1/{prefix}/", {"cursor": cursor})
        problem(answer, 405 if prefix == "batches" else 400)
    for pk in ("0", "9" * 18, "9" * 19, "-1", "x", "%00"):
        problem(api.get(f"/api/v1/{prefix}/{pk}/"), 404)


def test_a_text_of_a_filter_is_a_text(api, shops):
    for word in ("%", "_", "' OR 1=1--", "Desk%"):
        assert api.get(PRODUCTS, {"title": word}).json()["results"] == []
    for name in ("workspace", "registers__isnull", "titel"):
        assert "no such filter" in problem(api.get(PRODUCTS, {name: "0"}), 400)["detail"]


def test_pages_miss_and_repeat_nothing_while_rows_come(api, shops):
    owner = shops[0].workspace
    make_many = lambda: Product.objects.bulk_create(  # noqa: E731
        Product(workspace=owner, title="P", currency="USD") for _ in range(3)
    )
    make_many()
    before = set(Product.objects.values_list("pk", flat=True))
    seen, url = [], f"{PRODUCTS}?limit=2"
    while url:
        page = api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
        make_many()
    assert sorted(seen) == sorted(before)


def test_two_things_of_one_value_in_a_batch_are_refused(api):
    body = json.dumps({"edits": [one(), one(value="Y")]})
    assert "stands 2 times" in problem(send(api, body), 400)["detail"]
    assert not Change.objects.exists()
    assert not Job.objects.exists()


def test_fields_that_nobody_knows_are_refused(api):
    """A misspelt field would do something else than was meant: `dryrun` would edit."""
    bodies = [
        (BATCHES, {"edits": [one()], "dryrun": True}),
        (BATCHES, {"edits": [one(values="Y")]}),
        ("/api/v1/overrides/", {**one(), "store": 1, "clear": True}),
        ("/api/v1/plans/", {"edits": [one()], "dry_run": True}),
        ("/api/v1/stock-batches/", {"counts": [{"stock": 1, "quantity": 1, "reason": "x"}]}),
    ]
    for url, body in bodies:
        assert "unknown" in problem(send(api, json.dumps(body), url), 400)["detail"]
    url = f"{PRODUCTS}{Product.objects.get().pk}/"
    problem(send(api, json.dumps({"attributes": {}, "title": "X"}), url, "PATCH"), 400)
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ('"2"', 200), ('W/"2"', 200), ("*", 200), ('"1", "2"', 200), ('"2","1"', 200),
        ('"1"', 412), ('"3"', 412), ('"99999999999999999999"', 412), ('""', 412), ('"٢"', 412),
        ("2", 400), ("W/*", 400), ('*, "2"', 400), ('"2"x', 400), ("", 428),
    ],
)  # fmt: skip
def test_if_match_reads_every_form_of_a_tag(api, tag, status):
    hub_sets("Lamp", "title")
    url = f"{PRODUCTS}{Product.objects.get().pk}/"
    assert api.get(url)["ETag"] == '"2"'
    answer = api.patch(url, {"attributes": {"vendor": "Lux"}}, headers={"If-Match": tag})
    assert answer.status_code == status
    assert (Product.objects.get().value("vendor") == "Lux") is (status == 200)


@pytest.mark.parametrize(
    ("tag", "status"), [('"1"', 304), ('W/"1"', 304), ("*", 304), ('"0", "1"', 304), ('"2"', 200)]
)
def test_if_none_match_reads_every_form_of_a_tag(api, tag, status):
    url = f"{PRODUCTS}{Product.objects.get().pk}/"
    assert api.get(url, headers={"If-None-Match": tag}).status_code == status


def test_an_own_value_is_given_up_in_sight_of_it(api, shops):
    row = api.post("/api/v1/overrides/", one(store=shops[0].pk)).json()
    url = f"/api/v1/overrides/{row['id']}/"
    assert problem(api.delete(url, headers={"If-Match": '"1"'}), 412)["values"]
    assert api.delete(url, headers={"If-Match": '"2"'}).status_code == 204


def test_a_filter_does_not_tell_whether_another_workspace_has_a_row(api):
    """The answer for its id is that for an id that nobody has."""
    lone = make.store(make.workspace("third"), "far")
    make.take_in(lone, make.product(5))
    theirs = {"store": lone.pk, "product": Product.objects.get(workspace=lone.workspace).pk}
    theirs["variant"] = Variant.objects.get(product=theirs["product"]).pk
    for prefix, view, _ in router.registry:
        filters = getattr(view, "filterset_class", None)
        names = filters.get_filters() if filters else getattr(view, "filterset_fields", ())
        for name in theirs.keys() & set(names):
            known, unknown = (
                api.get(f"/api/v1/{prefix}/", {name: pk}) for pk in (theirs[name], 10**9)
            )
            assert known.status_code == unknown.status_code, (prefix, name)
            said = [str(a.json()).replace(str(pk), "") for a, pk in
                    ((known, theirs[name]), (unknown, 10**9))]  # fmt: skip
            assert said[0] == said[1], (prefix, name)
