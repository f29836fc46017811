"""Deliveries decided on real rows: edits, echoes, stale ones, overrides, stores not live."""

from datetime import timedelta
from uuid import uuid4

import pytest

from catalogue.enums import ChangeFate, ChangeScope, DeliveryFate, ListingState, OverrideKind
from catalogue.models import Change, ChangeDelivery, Listing, Override, Product, Variant
from stores.enums import Mode
from stores.models import Store
from syncqueue.enums import JobState, Kind, Outcome
from syncqueue.models import Call, Channel, Job, Lane
from syncqueue.services.incoming import decide_due
from tests.catalogue import make

pytestmark = pytest.mark.django_db
LATER = make.LATER
decide, edited = make.decide, make.edited


@pytest.fixture
def shops():
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "alpine")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    return first, second


def test_an_edit_in_a_store_reaches_the_hub_and_the_other_store_only(shops):
    first, second = shops
    job = decide(second, edited(7, title="Tall lamp"))
    assert (job.state, job.outcome) == (JobState.SUCCEEDED, Outcome.APPLIED)
    assert Product.objects.get().title == "Tall lamp"
    change = Change.objects.get()
    assert (change.fate, change.store, change.old) == (ChangeFate.WON, second, "Desk lamp")
    fates = dict(ChangeDelivery.objects.values_list("store", "fate"))
    assert fates == {first.pk: DeliveryFate.PENDING, second.pk: DeliveryFate.ORIGIN}
    calls = Job.objects.filter(lane__kind=Kind.CALL)
    assert [job.channel_id for job in calls] == [first.channel_id]


def test_the_same_delivery_twice_changes_nothing_the_second_time(shops):
    body = edited(title="Tall lamp")
    decide(shops[0], body)
    job = decide(shops[0], body)
    assert job.outcome == Outcome.NOTHING_TO_DO
    assert Change.objects.count() == 1


def test_an_older_body_is_stale(shops):
    decide(shops[0], edited(title="Tall lamp"))
    job = decide(shops[0], make.payload(make.product(at=make.START)))
    assert job.outcome == Outcome.STALE
    assert Product.objects.get().title == "Tall lamp"


@pytest.mark.parametrize("topic", ["products/update", "products/create", "products/delete"])
def test_an_old_body_under_new_headers_changes_nothing(shops, topic):
    """P13: whoever caught a genuine body may send it again under another topic, id and time."""
    first = shops[0]
    old, new = (
        edited(title="Short lamp"),
        edited(title="Tall lamp", at=LATER + timedelta(minutes=1)),
    )
    for body in (old, new):
        decide(first, body)
    told = Change.objects.count()
    decide(first, old, topic=topic, after=timedelta(days=1))
    listing = Listing.objects.get(store=first)
    assert (Product.objects.get().title, Change.objects.count()) == ("Tall lamp", told)
    assert (listing.leaf("title").value, listing.state) == ("Tall lamp", ListingState.LINKED)
    assert Job.objects.filter(payload__changes=[]).count() <= 1, "at most a read"


def test_a_later_edit_elsewhere_wins_whatever_comes_first(shops):
    first, second = shops
    decide(second, edited(7, title="Late", at=LATER + timedelta(minutes=1)))
    decide(first, edited(title="Early"))
    assert Product.objects.get().title == "Late"
    lost = Change.objects.get(fate=ChangeFate.LOST)
    assert lost.new == "Early"
    back = ChangeDelivery.objects.get(change=lost)
    assert (back.store, back.fate) == (first, DeliveryFate.PENDING)


def test_an_edit_of_which_a_later_touch_told_first_stands_in_its_own_time(shops):
    """At 0:10 north sets a title, at 0:20 alpine another, at 0:30 somebody touches north's."""
    first, second = shops
    ten, twenty, thirty = (LATER + timedelta(seconds=s) for s in (10, 20, 30))
    decide(first, edited(title="Of north", at=thirty))
    decide(second, edited(7, title="Of alpine", at=twenty))
    assert Product.objects.get().title == "Of north"
    job = decide(first, edited(title="Of north", at=ten))
    assert job.outcome == Outcome.APPLIED
    assert Product.objects.get().title == "Of alpine"
    again, stands = Change.objects.order_by("id")[2:]
    assert (again.new, again.fate, again.version_time) == ("Of north", ChangeFate.LOST, ten)
    assert again.stood_version == stands.version_id
    assert "set earlier than was known" in again.reason
    assert (stands.new, stands.fate) == ("Of alpine", ChangeFate.WON)
    back = ChangeDelivery.objects.filter(change__in=[again, stands], fate=DeliveryFate.PENDING)
    assert set(back.values_list("store", flat=True)) >= {first.pk}


