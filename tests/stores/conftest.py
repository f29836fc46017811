"""The default app's secrets, and an intake that remembers nothing of the test before."""

import pytest

from stores.services.intake import forget_known
from tests.stores.make import PREVIOUS, SECRET


@pytest.fixture(autouse=True)
def app_secrets(settings):
    settings.SHOPIFY_CLIENT_ID = "client-1"
    settings.SHOPIFY_CLIENT_SECRET = SECRET
    settings.SHOPIFY_PREVIOUS_CLIENT_SECRET = PREVIOUS
    settings.SHOPIFY_TWIN_URL = ""
    forget_known()
