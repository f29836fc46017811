"""Two stores of a workspace, a program with a token, and a program of another workspace."""

import pytest
from rest_framework.test import APIClient

from stores.enums import Scope
from stores.services.api_tokens import make_token
from tests.catalogue import make


def client_of(workspace, *scopes, **more):
    """A client that carries a fresh token, and that token."""
    token, secret = make_token(
        workspace_id=workspace.pk, name="ERP", scopes=scopes or tuple(Scope), by="ada", **more
    )
    client = APIClient(headers={"Authorization": f"Bearer {secret}"})
    client.token = token
    return client


@pytest.fixture
def shops():
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "alpine", currency="EUR")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    return first, second


@pytest.fixture
def api(shops):
    return client_of(shops[0].workspace)


@pytest.fixture
def stranger(shops):
    return client_of(make.workspace("other"))
