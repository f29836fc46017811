"""The default app's secrets, an intake without memory, and a twin with one shop."""

import pytest

from stores.services.intake import forget_known
from tests.stores.make import APP, DOMAIN, PREVIOUS, PUBLIC, SECRET


@pytest.fixture(autouse=True)
def app_secrets(settings):
    settings.SHOPIFY_CLIENT_ID = APP
    settings.SHOPIFY_CLIENT_SECRET = SECRET
    settings.SHOPIFY_PREVIOUS_CLIENT_SECRET = PREVIOUS
    settings.SHOPIFY_TWIN_URL = ""
    forget_known()


@pytest.fixture
def twin(twin_process, app_secrets, settings):
    """Shopify with our app and one shop, whose merchant always consents."""
    settings.SHOPIFY_TWIN_URL, settings.PUBLIC_URL = twin_process.url, PUBLIC
    twin_process.reset()
    twin_process.register_app(APP, SECRET, PUBLIC)
    twin_process.settings(auto_approve=True)
    twin_process.add_shop(DOMAIN, name="North", plan="plus", currency="EUR")
    return twin_process
