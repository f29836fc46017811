"""What the gates hold, in the admin: seen by members, decided by operators, with a reason."""

from uuid import uuid4

import pytest
from django.urls import reverse

from catalogue.enums import NewProducts, Source
from catalogue.models import HeldBatch, Listing, NewProductPolicy, Product, Variant
from catalogue.selectors.picture import picture
from catalogue.services.gates import Cause
from catalogue.services.importing import create_product
from catalogue.services.offering import offer_found
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets, two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    return two_shops()


@pytest.fixture
def held(shops):
    return hub_sets("90.00").held


def page(client, held):
    return client.get(reverse("admin:catalogue_heldbatch_change", args=[held.pk]))


def decide(client, held, verb, reason="Meant so."):
    address = reverse("admin:catalogue_heldbatch_do", args=[held.pk, verb])
    return client.post(address, {"reason": reason}, follow=True)


def price():
    return Variant.objects.get().value("price")


def test_a_page_says_what_waits_and_why(operator, held):
    shown = page(operator, held).text
    for words in ("A price moves by more than 60 % once.", "20.00", "90.00", "Release it as it is"):
        assert words in shown
    listed = operator.get(reverse("admin:catalogue_heldbatch_changelist")).text
    assert "A price moves by more than 60 % once." in listed


def test_an_operator_releases_it_with_a_reason(operator, held):
    assert "Say why" in decide(operator, held, "release", reason="").text
    done = decide(operator, held, "release").text
    assert "Released: 1 changes were made." in done
    assert "by operator: Meant so." in done
    assert price() == "90.00"


def test_an_operator_discards_it(operator, held):
    assert "nothing of it will happen" in decide(operator, held, "discard").text
    assert (price(), HeldBatch.objects.get().state) == ("20.00", "discarded")


def test_a_viewer_looks_and_a_stranger_does_not(viewer, held):
    assert "Release it" not in page(viewer, held).text
    assert decide(viewer, held, "release").status_code == 403
    assert price() == "20.00"


def test_another_workspaces_batches_are_not_found(stranger, held):
    assert decide(stranger, held, "release").status_code == 404
    assert price() == "20.00"


def test_a_products_page_says_that_an_edit_is_held(operator, shops):
    product = Product.objects.get()
    form = {"attribute": "price", "variant": Variant.objects.get().pk, "value": "0"}
    form["edit_version"] = product.edit_version
    address = reverse("admin:catalogue_product_change", args=[product.pk])
    said = operator.post(address, form, follow=True).text
    assert "Held at the gates, nothing was saved: A price below 0.01 is set once." in said
    assert price() == "20.00"


def choose(client, *batches):
    address = reverse("admin:catalogue_heldbatch_changelist")
    return client.post(address, {"action": "choose", "_selected_action": [b.pk for b in batches]})


def decide_all(client, verb, *batches, reason="Meant so."):
    data = {"batch": [batch.pk for batch in batches], "verb": verb, "reason": reason}
    return client.post(reverse("admin:catalogue_heldbatch_decide"), data, follow=True)


def test_several_batches_are_decided_at_once_with_one_reason(operator, held):
    stale = hub_sets("80.00").held
    page = choose(operator, held, stale)
    assert "20.00 → 90.00" in page.text
    assert page.text.count("checked") == 2
    assert "Say why" in decide_all(operator, "release", held, reason=" ").text
    assert "2 batches were discarded." in decide_all(operator, "discard", held, stale).text
    assert {one.decision for one in HeldBatch.objects.all()} == {"Meant so."}
    assert "None of them waits for you any more." in choose(operator, held, stale).text
    again = decide_all(operator, "release", held)
    assert f"Batch {held.pk}: It was discarded by operator already." in again.text
    assert price() == "20.00"


def test_only_an_operator_decides_about_several(viewer, held):
    decide_all(viewer, "release", held)
    assert (price(), HeldBatch.objects.get().state) == ("20.00", "held")


def test_a_stranger_decides_about_none(stranger, held):
    decide_all(stranger, "release", held)
    assert HeldBatch.objects.get().state == "held"


def test_a_verb_of_nobody_decides_nothing(operator, held):
    assert "released or discarded" in decide_all(operator, "burn", held).text
    assert HeldBatch.objects.get().state == "held"


@pytest.fixture
def offer(shops):
    """A product of the first store at no price, which two others ask for."""
    third = make.store(shops[0].workspace, "harbour")
    for store in (shops[1], third):
        NewProductPolicy.objects.create(store=store, choice=NewProducts.CREATE)
    free = make.variant(311, sku="FREE-1", price="0.00")
    (pk,) = make.take_in(shops[0], make.product(31, title="Gift", variants=[free]))
    product = Listing.objects.get(pk=pk).product or create_product(picture(pk))
    cause = Cause(product.workspace_id, Source.SYNC, "north", uuid4(), shops[0].pk)
    return offer_found([product], cause)[0]


def test_an_offer_is_released_to_the_stores_that_are_ticked_and_offered_again(operator, offer):
    shown = page(operator, offer)
    assert "To which stores?" in shown.text
    first, second = (part.key for part in shown.context["parts"])
    address = reverse("admin:catalogue_heldbatch_do", args=[offer.pk, "release"])
    nothing = operator.post(address, {"reason": "A gift.", "parts": "1"}, follow=True)
    assert "Choose at least one" in nothing.text
    operator.post(address, {"reason": "A gift.", "parts": "1", "part": [first]}, follow=True)
    jobs = Job.objects.filter(handler="catalogue.create")
    assert [job.payload["store"] for job in jobs] == [int(first)]
    decide(operator, offer, "discard")
    assert "Offer it again" in page(operator, offer).text
    done = operator.post(
        reverse("admin:catalogue_heldbatch_do", args=[offer.pk, "take-up"]), follow=True
    )
    assert "The gates hold it again" in done.text
    waiting = HeldBatch.objects.get(state="held")
    assert waiting.details["stores"] == [int(second)]
