"""One shop and one app, either played by the twin or real.

Shopify's libraries only know `https://{shop}`. Nothing of them is changed: like any HTTP client
they obey HTTPS_PROXY, here the twin, and SSL_CERT_FILE, here its throw-away authority.
"""

import os
import urllib.request
from dataclasses import dataclass

import pytest

from stores.twin.testing import running_twin

CLIENT_ID = "contract-app"
SECRET = "shpss_of_the_contract_and_long_enough"
SHOP = "contract"
REDIRECT = "https://app.example.com/callback"
NAMES = {
    "shop": "SHOPIFY_CONFORMANCE_SHOP",  # the handle: what stands before .myshopify.com
    "client_id": "SHOPIFY_CONFORMANCE_CLIENT_ID",
    "secret": "SHOPIFY_CONFORMANCE_CLIENT_SECRET",
}
ID_TOKEN, REFRESH_TOKEN = "SHOPIFY_CONFORMANCE_ID_TOKEN", "SHOPIFY_CONFORMANCE_REFRESH_TOKEN"


@dataclass
class Place:
    """Where the libraries are tried. `twin` is None at a real store."""

    shop: str
    client_id: str
    secret: str
    twin: object = None

    @property
    def domain(self):
        return f"{self.shop}.myshopify.com"

    def id_token(self):
        """A fresh one from the admin; a real one has to be copied from it within its minute."""
        if self.twin is not None:
            return self.twin.visit(self.domain, self.client_id)["id_token"]
        return _from_environment(ID_TOKEN, "an ID token can't be made without a browser")


def _from_environment(name, why):
    if not os.environ.get(name):
        pytest.skip(f"{name} is not set: {why}")
    return os.environ[name]


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return tmp_path_factory.mktemp("twin") / "authority.pem"


@pytest.fixture(scope="session")
def contract_twin(authority):
    with running_twin("--ca", str(authority)) as twin:
        yield twin


@pytest.fixture
def played(contract_twin, authority, monkeypatch):
    """The place that the twin plays, reached by its real name."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, contract_twin.url)
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority))
    # urllib remembers the proxies of its first call.
    monkeypatch.setattr(urllib.request, "_opener", None)
    contract_twin.reset()
    place = Place(SHOP, CLIENT_ID, SECRET, contract_twin)
    contract_twin.register_app(
        CLIENT_ID,
        SECRET,
        REDIRECT,
        url="https://app.example.com/home",
        scopes=["write_products"],
        organization="acme",
    )
    contract_twin.add_shop(place.domain, organization="acme", products=[{"title": "Lamp"}])
    contract_twin.install(place.domain, CLIENT_ID)
    return place


@pytest.fixture
def real():
    """A development store of the app's own organisation, where the app is installed."""
    found = {field: os.environ.get(name) for field, name in NAMES.items()}
    if missing := [NAMES[field] for field, value in found.items() if not value]:
        pytest.skip(f"{', '.join(missing)} not set: no development store to compare with")
    return Place(**found)


@pytest.fixture(params=["twin", pytest.param("development store", marks=pytest.mark.enable_socket)])
def place(request):
    return request.getfixturevalue("played" if request.param == "twin" else "real")
