"""Tokens in the admin: made by operators, shown in one answer, revoked."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from stores.models import ApiToken
from tests.catalogue import make

pytestmark = pytest.mark.django_db


def form(workspace, **more):
    return {"workspace": workspace.pk, "name": "ERP", "scopes": ["read_catalogue"], **more}


def test_a_token_is_shown_once_works_and_is_revoked(operator, shops):
    page = operator.post(reverse("admin:stores_apitoken_make"), form(shops[0].workspace))
    token, secret = page.context["made"]
    assert secret in page.text
    assert "no-store" in page["Cache-Control"]
    assert token.created_by == "operator"
    program = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/products/").status_code == 200
    for name in ("changelist", "change"):
        args = [token.pk] if name == "change" else []
        page = operator.get(reverse(f"admin:stores_apitoken_{name}", args=args))
        assert token.prefix in page.text
        assert secret not in page.text
        assert token.secret_hash not in page.text
    operator.post(reverse("admin:stores_apitoken_do", args=[token.pk, "revoke"]))
    assert program.get("/api/v1/products/").status_code == 401
    assert ApiToken.objects.get().revoked_by == "operator"


def test_a_token_without_use_is_not_made(operator, shops):
    wrong = form(shops[0].workspace, expires_at="2020-01-01 00:00")
    page = operator.post(reverse("admin:stores_apitoken_make"), wrong)
    assert "expired already" in page.text
    assert not ApiToken.objects.exists()


def test_nobody_makes_tokens_for_a_workspace_that_is_not_theirs(operator, shops):
    page = operator.post(reverse("admin:stores_apitoken_make"), form(make.workspace("other")))
    assert page.context["made"] is None
    assert not ApiToken.objects.exists()


def test_a_viewer_neither_makes_nor_revokes(viewer, shops):
    assert viewer.get(reverse("admin:stores_apitoken_make")).status_code == 403
