"""What stands on inventory items travels both ways, judged by the shops and the twin's log."""

import pytest

from catalogue.enums import DeliveryFate
from catalogue.models import ChangeDelivery
from syncqueue.models import Attempt
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMS = {"countryCodeOfOrigin": "CH", "harmonizedSystemCode": "940521", "requiresShipping": False}


def edit_item(world, store, **values):
    """A merchant's edit of the only variant's inventory item."""
    variant = world.shown(store)["variants"][0]["id"]
    given = {"variants": [{"id": variant, **values}]}
    world.twin.edit(store.domain, world.listing(store).gid, given)
    world.work()


def test_cost_and_customs_set_in_one_store_reach_the_other_and_come_back_changed(world):
    first, second = (world.connect(world.shop(name, lamp())) for name in ("north", "alpine"))
    edit_item(world, first, cost="7.5", **CUSTOMS)
    shown = world.shown(second)["variants"][0]
    assert {name: shown[name] for name in CUSTOMS} == CUSTOMS
    assert shown["cost"] == "7.50"
    assert world.app_writes(first) == []
    edit_item(world, second, cost="8", harmonizedSystemCode="940529")
    shown = world.shown(first)["variants"][0]
    assert (shown["cost"], shown["harmonizedSystemCode"]) == ("8.00", "940529")
    world.assert_in_step()


def test_a_cost_is_written_guarded_cleared_and_never_crosses_currencies(world):
    first = world.connect(world.shop("north", lamp()))
    other = world.connect(world.shop("alpine", lamp(), currency="EUR"))
    variant = world.product().variants.get().pk
    done = set_value(world, "cost", "7.50", variant_id=variant)
    told = dict(
        ChangeDelivery.objects.filter(change__cause_id=done.cause_id).values_list("store", "fate")
    )
    assert told == {first.pk: DeliveryFate.WRITTEN, other.pk: DeliveryFate.UNMANAGED}
    assert Attempt.objects.filter(job__in=done.job_ids).get().guard == "check"
    assert world.shown(first)["variants"][0]["cost"] == "7.50"
    set_value(world, "cost", None, variant_id=variant)
    assert world.shown(first)["variants"][0]["cost"] is None
    assert world.shown(other)["variants"][0]["cost"] is None
    assert world.app_writes(other) == []
    world.assert_in_step()
