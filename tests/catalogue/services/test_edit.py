"""The one door: what it refuses, what it records, and where it sends a change."""

import pytest

from catalogue.domain.attributes import BadValueError
from catalogue.enums import ChangeFate, ChangeScope, DeliveryFate, Source
from catalogue.errors import NotFoundHereError, StaleEditError
from catalogue.models import Change, ChangeDelivery, Override, Product, Variant
from catalogue.selectors.picture import pictures
from catalogue.services.edit import SetValue, edit
from stores.enums import Mode
from syncqueue.models import Job
from tests.catalogue import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "alpine", currency="EUR")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    return first, second


def do(shop, *wishes, **more):
    return edit(
        workspace_id=shop.workspace_id, wishes=wishes, source=Source.MANUAL, actor="ada", **more
    )


def fates(change):
    rows = ChangeDelivery.objects.filter(change=change).order_by("store_id")
    return [row.fate for row in rows]


def test_an_edit_goes_to_every_live_store_as_one_job_each(shops):
    product = Product.objects.get()
    done = do(shops[0], SetValue(product_id=product.pk, attribute="title", value="Big lamp"))
    product.refresh_from_db()
    assert product.title == product.value("title") == "Big lamp"
    (change,) = done.changes
    assert (change.old, change.new, change.fate) == ("Desk lamp", "Big lamp", ChangeFate.WON)
    assert fates(change) == [DeliveryFate.PENDING] * 2
    assert [job.channel_id for job in Job.objects.order_by("id")] == [
        shop.channel_id for shop in shops
    ]
    assert [pic.to_write() for pic in pictures([1, 2])] or all(
        pic.to_write() == {(None, "title"): "Big lamp"}
        for pic in pictures(shop.listings.get().pk for shop in shops)
    )


def test_what_already_stands_changes_nothing(shops):
    product = Product.objects.get()
    done = do(shops[0], SetValue(product_id=product.pk, attribute="title", value=" Desk lamp "))
    assert (done.changes, done.job_ids) == ((), ())
    assert not Change.objects.exists()


def test_a_price_does_not_cross_currencies(shops):
    variant = Variant.objects.get()
    done = do(
        shops[0],
        SetValue(
            product_id=variant.product_id, variant_id=variant.pk, attribute="price", value="25"
        ),
    )
    assert fates(done.changes[0]) == [DeliveryFate.PENDING, DeliveryFate.UNMANAGED]
    assert len(done.job_ids) == 1


def test_an_override_wins_in_its_store_only_and_clearing_it_leaves_a_tombstone(shops):
    product, (first, second) = Product.objects.get(), shops
    wish = {"product_id": product.pk, "attribute": "title"}
    set_ = do(first, SetValue(**wish, store_id=second.pk, value="Lampe"))
    assert (set_.changes[0].scope, fates(set_.changes[0])) == (
        ChangeScope.OVERRIDE,
        [DeliveryFate.PENDING],
    )
    hub = do(first, SetValue(**wish, value="Big lamp"))
    assert fates(hub.changes[0]) == [DeliveryFate.PENDING, DeliveryFate.OVERRIDE]
    override = Override.objects.get()
    assert (override.stands, override.value) == (True, "Lampe")
    do(first, SetValue(**wish, store_id=second.pk, clear=True))
    override.refresh_from_db()
    assert (override.stands, override.value) == (False, None)
    assert len(override.timeline) >= 1
    (pic,) = pictures([second.listings.get().pk])
    assert pic.to_write() == {(None, "title"): "Big lamp"}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"attribute": "title", "value": "  "}, "Title: it can't be empty."),
        ({"attribute": "status", "value": "SOLD"}, "Status: one of"),
        ({"attribute": "colour", "value": "red"}, "is not an attribute"),
        ({"attribute": "price", "value": "1"}, "Price belongs to a variant."),
        ({"attribute": "title", "clear": True}, "Only a store's own value"),
    ],
)
def test_bad_input_is_one_sentence_and_stores_nothing(shops, wish, said):
    with pytest.raises(ValueError, match=said):
        do(shops[0], SetValue(product_id=Product.objects.get().pk, **wish))
    assert not Change.objects.exists()
    assert not Job.objects.exists()


