"""Whole journeys on the twin, each asserted on the shops' own state and the twin's own log."""

import threading
import time
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse

from catalogue.enums import ChangeFate, DeliveryFate, ListingState, Source
from catalogue.models import Change, ChangeDelivery, Listing, Override, Product
from catalogue.services.edit import SetValue, edit
from catalogue.services.inbound import ask_for_read
from catalogue.services.plans import make_plan
from stores.enums import Mode
from stores.models import Delivery, Store, WebhookSubscription
from stores.services.pulls import enqueue_pull
from stores.shopify.topics import TOPICS
from stores.twin.testing import RunningTwin
from syncqueue.enums import Health, JobState, Outcome
from syncqueue.models import Attempt, Channel, Job
from syncqueue.services.pump import run_pump
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)


def test_connecting_registers_webhooks_pulls_and_waits_for_the_owner(world):
    store = world.connect(world.shop("north", lamp(), lamp("Vase", sku="VASE-1")), live=False)
    assert store.mode == Mode.REVIEW
    assert WebhookSubscription.objects.filter(store=store, state="ok").count() == len(TOPICS)
    assert Product.objects.count() == 2
    assert (store.pull_done, store.pull_total) == (2, 2)
    assert make_plan(store, by="ada").counts == {}
    assert world.app_writes(store) == []


def test_c20_an_edit_in_the_hub_reaches_three_stores(world):
    stores = world.three()
    done = set_value(world, "title", "Tall lamp")
    assert [world.shown(store)["title"] for store in stores] == ["Tall lamp"] * 3
    rows = ChangeDelivery.objects.filter(change__cause_id=done.cause_id)
    assert {row.fate for row in rows} == {DeliveryFate.WRITTEN}
    assert all(row.sent_at < row.accepted_at for row in rows)
    assert all(row.echoed_at for row in rows)
    world.assert_in_step()


def test_c20_an_edit_in_store_two_reaches_the_others_and_is_not_written_back(world):
    first, second, third = world.three()
    world.twin.edit(second.domain, world.listing(second).gid, {"title": "Tall lamp"})
    world.work()
    assert world.product().title == "Tall lamp"
    assert world.shown(first)["title"] == world.shown(third)["title"] == "Tall lamp"
    assert world.app_writes(second) == []
    assert len(world.app_writes(first)) == len(world.app_writes(third)) == 1
    assert Change.objects.get().store == second
    world.assert_in_step()


def test_an_edit_that_we_overwrote_before_it_was_known_is_written_back_to_its_own_store(world):
    first, second, _ = world.three()
    world.twin.settings(second.domain, hold=True)
    wish = SetValue(product_id=world.product().pk, attribute="title", value="From the hub")
    edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")
    world.twin.edit(second.domain, world.listing(second).gid, {"title": "From the shop"})
    time.sleep(1.0)  # the write comes in a later second of the store's clock than the edit
    world.work()
    assert world.shown(second)["title"] == "From the hub"
    world.twin.settings(second.domain, hold=False)
    world.twin.release(second.domain)
    world.work()
    assert [world.shown(store)["title"] for store in (first, second)] == ["From the shop"] * 2
    world.assert_in_step()


def test_an_override_wins_in_its_store_only(world):
    first, second, third = world.three()
    set_value(world, "title", "Hafenlampe", store_id=third.pk)
    set_value(world, "title", "Tall lamp")
    shown = [world.shown(store)["title"] for store in (first, second, third)]
    assert shown == ["Tall lamp", "Tall lamp", "Hafenlampe"]
    world.twin.edit(third.domain, world.listing(third).gid, {"title": "Hafenlampe neu"})
    world.work()
    assert Override.objects.get().value == "Hafenlampe neu"
    assert world.product().title == "Tall lamp"
    assert world.shown(first)["title"] == "Tall lamp"


def test_an_outage_makes_edits_wait_and_the_backlog_drains_by_itself(world):
    first, second, third = world.three()
    world.twin.settings(first.domain, outage=True)
    set_value(world, "title", "One")
    set_value(world, "vendor", "Two")
    assert world.shown(second)["title"] == world.shown(third)["title"] == "One"
    channel = Channel.objects.get(pk=first.channel_id)
    assert channel.health in (Health.WAITING, Health.TRIAL)
    open_jobs = Job.objects.filter(channel=channel, state__in=[JobState.WAITING, JobState.QUEUED])
    assert open_jobs.count() == 2
    assert set(open_jobs.values_list("attempts", flat=True)) == {0}
    world.twin.settings(first.domain, outage=False)
    world.make_all_due()
    world.work()
    assert (world.shown(first)["title"], world.shown(first)["vendor"]) == ("One", "Two")
    channel.refresh_from_db()
    assert channel.health == Health.HEALTHY
    world.assert_in_step()


