"""Stock on real rows: sightings counted once, verbs of the hub, sharing, and books that hold."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalogue.enums import IssueKind, JoinChoice, MemberState, MovementKind, StockMode
from catalogue.errors import BadQuantityError, NotAllowedNowError, NotFoundHereError
from catalogue.models import Issue, StockMember, StockMovement, Variant, VariantListing
from catalogue.selectors.stock import preview_join, wrong_books
from catalogue.services.stock import (
    adjust,
    answer,
    found_place,
    hand_over,
    join_place,
    keep_back,
    leave_place,
    recount,
    set_quantity,
)
from catalogue.services.stock.pull import StockPull
from catalogue.services.stock.scene import lock_scene
from catalogue.services.stock.sighting import take_read
from catalogue.services.stock.unheard import has_outlived_its_key, repeated
from stores.enums import Mode
from stores.models import Store
from stores.shopify.stock_types import LevelSnapshot
from syncqueue.domain.handling import Answer, JobView
from syncqueue.enums import CallState, JobState, Kind, Outcome
from syncqueue.models import Call, Job, Lane
from tests.catalogue import make
from tests.catalogue.stocking import LATER, cause, doer, follow, gid, share, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    owner = make.workspace()
    found = [make.store(owner, name) for name in ("north", "alpine", "harbour")]
    for number, shop in enumerate(found, start=1):
        make.take_in(shop, make.product(number))
    yield found
    assert wrong_books(owner.pk) == []


@pytest.fixture
def pool(shops):
    for shop in shops:
        follow(shop, 50)
    return share(*shops)


def quantity(pool):
    pool.refresh_from_db()
    return pool.quantity


def member(shop):
    return StockMember.objects.select_related("pool").get(store=shop)


def due(shop):
    """The levels' open jobs of a store."""
    return Job.objects.filter(channel=shop.channel_id, handler="catalogue.level", finished_at=None)


def read(shop, available, *, at=LATER, stocked=True):
    scene = lock_scene(member(shop).pk)
    told = LevelSnapshot(scene.member.item_gid, "", available, at, stocked=stocked)
    return take_read(scene, told, cause(), now=timezone.now())


def test_the_first_sighting_of_a_level_opens_its_own_pool(shops):
    job = tell(shops[0], 12)
    assert (job.state, job.outcome) == (JobState.SUCCEEDED, Outcome.APPLIED)
    one = member(shops[0])
    assert (one.level, one.as_of, one.pool.quantity) == (12, LATER, 12)
    assert one.pool.mode == StockMode.OWN


def test_a_level_that_belongs_to_no_linked_variant_is_noted_only(shops):
    assert tell(shops[0], 12, item=999).outcome == Outcome.NOTHING_TO_DO
    assert tell(shops[0], None).outcome == Outcome.NOTHING_TO_DO
    assert not StockMember.objects.exists()


def test_a_sale_moves_the_pool_once_and_makes_the_others_due_once(shops, pool):
    job = tell(shops[0], 48)
    assert job.reason == "Sold or taken out: -2, so the pool has 48."
    tell(shops[0], 48)
    tell(shops[0], 47, at=LATER + timedelta(seconds=5))
    assert quantity(pool) == 47
    assert [due(shop).count() for shop in shops] == [0, 1, 1]
    row = StockMovement.objects.filter(kind=MovementKind.COUNTED).earliest("id")
    assert (row.member.store, row.pool_delta, row.level_delta) == (shops[0], -2, -2)
    assert (row.delivery.job, row.cause_id) == (row.job, job.cause_id)


@pytest.mark.parametrize(
    ("available", "seconds", "outcome"),
    [(50, 0, Outcome.NOTHING_TO_DO), (48, -90, Outcome.STALE), (48, -60, Outcome.NOTHING_TO_DO)],
)
def test_what_is_known_or_old_counts_nothing(shops, pool, available, seconds, outcome):
    job = tell(shops[0], available, at=LATER + timedelta(seconds=seconds))
    assert job.outcome == outcome
    assert quantity(pool) == 50
    read_first = bool(member(shops[0]).needs_read)
    assert read_first == due(shops[0]).exists() == (seconds == -60)


