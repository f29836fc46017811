"""Every route that the API describes: closed without a token, a scope, or the right workspace."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from catalogue.models import (
    Change,
    Conflict,
    Listing,
    Override,
    Plan,
    PlanEdit,
    PlanLine,
    Product,
    StockErrand,
    StockPool,
    Variant,
)
from stores.enums import Mode, Scope
from stores.models import ApiToken, Store
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.api.conftest import client_of
from tests.catalogue.api.test_tokens import problem
from tests.catalogue.clashes import clash, two_shops
from tests.catalogue.stocking import follow

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"
ROWS = {
    "stores": Store,
    "products": Product,
    "variants": Variant,
    "listings": Listing,
    "overrides": Override,
    "stock": StockPool,
    "stock-batches": StockErrand,
    "plans": Plan,
    "plan-lines": PlanLine,
    "plan-edits": PlanEdit,
    "conflicts": Conflict,
    "changes": Change,
    "jobs": Job,
}


def operations():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return sorted((verb, path) for path, verbs in paths.items() for verb in verbs)


def body(verb, path):
    """A request that would do something, about rows of the first workspace."""
    product, store = Product.objects.get().pk, Store.objects.order_by("pk").last().pk
    line = {"product": product, "attribute": "vendor", "value": "Lux"}
    return {
        "batches/": {"edits": [line]},
        "plans/": {"store": store},
        "plans/{id}/approve/": {"hash": Plan.objects.latest("pk").hash},
        "overrides/": {**line, "store": store},
        "products/{id}/": {"attributes": {"vendor": "Lux"}},
        "variants/{id}/": {"attributes": {"barcode": "1"}},
        "conflicts/{id}/resolve/": {"decision": "keep"},
        "stock/{id}/set/": {"quantity": 3},
        "stock/{id}/adjust/": {"delta": 1},
        "stock/{id}/recount/": {"seen": 1, "counted": 2},
        "stock-batches/": {"counts": [{"stock": StockPool.objects.get().pk, "quantity": 3}]},
        "overrides/{id}/": None,
    }[path.removeprefix(ROOT)]  # one that is new has to say what it sends


def call(client, verb, path):
    prefix = path.removeprefix(ROOT).partition("/")[0]
    rows = Change.objects.all() if prefix == "batches" else ROWS[prefix].objects.all()
    row = rows.latest("pk")
    address = path.replace("{id}", str(row.cause_id if prefix == "batches" else row.pk))
    if address.endswith("explain/"):
        address += f"?attribute=title&store={Store.objects.earliest('pk').pk}"
    headers = {"If-Match": "*", "Idempotency-Key": f"{verb} {path}"}
    data = body(verb, path) if verb != "get" else None
    return getattr(client, verb)(address, data, headers=headers)


@pytest.fixture
def owner():
    """A workspace with at least one row behind every route."""
    shops = two_shops()
    owner = shops[0].workspace
    clash(shops)
    follow(shops[0], 12)
    api = client_of(owner)
    product = Product.objects.get().pk
    own = {"product": product, "store": shops[0].pk, "attribute": "title", "value": "Mine"}
    assert api.post(f"{ROOT}overrides/", own).status_code == 200
    edits = [{"product": product, "attribute": "title", "value": "X"}]
    assert api.post(f"{ROOT}plans/", {"edits": edits}).status_code == 200
    counts = [{"stock": StockPool.objects.get().pk, "quantity": 11}]
    headers = {"Idempotency-Key": "first"}
    made = api.post(f"{ROOT}stock-batches/", {"counts": counts}, headers=headers)
    assert made.status_code == 202
    reviewed = make.store(owner, "east", mode=Mode.REVIEW)
    make.take_in(reviewed, make.product(9))
    assert api.post(f"{ROOT}plans/", {"store": reviewed.pk}).status_code == 200
    return owner


def state(owner):
    """What a request could have changed."""
    modes = list(Store.objects.values_list("mode", flat=True))
    rows = [ROWS[name].objects.count() for name in sorted(ROWS.keys() - {"stock-batches"})]
    rows.append(StockErrand.objects.filter(workspace=owner).count())
    return modes, rows, list(StockPool.objects.values_list("quantity", flat=True))


def test_every_route_is_closed_to_others(owner):
    """Without a token 401, without the scope 403, of another workspace 404 or an empty list."""
    stranger = client_of(make.workspace("other"))
    mine = client_of(owner)
    ApiToken.objects.update(per_minute=10_000)
    before, walked = state(owner), operations()
    assert len(walked) > 35
    for verb, path in walked:
        problem(call(APIClient(), verb, path), 401)
        queue = path.startswith(f"{ROOT}jobs/")
        useless = client_of(owner, Scope.READ_STOCK if queue else Scope.READ_QUEUE)
        assert "lacks the scope" in problem(call(useless, verb, path), 403)["detail"]
        looking = verb == "get" and "{id}" not in path
        answer = call(stranger, verb, path)
        if looking:
            assert (answer.status_code, answer.json()["results"]) == (200, []), path
            assert call(mine, verb, path).json()["results"], path
        elif path.endswith("/stock-batches/"):  # it lists what it does not know
            assert answer.json()["total"] == 0
            assert answer.json()["left_out"] == {"This stock does not exist in this workspace.": 1}
        else:
            problem(answer, 404)
        if verb == "get":
            assert call(mine, verb, path).status_code == 200, path
    assert state(owner) == before


def test_no_scope_lets_more_in_than_it_says(owner):
    """Each token with one scope passes just the routes of that scope."""
    tokens = {scope: client_of(owner, scope) for scope in Scope}
    ApiToken.objects.update(per_minute=10_000)
    for verb, path in operations():
        passed = set()
        for scope, client in tokens.items():
            answer = call(client, verb, path) if verb == "get" else client.generic(
                verb.upper(), path.replace("{id}", "0"), "{}", content_type="application/json"
            )  # fmt: skip
            if answer.status_code != 403:
                passed.add(scope)
        assert passed <= expected(verb, path), path


def expected(verb, path):
    prefix = path.removeprefix(ROOT).partition("/")[0]
    if prefix == "jobs":
        return {Scope.READ_QUEUE}
    if prefix in ("stock", "stock-batches"):
        return {Scope.READ_STOCK if verb == "get" else Scope.WRITE_STOCK}
    if verb == "get":
        return {Scope.READ_CATALOGUE}
    if path.endswith("approve/"):
        return set(Scope)  # no such plan: nobody can tell what it would need
    return {Scope.OPT_IN if prefix == "plans" else Scope.WRITE_CATALOGUE}
