"""Two shops of a workspace, and the people who meet them in the admin."""

import pytest

from catalogue.enums import Source
from catalogue.models import Product
from catalogue.services.edit import SetValue, edit
from stores.enums import Role
from tests.activity.people import person
from tests.catalogue import make


@pytest.fixture
def shops():
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "alpine", currency="EUR")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7, title="Lampe"))
    make.deliver(first, make.payload(make.product()))
    edit(
        workspace_id=owner.pk,
        wishes=[SetValue(product_id=Product.objects.get().pk, attribute="vendor", value="Other")],
        source=Source.MANUAL,
        actor="ada",
    )
    return first, second


@pytest.fixture
def operator(client, shops):
    return person(client, Role.OPERATOR, shops[0].workspace)


@pytest.fixture
def viewer(client, shops):
    return person(client, Role.VIEWER, shops[0].workspace)


@pytest.fixture
def stranger(client, shops):
    return person(client, Role.OPERATOR, make.workspace("other"))