def test_a_delivery_parks_while_a_call_about_its_level_is_open(shops, pool):
    adjust(doer(shops[0]), pool.pk, -5)
    lane = Lane.objects.get(channel=shops[0].channel_id, kind=Kind.CALL, key="level:11:70")
    call = Call.objects.create(
        channel_id=shops[0].channel_id,
        lane=lane,
        job=due(shops[0]).get(),
        request={},
        idempotency_key=uuid4(),
        token=uuid4(),
        state=CallState.SENT,
    )
    job = tell(shops[0], 45)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert "Waits for the answer" in job.reason
    assert quantity(pool) == 45
    Call.objects.filter(pk=call.pk).update(state=CallState.SETTLED)


@pytest.mark.parametrize(
    "strange", [{"topic": "inventory_levels/disconnect"}, {"version": "2026-07"}]
)
def test_hints_and_other_versions_ask_for_a_read(shops, pool, strange):
    job = tell(shops[0], 3, **strange)
    assert job.outcome == Outcome.NOTHING_TO_DO
    assert (quantity(pool), member(shops[0]).level) == (50, 50)
    assert member(shops[0]).needs_read
    assert due(shops[0]).count() == 1


def test_an_item_that_was_edited_or_deleted_has_its_levels_read(shops, pool):
    make.decide(shops[0], {"id": 11}, topic="inventory_items/delete")
    assert member(shops[0]).needs_read
    assert due(shops[0]).count() == 1


@pytest.mark.parametrize("gone", [{"stocked": False}, {"available": None}])
def test_a_level_that_is_gone_leaves_and_the_pool_keeps_its_stock(shops, pool, gone):
    assert read(shops[0], **{"available": 50, **gone})
    left = member(shops[0])
    assert (left.state, left.pool.mode) == (MemberState.LEFT, StockMode.OWN)
    assert quantity(pool) == 50
    assert tell(shops[0], 3).reason == f"Noted only. {left.state_reason}"
    assert read(shops[0], 9, at=LATER + timedelta(minutes=1))
    back = member(shops[0])
    assert (back.state, back.level, back.pool.quantity) == (MemberState.MEMBER, 9, 9)
    assert quantity(pool) == 50


def page(shop, available, *, at=LATER):
    """Take in a page of the shop's one item, as a pull would."""
    job = JobView(
        id=Job.objects.order_by("id").values_list("pk", flat=True).last() or 0,
        channel_id=shop.channel_id,
        lane_id=0,
        kind=Kind.CALL,
        key="stock",
        handler="catalogue.stock_pull",
        payload={"store": shop.pk, "op": "items"},
        attempts=0,
        cause_id=uuid4(),
        created_at=timezone.now(),
        solo=False,
    )
    level = {"updatedAt": at.isoformat(), "quantities": [{"quantity": available}]}
    node = {"id": gid("InventoryItem", 11), "tracked": True, "inventoryLevel": level}
    request = {"op": "levels", "location": gid("Location", 70), "items": [node["id"]]}
    answer = Answer(body={"nodes": [node]})
    return StockPull().settle(job, (), request, answer, now=timezone.now())


def test_a_page_opens_levels_and_counts_what_was_missed(shops, pool):
    StockMember.objects.filter(store=shops[0]).update(as_of=make.START)
    job = tell(shops[0], 48)
    assert page(shops[0], 45, at=LATER + timedelta(minutes=1)).outcome == Outcome.APPLIED
    assert quantity(pool) == 45
    row = StockMovement.objects.filter(kind=MovementKind.COUNTED).latest("id")
    assert (row.pool_delta, row.source) == (-3, "reconcile")
    assert row.job_id == job.pk