def test_one_bad_wish_of_several_stores_none(shops):
    product = Product.objects.get()
    wishes = [
        SetValue(product_id=product.pk, attribute="vendor", value="Other"),
        SetValue(product_id=product.pk, attribute="title", value=""),
    ]
    with pytest.raises(BadValueError):
        do(shops[0], *wishes)
    product.refresh_from_db()
    assert product.value("vendor") == "Lumen"


def test_two_people_do_not_overwrite_each_other_unseen(shops):
    product = Product.objects.get()
    seen = {product.pk: product.edit_version}
    wish = {"product_id": product.pk, "attribute": "title"}
    do(shops[0], SetValue(**wish, value="One"), expected=seen)
    with pytest.raises(StaleEditError, match="Title was changed by ada") as refused:
        do(shops[0], SetValue(**wish, value="Two"), expected=seen)
    (clash,) = refused.value.clashes
    assert (clash.wanted, clash.stands, clash.by) == ("Two", "One", "ada")
    with pytest.raises(StaleEditError, match="somebody else"):
        do(
            shops[0],
            SetValue(product_id=product.pk, attribute="vendor", value="X"),
            expected=seen,
        )
    product.refresh_from_db()
    assert product.title == "One"


def test_a_wish_may_look_at_its_own_value_alone(shops):
    product, second = Product.objects.get(), shops[1]
    seen = product.edit_version
    wish = {"product_id": product.pk, "attribute": "title", "seen": seen}
    do(shops[0], SetValue(product_id=product.pk, attribute="vendor", value="X"))
    do(shops[0], SetValue(**wish, value="One"))
    do(shops[0], SetValue(**wish, value="One"))
    do(shops[0], SetValue(**wish, value="Own", store_id=second.pk))
    for more in ({}, {"store_id": second.pk}):
        with pytest.raises(StaleEditError) as refused:
            do(shops[0], SetValue(**wish, value="Two", **more))
        assert refused.value.clashes[0].stands == ("Own" if more else "One")


def test_unset_nothing_and_a_value_are_three_things(shops):
    product, second = Product.objects.get(), shops[1]
    wish = {"product_id": product.pk, "attribute": "seo_title", "store_id": second.pk}
    do(shops[0], SetValue(product_id=product.pk, attribute="seo_title", value="Lamps"))
    (pic,) = pictures([second.listings.get().pk])
    shown = [pic.effective((None, "seo_title")).value]
    for one in (SetValue(**wish, value="Leuchten"), SetValue(**wish), SetValue(**wish, clear=True)):
        do(shops[0], one)
        (pic,) = pictures([second.listings.get().pk])
        shown.append(pic.effective((None, "seo_title")).value)
    assert shown == ["Lamps", "Leuchten", None, "Lamps"]
    kinds = Change.objects.filter(store=second).order_by("id").values_list("old_kind", "new_kind")
    assert list(kinds) == [("", "pinned"), ("pinned", "pinned"), ("pinned", "")]


def test_another_workspace_is_not_found(shops):
    stranger = make.store(make.workspace("other"))
    product = Product.objects.get()
    with pytest.raises(NotFoundHereError):
        do(stranger, SetValue(product_id=product.pk, attribute="title", value="Mine"))
    with pytest.raises(NotFoundHereError):
        do(
            shops[0],
            SetValue(product_id=product.pk, attribute="title", store_id=stranger.pk, value="Mine"),
        )


@pytest.mark.parametrize("mode", [Mode.CONNECTED, Mode.IMPORTING, Mode.REVIEW, Mode.PAUSED])
def test_a_store_that_is_not_live_gets_no_job(shops, mode):
    second = shops[1]
    type(second).objects.filter(pk=second.pk).update(mode=mode)
    product = Product.objects.get()
    done = do(shops[0], SetValue(product_id=product.pk, attribute="title", value="Big lamp"))
    assert len(done.job_ids) == 1
    assert fates(done.changes[0]) == [DeliveryFate.PENDING]


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_stores(count, django_assert_max_num_queries):
    owner = make.workspace()
    for number in range(count):
        make.take_in(make.store(owner, f"shop{number}"), make.product(number + 1))
    product = Product.objects.get()
    with django_assert_max_num_queries(22):
        edit(
            workspace_id=owner.pk,
            wishes=[SetValue(product_id=product.pk, attribute="title", value="New")],
            source=Source.MANUAL,
            actor="ada",
        )
