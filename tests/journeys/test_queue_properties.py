"""P10, P11, P12 and P17 of the sync rules, on whole products: hub, pumps and the real twin."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from activity.selectors.comparison import comparison
from catalogue.enums import ChangeFate, ChangeScope, DeliveryFate, Source
from catalogue.models import Change, ChangeDelivery
from catalogue.services.edit import SetValue, edit
from catalogue.services.given_up import GIVEN_UP
from catalogue.services.opt_in import opt_in, resume
from stores.enums import Mode
from stores.models import Store
from stores.services.handlers import enqueue_pull
from stores.services.modes import pause
from syncqueue.enums import JobState, Outcome
from syncqueue.models import Channel, Job, Lane
from syncqueue.services.channel import hold, release
from syncqueue.services.pump import run_pump
from syncqueue.services.replay import cancel, replay
from tests.going_live import bring_live, checked_plan
from tests.journeys.conftest import lamp
from tests.properties.interleave import every_way

pytestmark = pytest.mark.django_db(transaction=True)


def set_title(world, title, **more):
    wish = SetValue(product_id=world.product().pk, attribute="title", value=title, **more)
    return edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")


def test_a_cure_that_comes_while_the_head_waits_is_written_at_once(world):
    """P10: the head waits six hours; a new edit makes its lane due, and the head carries it."""
    first, *_ = world.three()
    (job_id,) = [
        job.pk
        for job in Job.objects.filter(pk__in=set_title(world, "Ill").job_ids)
        if job.channel_id == first.channel_id
    ]
    later = timezone.now() + timedelta(hours=6)
    Job.objects.filter(pk=job_id).update(
        state=JobState.RETRYING, attempts=3, next_attempt_at=later, reason="It timed out."
    )
    Lane.objects.filter(jobs=job_id).update(due_at=later)
    world.work()
    assert world.shown(first)["title"] == "Desk lamp"
    set_title(world, "Cured")
    world.work()
    assert world.shown(first)["title"] == "Cured"
    assert Job.objects.get(pk=job_id).state == JobState.SUCCEEDED
    world.assert_in_step()


@pytest.mark.parametrize("seed", range(2))
def test_every_change_has_one_end_in_every_live_store(world, seed):
    """P11: one row for each change and live store, with an end, whatever happened on the way."""
    stores, rng = world.three(), random.Random(seed)
    for number in range(6):
        store = rng.choice(stores)
        match rng.randrange(4):
            case 0:
                set_title(world, f"Own {number}", store_id=store.pk)
            case 1:
                world.twin.settings(store.domain, cut_after_apply=1)
            case 2:
                world.twin.edit(store.domain, world.listing(store).gid, {"vendor": f"V {number}"})
        set_title(world, f"Title {number}")
        if rng.random() < 0.5:
            world.work()
    world.work()
    rows = ChangeDelivery.objects.values_list("change", "store")
    assert set(Counter(rows).values()) == {1}
    won = Change.objects.filter(fate=ChangeFate.WON, scope=ChangeScope.CANONICAL)
    wanted = {(change.pk, store.pk) for change in won for store in stores}
    assert wanted <= set(rows)
    assert not ChangeDelivery.objects.filter(fate=DeliveryFate.PENDING).exists()
    written = ChangeDelivery.objects.filter(fate=DeliveryFate.WRITTEN)
    assert all(row.attempt_id and row.sent_at and row.accepted_at for row in written)


def test_what_was_cancelled_or_refused_comes_back_by_no_comparison(world):
    """F29: at night the store is read whole, and a job of something else passes by."""
    first, second, third = world.three()
    for store in (first, second):
        hold(store.channel_id, by="ada", reason="Stock-taking.")
    job_ids = set_title(world, "Unwanted").job_ids
    cancelled = Job.objects.get(pk__in=job_ids, channel=first.channel_id)
    assert [cell.waits for cell in title_cells(world)] == [True, True, False]
    assert cancel([cancelled.pk], by="ada") == 1
    refused = {"kind": "user_errors", "operation": "ProductUpdate", "count": 1}
    world.twin.settings(second.domain, faults=[refused])
    for store in (first, second):
        release(store.channel_id, by="ada")
    world.work()
    dead = Job.objects.get(pk__in=job_ids, channel=second.channel_id)
    assert dead.state == JobState.DEAD_LETTERED

    for store in (first, second, third):
        enqueue_pull(store, "reconcile")
    world.work()
    edit_vendor(world, "Lumen & Co")
    world.work()

    shown = [world.shown(store) for store in (first, second, third)]
    assert [one["title"] for one in shown] == ["Desk lamp", "Desk lamp", "Unwanted"]
    assert {one["vendor"] for one in shown} == {"Lumen & Co"}
    reasons = Job.objects.filter(outcome=Outcome.HELD).values_list("reason", flat=True)
    assert set(reasons) == {GIVEN_UP}

    assert [cell.differs for cell in title_cells(world)] == [True, True, False]
    assert [cell.given_up for cell in title_cells(world)] == [True, True, False]

    replay([cancelled.pk, dead.pk], by="ada")
    world.work()
    assert {world.shown(store)["title"] for store in (first, second)} == {"Unwanted"}
    world.assert_in_step()


def title_cells(world):
    lines = comparison(world.product()).sections[0].lines
    return next(line.cells for line in lines if line.attribute.name == "title")


def edit_vendor(world, vendor):
    wish = SetValue(product_id=world.product().pk, attribute="vendor", value=vendor)
    edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")


def call_lane(store, listing):
    return Lane.objects.get(channel=store.channel_id, kind="call", key=listing.lane_key)


def forget_work(lane):
    """As if all that waits in a lane had been worked off, so that the next round can tell."""
    ChangeDelivery.objects.filter(job__lane=lane).update(fate=DeliveryFate.SHOWN)
    Job.objects.filter(lane=lane).delete()
    Lane.objects.filter(pk=lane.pk).update(pending=0, due_at=None, received=0)


def numbered_titles(world):
    """An edit of the title that is another one each time, and the list of those made so far."""
    made = []

    def edit_title():
        made.append(f"Title {len(made)}")
        set_title(world, made[-1])

    return edit_title, made


def test_no_edit_falls_between_two_chairs_while_a_store_goes_live(world):
    """P12: edit ∥ go-live, one inside the other at every statement."""
    world.connect(world.shop("north", lamp()))
    second = world.connect(world.shop("alpine", lamp()))
    lane = call_lane(second, world.listing(second))
    edit_title, made = numbered_titles(world)
    forget_work(lane)
    Store.objects.filter(pk=second.pk).update(mode=Mode.REVIEW)
    plan = checked_plan(second)
    for _ in every_way(edit_title, lambda: opt_in(plan.pk, plan.hash)):
        assert Lane.objects.get(pk=lane.pk).pending, f"Nobody writes {made[-1]}."
        forget_work(lane)
        Store.objects.filter(pk=second.pk).update(mode=Mode.REVIEW)
    assert len(made) > 10
    opt_in(plan.pk, plan.hash)
    world.work()
    assert world.shown(second)["title"] == made[-1]


def test_a_pause_that_meets_an_edit_lets_nothing_out_and_loses_nothing(world):
    """P12: edit ∥ pause, one inside the other at every statement."""
    world.connect(world.shop("north", lamp()))
    second = world.connect(world.shop("alpine", lamp()))
    lane = call_lane(second, world.listing(second))
    edit_title, made = numbered_titles(world)
    before = len(world.app_writes(second))
    for _ in every_way(edit_title, lambda: pause(second.pk, by="ada")):
        assert run_pump(second.channel_id).worked == 0
        resume(second, by="ada")
        assert Lane.objects.get(pk=lane.pk).pending, f"Nobody writes {made[-1]}."
        forget_work(lane)
    assert len(made) > 10
    assert len(world.app_writes(second)) == before
    pause(second.pk, by="ada")
    edit_title()
    world.work()
    resume(second, by="ada")
    world.work()
    assert world.shown(second)["title"] == made[-1]
    world.assert_in_step()


def test_after_a_long_pause_a_store_is_reviewed_before_anything_is_written(world):
    """P16: both sides went on for a week; the store is read, keeps what it has, and waits."""
    first, second = (world.connect(world.shop(name, lamp())) for name in ("north", "alpine"))
    pause(second.pk, by="ada")
    set_title(world, "From the hub")
    world.twin.edit(second.domain, world.listing(second).gid, {"vendor": "Alpenlicht"})
    world.work()
    Store.objects.filter(pk=second.pk).update(mode_since=timezone.now() - timedelta(days=7))
    resumed = resume(second, by="ada")
    world.work()
    assert (resumed.mode, "opts in again" in resumed.mode_reason) == ("review", True)
    assert not world.app_writes(second)
    shown = world.shown(first)
    assert (shown["title"], shown["vendor"]) == ("From the hub", "Lumen")
    second.refresh_from_db()
    bring_live(second, by="ben")
    world.work()
    shown = world.shown(second)
    assert (shown["title"], shown["vendor"]) == ("From the hub", "Alpenlicht")
    assert world.shown(first)["vendor"] == "Lumen"
    world.assert_in_step()


def test_while_a_stores_api_is_down_its_edits_still_reach_the_others(world):
    """P17: its deliveries are decided and spread; its own calls wait and spend no attempt."""
    first, second, third = world.three()
    world.twin.settings(first.domain, outage=True)
    set_title(world, "From the hub")
    world.work()
    world.twin.edit(first.domain, world.listing(first).gid, {"vendor": "Nordlicht"})
    world.work()
    shown = [world.shown(store) for store in (second, third)]
    assert [(one["title"], one["vendor"]) for one in shown] == [("From the hub", "Nordlicht")] * 2
    waiting = Job.objects.filter(channel=first.channel_id, lane__kind="call").exclude(
        state=JobState.SUCCEEDED
    )
    assert set(waiting.values_list("attempts", flat=True)) == {0}
    world.twin.settings(first.domain, outage=False)
    Channel.objects.filter(pk=first.channel_id).update(next_trial_at=timezone.now())
    world.make_all_due()
    world.work()
    assert world.shown(first)["title"] == "From the hub"
    world.assert_in_step()