def test_a_page_that_met_a_call_asks_for_a_read(shops, pool):
    StockMember.objects.filter(store=shops[0]).update(settled_at=timezone.now())
    page(shops[0], 45)
    assert quantity(pool) == 50
    assert member(shops[0]).needs_read


def test_a_level_follows_its_item_to_another_variant_or_to_none(shops, pool):
    host = VariantListing.objects.get(listing__store=shops[0])
    other = Variant.objects.create(product=pool.variant.product, position=2)
    VariantListing.objects.filter(pk=host.pk).update(variant=other)
    page(shops[0], 50)
    assert (member(shops[0]).pool.variant, quantity(pool)) == (other, 50)
    VariantListing.objects.filter(pk=host.pk).update(variant=None)
    page(shops[0], 50)
    assert member(shops[0]).state == MemberState.LEFT


@pytest.mark.parametrize("mode", [Mode.REVIEW, Mode.UNINSTALLED])
def test_a_store_that_is_not_live_never_moves_a_shared_pool(shops, pool, mode):
    Store.objects.filter(pk=shops[0].pk).update(mode=mode)
    tell(shops[0], 20)
    assert quantity(pool) == 50
    assert (member(shops[0]).pool.mode, member(shops[0]).pool.quantity) == (StockMode.OWN, 20)


def test_a_store_that_was_out_of_sight_must_join_anew(shops, pool):
    Store.objects.filter(pk=shops[0].pk).update(covered_since=timezone.now() + timedelta(days=1))
    assert read(shops[0], 20)
    assert (quantity(pool), member(shops[0]).pool.quantity) == (50, 20)


def test_a_push_that_nobody_heard_of_for_a_day_takes_the_lower_number_and_asks(shops, pool):
    StockMember.objects.filter(store=shops[0]).update(unknown={"delta": -4})
    assert tell(shops[0], 46).state == JobState.QUEUED
    assert read(shops[0], 46)
    assert quantity(pool) == 46
    assert "count" in pool.question
    assert Issue.objects.get(kind=IssueKind.STOCK).product == pool.variant.product
    set_quantity(doer(shops[0]), pool.pk, 48)
    assert (quantity(pool), pool.question) == (48, "")
    assert not Issue.objects.filter(state="open").exists()


def test_the_same_rise_in_two_stores_holds_the_pool_until_somebody_answers(shops, pool):
    tell(shops[0], 53)
    tell(shops[1], 49)
    tell(shops[2], 53)
    assert quantity(pool) == 55
    assert (pool.disputed, "twice" in pool.question) == (3, True)
    answer(doer(shops[0]), pool.pk, "once")
    assert (quantity(pool), pool.question, pool.disputed) == (52, "", 0)
    answer(doer(shops[0]), pool.pk, "once")
    assert quantity(pool) == 52


def test_verbs_of_the_hub_carry_who_and_why_and_act_once(shops, pool):
    ada = doer(shops[0])
    first = set_quantity(ada, pool.pk, 30)
    assert set_quantity(ada, pool.pk, 30) == first
    assert (first.actor, first.source, first.cause_id) == ("ada", "manual", ada.cause_id)
    assert [due(shop).count() for shop in shops] == [1, 1, 1]
    bert = doer(shops[0], "bert")
    assert recount(bert, pool.pk, seen=32, counted=33).pool_delta == 1
    assert recount(bert, pool.pk, seen=32, counted=33).quantity == 31
    assert adjust(doer(shops[0]), pool.pk, -40, reason="Broken").quantity == -9
    assert set_quantity(doer(shops[0]), pool.pk, 30).pool_delta == 39
    assert set_quantity(doer(shops[0]), pool.pk, 30) is None