def test_a_lost_answer_is_settled_by_reading_and_never_written_twice(world):
    first, *_ = world.three()
    world.twin.settings(first.domain, cut_after_apply=1)
    set_value(world, "title", "Tall lamp")
    assert len(world.app_writes(first, "title")) == 1
    job = Job.objects.filter(channel=first.channel_id, handler="catalogue.converge").latest("id")
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 0)
    assert Attempt.objects.filter(job=job, outcome="unknown").count() == 1
    assert not Change.objects.exclude(source=Source.MANUAL).exists()
    world.assert_in_step()


def test_a_delivery_that_came_during_a_call_is_decided_as_soon_as_the_call_has_failed(world):
    first, second, _ = world.three()
    gid = world.listing(second).gid
    world.twin.settings(second.domain, latency=0.8, faults=[{"kind": "503", "count": 99}])
    wish = SetValue(product_id=world.product().pk, attribute="title", value="Ours")
    edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")
    person = RunningTwin(world.twin.url)
    typing = threading.Timer(0.3, person.edit, (second.domain, gid, {"vendor": "Theirs"}))
    typing.start()
    world.work()
    typing.join()
    world.work()
    assert Channel.objects.get(pk=second.channel_id).health == Health.WAITING
    assert world.shown(first)["vendor"] == "Theirs"


def test_a_price_edited_meanwhile_in_the_store_is_not_overwritten_unseen(world):
    first, *_ = world.three()
    world.twin.settings(first.domain, hold=True)
    gid = world.listing(first).gid
    variant = world.shown(first)["variants"][0]["id"]
    world.twin.edit(first.domain, gid, {"variants": [{"id": variant, "price": "31.00"}]})
    canonical = world.product().variants.get()
    set_value(world, "price", "25.00", variant_id=canonical.pk)
    world.twin.settings(first.domain, hold=False)
    world.twin.release(first.domain)
    world.work()
    values = {(row.new, row.fate) for row in Change.objects.filter(attribute="price")}
    assert ("31.00", ChangeFate.LOST) in values or ("31.00", ChangeFate.WON) in values
    world.assert_in_step()


def test_a_second_store_links_by_sku_keeps_differences_and_is_not_written(world):
    world.connect(world.shop("north", lamp(), lamp("Vase", sku="VASE-1")))
    second = world.connect(
        world.shop("alpine", lamp("Lampe"), lamp("Krug", sku="KRUG-1"), currency="EUR")
    )
    states = dict(Listing.objects.filter(store=second).values_list("title", "state"))
    assert states == {"Lampe": ListingState.LINKED, "Krug": ListingState.UNMATCHED}
    assert Override.objects.get().value == "Lampe"
    assert world.app_writes(second) == []
    assert second.mode == Mode.LIVE


def test_a_price_never_crosses_currencies(world):
    first = world.connect(world.shop("north", lamp()))
    second = world.connect(world.shop("alpine", lamp(price="19.00"), currency="EUR"))
    variant = world.product().variants.get()
    done = set_value(world, "price", "25.00", variant_id=variant.pk)
    assert world.shown(first)["variants"][0]["price"] == "25.00"
    assert world.shown(second)["variants"][0]["price"] == "19.00"
    fates = dict(
        ChangeDelivery.objects.filter(change__cause_id=done.cause_id).values_list("store", "fate")
    )
    assert fates == {first.pk: DeliveryFate.WRITTEN, second.pk: DeliveryFate.UNMANAGED}


def test_doubled_and_late_webhooks_change_nothing(world):
    first, second, _ = world.three()
    world.twin.settings(second.domain, duplicate=1.0)
    world.twin.edit(second.domain, world.listing(second).gid, {"title": "Tall lamp"})
    world.work()
    assert Change.objects.count() == 1
    assert len(world.app_writes(first, "title")) == 1
    world.assert_in_step()


def test_lost_webhooks_are_found_by_the_reconciliation(world):
    first, second, _ = world.three()
    world.twin.settings(second.domain, drop=1.0)
    world.twin.edit(second.domain, world.listing(second).gid, {"title": "Tall lamp"})
    world.work()
    assert world.product().title == "Desk lamp"
    enqueue_pull(second, "reconcile")
    world.work()
    assert world.shown(first)["title"] == "Tall lamp"
    change = Change.objects.get()
    assert (change.time_uncertain, change.source) == (True, Source.RECONCILE)
    world.assert_in_step()


def test_a_weight_is_found_by_the_hint_of_its_inventory_item(world):
    _, second, _ = world.three()
    variant = world.shown(second)["variants"][0]["id"]
    weight = {"value": 2.5, "unit": "KILOGRAMS"}
    world.twin.edit(
        second.domain,
        world.listing(second).gid,
        {"variants": [{"id": variant, "weight": weight}]},
    )
    world.work()
    assert world.product().variants.get().value("weight") == {"value": "2.5", "unit": "KILOGRAMS"}
    world.assert_in_step()


