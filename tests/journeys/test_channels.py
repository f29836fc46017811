"""Where a product is published is each store's own: set by name, never carried to another."""

import pytest

from catalogue.enums import DeliveryFate
from catalogue.errors import NotAllowedNowError
from catalogue.models import ChangeDelivery, Issue, Override
from stores.domain.scopes import REQUIRED
from stores.models import Store
from stores.services.pulls import enqueue_pull
from syncqueue.enums import JobState
from syncqueue.models import Attempt, Job
from tests.journeys.conftest import APP, lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)


def two(world):
    """Two live stores, each with a channel beside its web shop that nothing is published on."""
    domains = [world.shop(name, lamp()) for name in ("north", "alpine")]
    opened = [world.twin.open_publication(domain, name="Fair") for domain in domains]
    granted = [*REQUIRED, "write_publications"]
    return [world.connect(domain, scopes=granted) for domain in domains], opened


def published(world, store):
    """The deeds about channels, by the twin's own log."""
    rows = world.twin.log(shop=store.domain, kind="edit")
    return [
        (row["attribute"], bool(row["new"])) for row in rows if "published@" in row["attribute"]
    ]


def test_a_product_goes_on_channels_only_where_it_was_told_to_and_only_there(world):
    (first, second), (fair, _) = two(world)
    own = world.listing(first).leaf("channels").value
    done = set_value(world, "channels", [*own, "Fair"], store_id=first.pk)
    assert published(world, first) == [(f"published@{fair}", True)]
    assert published(world, second) == []
    assert ChangeDelivery.objects.get(change__cause_id=done.cause_id).fate == DeliveryFate.WRITTEN
    assert Attempt.objects.get(job__in=done.job_ids).guard == "check"
    set_value(world, "channels", own, store_id=first.pk)
    assert published(world, first)[-1] == (f"published@{fair}", False)
    world.assert_in_step()


def test_what_a_merchant_publishes_stays_that_stores_own_and_is_never_undone(world):
    (first, second), (_, fair) = two(world)
    world.twin.publish(second.domain, world.listing(second).gid, on=[fair])
    enqueue_pull(second, "reconcile")
    world.work()
    own = Override.objects.get()
    assert (own.store, own.kind, "Fair" in own.value) == (second, "found", True)
    set_value(world, "title", "Tall lamp")
    assert published(world, first) == []
    assert published(world, second) == [(f"published@{fair}", True)]
    world.assert_in_step()


def test_a_channel_that_a_store_lacks_is_refused_in_words(world):
    (first, _), _ = two(world)
    done = set_value(world, "channels", ["Moon"], store_id=first.pk)
    job = Job.objects.get(pk__in=done.job_ids)
    assert job.state == JobState.DEAD_LETTERED
    assert "no channel “Moon”; it has" in job.reason
    assert published(world, first) == []
    Store.objects.filter(pk=first.pk).update(scopes=["write_products"])
    with pytest.raises(NotAllowedNowError, match="lacks read_publications and write_publications"):
        set_value(world, "channels", ["Fair"], store_id=first.pk)


def test_a_store_that_keeps_back_a_scope_is_told_once_and_read_when_it_grants_it(world):
    (first, second), (fair, _) = two(world)
    own = world.listing(first).leaf("channels").value
    for store in (first, second):
        world.twin.settings(store.domain, drop=1.0)  # nobody hears of what the merchant does
        world.twin.grant(store.domain, APP, list(REQUIRED))
    set_value(world, "channels", [*own, "Fair"], store_id=first.pk)
    with pytest.raises(NotAllowedNowError, match="Connect it again"):
        set_value(world, "channels", own, store_id=first.pk)
    enqueue_pull(second, "reconcile")
    for _ in range(2):
        world.work()
        world.make_all_due()
    world.work()
    issue = Issue.objects.get()
    assert (issue.kind, issue.times, "write_publications" in issue.reason) == ("grant", 1, True)
    assert not Job.objects.filter(state=JobState.DEAD_LETTERED).exists()
    first.refresh_from_db()
    assert (first.channel.health, set(first.scopes)) == ("healthy", set(REQUIRED))
    assert published(world, first) == []
    for store in (first, second):
        world.twin.settings(store.domain, drop=0.0)
    world.twin.grant(first.domain, APP, [*REQUIRED, "write_publications"])
    world.work()
    assert Issue.objects.get().state == "closed"
    set_value(world, "channels", [*own, "Fair"], store_id=first.pk)
    assert published(world, first) == [(f"published@{fair}", True)]
