"""Tokens: shown once, hashed at rest, scoped, throttled, expired, revoked."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from stores.enums import Scope
from stores.errors import TokenRefusedError
from stores.models import ApiToken
from stores.services.api_tokens import make_token, revoke_token
from tests.catalogue import make
from tests.catalogue.api.conftest import client_of

pytestmark = pytest.mark.django_db
PRODUCTS = "/api/v1/products/"


def problem(response, status):
    """The body of a refusal, of which the form is always the same."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["detail"].endswith(".")
    return body


def test_only_a_hash_of_a_token_is_kept():
    owner = make.workspace()
    token, secret = make_token(workspace_id=owner.pk, name="ERP", scopes=tuple(Scope), by="ada")
    kept = ApiToken.objects.values().get()
    assert secret not in str(kept)
    assert secret.startswith(token.prefix)
    assert token.created_by == "ada"


def test_nobody_enters_without_a_token_that_stands(shops):
    answer = APIClient().get(PRODUCTS)
    assert problem(answer, 401)["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    wrong = APIClient(headers={"Authorization": "Bearer sync_wrong"})
    assert problem(wrong.get(PRODUCTS), 401)["code"] == "authentication_failed"
    client = client_of(shops[0].workspace)
    assert client.get(PRODUCTS).status_code == 200
    assert ApiToken.objects.get(pk=client.token.pk).last_used_at
    assert revoke_token(client.token.pk, by="ada")
    assert not revoke_token(client.token.pk, by="bob")
    problem(client.get(PRODUCTS), 401)
    assert ApiToken.objects.get(pk=client.token.pk).revoked_by == "ada"


def test_a_token_ends_when_it_expires(shops):
    client = client_of(shops[0].workspace, expires_at=timezone.now() + timedelta(hours=1))
    assert client.get(PRODUCTS).status_code == 200
    ApiToken.objects.update(expires_at=timezone.now())
    problem(client.get(PRODUCTS), 401)


@pytest.mark.parametrize(
    "wrong", [{"scopes": ()}, {"expires_at": timezone.now() - timedelta(seconds=1)}]
)
def test_a_token_that_could_do_nothing_is_not_made(wrong):
    asked = {"name": "ERP", "scopes": tuple(Scope), "by": "ada", **wrong}
    with pytest.raises(TokenRefusedError):
        make_token(workspace_id=make.workspace().pk, **asked)


def test_a_token_does_only_what_its_scopes_say(shops):
    reader = client_of(shops[0].workspace, Scope.READ_CATALOGUE)
    assert reader.get(PRODUCTS).status_code == 200
    refused = problem(reader.get("/api/v1/stock/"), 403)
    assert "read_stock" in refused["detail"]
    problem(reader.post("/api/v1/batches/", {}), 403)
    problem(reader.get("/api/v1/jobs/"), 403)


def test_whoever_calls_too_often_is_told_when_to_come_back(shops):
    client = client_of(shops[0].workspace)
    ApiToken.objects.update(per_minute=2)
    answers = [client.get(PRODUCTS) for _ in range(6)]  # a minute may begin in between
    assert answers[0].status_code == 200
    late = answers[-1]
    problem(late, 429)
    assert 0 < int(late["Retry-After"]) <= 60
    ApiToken.objects.update(window_at=timezone.now() - timedelta(minutes=1))
    assert client.get(PRODUCTS).status_code == 200


def test_the_description_is_valid_and_complete(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "api.yaml")
    )
    text = (tmp_path / "api.yaml").read_text()
    for name in ("products", "variants", "listings", "overrides", "stock", "batches"):
        assert f"/api/v1/{name}/" in text
    assert "If-Match" in text
    assert "Idempotency-Key" in text
    assert "compare_at_price" in text


def test_the_page_of_the_description_needs_nobody_elses_server(client):
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://github.com", "")
    assert "/static/drf_spectacular_sidecar/" in page.text


def test_what_is_not_there_is_told_like_every_refusal(api):
    assert problem(api.get("/api/v1/nowhere/"), 404)["code"] == "not_found"
    problem(api.delete(PRODUCTS), 405)
    problem(api.get(PRODUCTS, {"store": "north"}), 400)
    problem(api.generic("POST", "/api/v1/batches/", "{", content_type="application/json"), 400)