def test_a_deleted_product_is_gone_and_nothing_is_removed_elsewhere(world):
    first, second, _ = world.three()
    world.twin.delete(second.domain, world.listing(second).gid)
    world.work()
    assert world.listing(second).state == ListingState.GONE
    assert world.listing(first).state == ListingState.LINKED
    assert len(world.twin.state(first.domain)["products"]) == 1


def test_a_store_that_is_not_live_is_never_written_by_any_path(world, admin_client):
    first = world.connect(world.shop("north", lamp()))
    second = world.connect(world.shop("alpine", lamp()))
    set_value(world, "vendor", "From a job of better days")
    before = world.app_writes(second)
    for mode in set(Mode) - {Mode.LIVE}:
        Store.objects.filter(pk=second.pk).update(mode=mode)
        for path in (by_edit, by_admin, by_a_shop, by_its_own_shop, by_reading, by_replay):
            path(world, first, second, admin_client)
            world.work()
            assert world.app_writes(second) == before, (mode, path.__name__)
        assert world.shown(first)["title"] == f"Lamp of a store that is {mode}"


def by_edit(world, first, second, client):
    mode = Store.objects.get(pk=second.pk).mode
    set_value(world, "title", f"Lamp of a store that is {mode}")
    set_value(world, "title", "Eigene", store_id=second.pk)
    set_value(world, "title", store_id=second.pk, clear=True, value=None)


def by_admin(world, first, second, client):
    for attribute, more in (("product_type", {}), ("vendor", {"store": second.pk})):
        form = {"attribute": attribute, "value": f"{attribute} by hand", **more}
        form["edit_version"] = world.product().edit_version
        page = reverse("admin:catalogue_product_change", args=[world.product().pk])
        assert client.post(page, form, follow=True).status_code == 200
    for verb in ("pull", "reconcile", "release"):
        client.post(reverse("admin:stores_store_do", args=[second.pk, verb]))


def by_a_shop(world, first, second, client):
    world.twin.edit(first.domain, world.listing(first).gid, {"vendor": "Other"})


def by_its_own_shop(world, first, second, client):
    world.twin.edit(second.domain, world.listing(second).gid, {"vendor": "Its own"})


def by_reading(world, first, second, client):
    enqueue_pull(second, "reconcile")
    world.work()
    enqueue_pull(second, "import")


def by_replay(world, first, second, client):
    """A dead letter of the days when it was live, and a write that was queued in them."""
    jobs = Job.objects.filter(channel=second.channel_id, handler="catalogue.converge")
    dead = jobs.latest("id")
    jobs.filter(pk=dead.pk).update(state=JobState.DEAD_LETTERED, outcome="", reason="Refused.")
    call_command("replay", str(dead.pk))
    world.work()
    dead.refresh_from_db()
    assert dead.state != JobState.DEAD_LETTERED


def test_uninstalling_stops_everything_for_that_store_only(world):
    first, second, _ = world.three()
    world.twin.uninstall(second.domain)
    world.work()
    second.refresh_from_db()
    assert (second.mode, second.access_token) == (Mode.UNINSTALLED, "")
    set_value(world, "title", "Tall lamp")
    assert world.shown(first)["title"] == "Tall lamp"
    assert world.app_writes(second) == []


def test_every_delivery_ends_in_a_job_with_an_outcome(world):
    first, *_ = world.three()
    set_value(world, "title", "Tall lamp")
    rows = Delivery.objects.select_related("job")
    assert rows.exists()
    assert all(row.job and row.job.state == JobState.SUCCEEDED for row in rows)
    outcomes = {row.job.outcome for row in rows}
    assert Outcome.ECHO in outcomes
    assert first.listings.count() == 1


def test_a_read_that_lags_behind_our_own_write_is_made_again_and_reverts_nothing(world):
    """F31: a replica shows the old title after ours was written; believed, it would be an edit."""
    first, second, _ = world.three()
    world.twin.settings(first.domain, read_lag=600.0)
    set_value(world, "title", "Tall lamp")
    with transaction.atomic():
        ask_for_read(world.listing(first).pk, "A look.", cause_id=uuid4())
    run_pump(first.channel_id)
    assert world.listing(first).needs_read == "A look.", "the read that lagged has told nothing"
    world.twin.settings(first.domain, read_lag=0.0)
    world.make_all_due()
    world.work()
    assert world.shown(first)["title"] == world.shown(second)["title"] == "Tall lamp"
    assert Change.objects.filter(attribute="title").count() == 1
    world.assert_in_step()