def test_verbs_refuse_what_can_not_be(shops, pool):
    ada, stranger = doer(shops[0]), doer(make.store(make.workspace("other")))
    with pytest.raises(BadQuantityError):
        set_quantity(ada, pool.pk, -1)
    with pytest.raises(BadQuantityError):
        adjust(ada, pool.pk, 2_000_000_000)
    with pytest.raises(BadQuantityError):
        keep_back(ada, store_id=shops[0].pk, buffer=-1)
    with pytest.raises(NotFoundHereError):
        adjust(stranger, pool.pk, 1)
    with pytest.raises(NotFoundHereError):
        leave_place(stranger, place="Central", location_id=member(shops[0]).location_id)
    with pytest.raises(NotAllowedNowError):
        found_place(ada, place=" own:1", location_id=member(shops[0]).location_id)
    with pytest.raises(NotFoundHereError):
        keep_back(stranger, store_id=shops[0].pk, buffer=5)
    with pytest.raises(NotFoundHereError):
        hand_over(stranger, place="Central", store_id=shops[0].pk)
    assert quantity(pool) == 50


def test_joining_is_previewed_and_says_why_it_can_not_be(shops):
    ada, places = doer(shops[0]), {}
    for shop, stock in zip(shops, (50, 20, 7), strict=True):
        places[shop] = follow(shop, stock).location_id

    def join(shop, choice=JoinChoice.ADD):
        return join_place(ada, place="Central", location_id=places[shop], choice=choice)

    assert join(shops[1]).left_out == {"The place has no stock of this variant.": 1}
    assert found_place(ada, place="Central", location_id=places[shops[0]]).changed == 1
    assert found_place(ada, place="Central", location_id=places[shops[1]]).left_out == {
        "The place has stock of this variant already.": 1
    }
    numbers = {
        JoinChoice.TAKE_POOL: (50, 50),
        JoinChoice.TAKE_STORE: (20, 20),
        JoinChoice.ADD: (70, 70),
    }
    for choice, expected in numbers.items():
        (shown,) = preview_join(
            workspace_id=ada.workspace_id,
            place="Central",
            location_id=places[shops[1]],
            choice=choice,
        )
        assert (shown.would_show, shown.would_have) == expected
        assert shown.rewrites == (choice != JoinChoice.TAKE_STORE)
        assert shown.moves_others == (choice != JoinChoice.TAKE_POOL)
    assert join(shops[1]).changed == 1
    assert member(shops[1]).state == MemberState.JOINING
    assert join(shops[1]).left_out == {"It shares this place already, or is about to.": 1}
    Store.objects.filter(pk=shops[2].pk).update(mode=Mode.REVIEW)
    assert join(shops[2]).left_out == {f"{shops[2]} is not live.": 1}


def test_a_second_location_of_a_store_can_not_share_the_same_place(shops, pool):
    other = follow(shops[0], 9, place=71)
    done = join_place(
        doer(shops[0]),
        place="Central",
        location_id=other.location_id,
        choice=JoinChoice.ADD,
    )
    assert done.left_out == {"Another location of this store shares this place.": 1}


def test_a_location_that_leaves_goes_on_alone_with_its_number(shops, pool):
    place = member(shops[1]).location_id
    assert leave_place(doer(shops[0]), place="Central", location_id=place).changed == 1
    tell(shops[1], 45)
    assert (quantity(pool), member(shops[1]).pool.quantity) == (50, 45)
    assert member(shops[1]).epoch == 2


def test_an_owner_counts_for_all_until_it_gives_the_stock_back(shops, pool):
    tell(shops[1], 44)
    assert hand_over(doer(shops[0]), place="Central", store_id=shops[1].pk).changed == 1
    assert hand_over(doer(shops[0]), place="Central", store_id=shops[1].pk).changed == 0
    assert (quantity(pool), pool.mode, pool.owner) == (44, StockMode.OWNER, shops[1])
    tell(shops[1], 60, at=LATER + timedelta(minutes=1))
    tell(shops[0], 12)
    assert quantity(pool) == 60
    assert member(shops[0]).level == 12
    assert due(shops[0]).exists()
    place = member(shops[1]).location_id
    assert leave_place(doer(shops[0]), place="Central", location_id=place).changed == 0
    assert hand_over(doer(shops[0]), place="Central", store_id=None).changed == 1
    adjust(doer(shops[0]), pool.pk, 1)
    assert quantity(pool) == 61


