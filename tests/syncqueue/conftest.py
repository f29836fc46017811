"""A channel, and the scripted handler as if nothing had happened yet."""

import pytest

from syncqueue.models import Channel
from tests.syncqueue.scripted import scripted


@pytest.fixture(autouse=True)
def fresh_script():
    scripted.forget()


@pytest.fixture
def channel(db):
    return Channel.objects.create(name="north")