def test_a_delivery_parks_while_a_call_of_its_product_is_open(shops):
    first = shops[0]
    lane = Lane.objects.create(channel_id=first.channel_id, kind=Kind.CALL, key="product:1")
    head = Job.objects.create(
        channel_id=first.channel_id, lane=lane, handler="catalogue.converge", cause_id=uuid4()
    )
    call = Call.objects.create(
        channel_id=first.channel_id,
        lane=lane,
        job=head,
        request={},
        idempotency_key=uuid4(),
        token=uuid4(),
        state="sent",
    )
    job = decide(first, edited(title="Tall lamp"))
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert not Change.objects.exists()
    Call.objects.filter(pk=call.pk).update(state="settled")
    Lane.objects.filter(kind=Kind.IN).update(due_at=make.START)
    decide_due(first.channel_id, token=uuid4(), seconds=15)
    job.refresh_from_db()
    assert job.outcome == Outcome.APPLIED


def test_a_deletion_and_a_foreign_version_only_ask_for_a_read(shops):
    first = shops[0]
    for number, told in enumerate(
        [
            {"body": {"id": 1}, "topic": "products/delete"},
            {"body": edited(title="Other"), "version": "2026-07"},
        ]
    ):
        body = told.pop("body")
        job = decide(first, body, **told)
        assert job.outcome == Outcome.NOTHING_TO_DO
        listing = Listing.objects.get(store=first)
        assert listing.needs_read
        assert listing.state == ListingState.LINKED
        assert Job.objects.filter(handler="catalogue.converge").count() == 1, number
    assert Product.objects.get().title == "Desk lamp"


def test_an_unknown_product_is_read_before_anything_else(shops):
    job = decide(shops[0], edited(99))
    assert job.outcome == Outcome.NOTHING_TO_DO
    assert Job.objects.filter(handler="catalogue.adopt").count() == 1
    assert Product.objects.count() == 1


def test_an_edit_under_an_override_stays_in_its_store(shops):
    second = shops[1]
    make.take_in(second, make.product(8, title="Vase", variants=[make.variant(81, sku="VASE")]))
    owner = Store.objects.get(pk=second.pk)
    product = Product.objects.get(title="Desk lamp")
    from catalogue.enums import Source  # noqa: PLC0415
    from catalogue.services.edit import SetValue, edit  # noqa: PLC0415

    edit(
        workspace_id=owner.workspace_id,
        wishes=[
            SetValue(product_id=product.pk, attribute="title", store_id=second.pk, value="Lampe")
        ],
        source=Source.MANUAL,
        actor="ada",
    )
    future = Override.objects.get(attribute="title").read_timeline().standing().version.time
    job = decide(second, edited(7, title="Lampe neu", at=future + timedelta(minutes=1)))
    assert job.outcome == Outcome.APPLIED
    product.refresh_from_db()
    assert product.title == "Desk lamp"
    override = Override.objects.get(attribute="title")
    assert (override.value, override.kind) == ("Lampe neu", OverrideKind.PINNED)
    row = Change.objects.get(new="Lampe neu")
    assert (row.scope, row.fate) == (ChangeScope.OVERRIDE, ChangeFate.WON)


def test_a_store_in_review_keeps_its_edits_to_itself(shops):
    second = shops[1]
    Store.objects.filter(pk=second.pk).update(mode=Mode.REVIEW)
    decide(second, edited(7, title="Tall lamp"))
    assert Product.objects.get().title == "Desk lamp"
    override = Override.objects.get()
    assert (override.kind, override.value) == (OverrideKind.FOUND, "Tall lamp")


def test_a_price_edited_in_another_currency_stays_there():
    owner = make.workspace()
    first = make.store(owner, "north")
    second = make.store(owner, "alpine", currency="EUR")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7, variants=[make.variant(71, price="19.00")]))
    assert not Override.objects.exists()
    decide(second, edited(7, variants=[make.variant(71, price="18.00")]))
    assert Variant.objects.get().value("price") == "20.00"
    assert Override.objects.get().value == "18.00"
    assert not Job.objects.filter(lane__kind=Kind.CALL).exists()


def test_a_payload_that_cannot_be_read_is_a_dead_letter_with_a_reason(shops):
    body = edited()
    del body["variants"]
    job = decide(shops[0], body)
    assert (job.state, job.error_code) == (JobState.DEAD_LETTERED, "bad_payload")
    assert "can't be read" in job.reason


def test_a_paused_channel_decides_nothing(shops):
    from syncqueue.services.pump import run_pump  # noqa: PLC0415

    first = shops[0]
    Channel.objects.filter(pk=first.channel_id).update(paused=True)
    make.deliver(first, edited(title="Tall lamp"))
    assert run_pump(first.channel_id).worked == 0