def tamper(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE catalogue_stockpool SET quantity = quantity + 1",
        "UPDATE catalogue_stockmember SET level = level + 1",
        "UPDATE catalogue_stockmovement SET quantity = 7 WHERE sequence = 1",
        "UPDATE catalogue_stockmovement SET pool_delta = 7 WHERE kind = 'opened'",
        "UPDATE catalogue_stockmovement SET level_delta = 7 WHERE kind = 'counted'",
        "DELETE FROM catalogue_stockmovement WHERE kind = 'counted'",
        "UPDATE catalogue_stockmember SET workspace_id = (SELECT max(id) FROM stores_workspace)",
    ],
)
def test_the_database_refuses_to_commit_books_that_do_not_balance(shops, pool, statement):
    tell(shops[0], 48)
    make.workspace("other")
    tamper("SELECT 1")
    with pytest.raises(IntegrityError):
        tamper(statement)


def test_the_command_finds_what_the_database_would_refuse(shops, pool):
    tell(shops[0], 48)
    call_command("check_stock")
    tamper("SELECT 1")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE catalogue_stockpool DROP CONSTRAINT stock_books_pool_stands"
            )
            cursor.execute("UPDATE catalogue_stockpool SET quantity = 99 WHERE id = %s", [pool.pk])
        assert wrong_books(pool.workspace_id) == [
            f"Pool {pool.pk}: its quantity is not the sum of its ledger."
        ]
        with pytest.raises(SystemExit):
            call_command("check_stock")
        transaction.set_rollback(True)


def test_a_push_is_never_sent_again_after_the_life_of_its_key(shops, pool):
    """The key is that of the first sending; a later call that repeats it is not younger."""
    row = member(shops[0])
    change = {"item": row.item_gid, "location": "L", "amount": -2, "expect": 50, "epoch": 1}
    request = {"op": "adjust", "changes": [{**change, "sequence": 1}]}
    row.unknown = {"delta": -2, "request": request, "sent": request, "key": str(uuid4()),
                   "born": timezone.now().isoformat()}  # fmt: skip
    again = repeated(row, timezone.now())
    assert again["again"]["key"] == row.unknown["key"]
    assert not has_outlived_its_key(again, timezone.now())
    tomorrow = timezone.now() + timedelta(hours=23, minutes=1)
    assert repeated(row, tomorrow) is None
    assert has_outlived_its_key(again, tomorrow)
    assert not has_outlived_its_key(request, tomorrow)


def test_all_pieces_at_once_are_read_before_they_count_as_sold(shops, pool):
    """A place that is closed shows the same: its pieces have gone elsewhere."""
    assert tell(shops[0], 0).outcome == Outcome.NOTHING_TO_DO
    assert (quantity(pool), member(shops[0]).level) == (50, 50)
    assert "was the place closed?" in member(shops[0]).needs_read
    read(shops[0], 0)
    assert (quantity(pool), pool.question) == (0, "")


def test_a_place_that_is_closed_leaves_and_a_person_is_told(shops, pool):
    tell(shops[0], 0)
    scene = lock_scene(member(shops[0]).pk)
    closed = LevelSnapshot(scene.member.item_gid, "", None, None, stocked=False, closed=True)
    take_read(scene, closed, cause(), now=timezone.now())
    assert (quantity(pool), pool.question) == (50, "")
    assert member(shops[0]).state == MemberState.LEFT
    issue = Issue.objects.get()
    assert (issue.kind, issue.store, issue.variant) == (IssueKind.STOCK, shops[0], None)
    assert issue.reason.startswith(f"{shops[0]} has closed “location 70”")


def test_the_last_few_pieces_are_simply_sold(shops, pool):
    tell(shops[0], 4)
    tell(shops[0], 0, at=LATER + timedelta(seconds=9))
    assert quantity(pool) == 0
