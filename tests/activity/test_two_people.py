"""Two people edit one product: whatever form they use, nobody's edit is replaced unseen."""

import pytest
from django.urls import reverse

from catalogue.enums import Source
from catalogue.models import Change, Override, OwnershipPolicy, PriceRule, Product, Variant
from catalogue.services.edit import SetValue, edit
from tests.activity.test_terms_admin import agree, policy, rule

pytestmark = pytest.mark.django_db


def cell(name, value, **more):
    """The form of one cell, and how to read what it sets."""
    return pytest.param(name, {"value": value, **more}, id="-".join([name, *more]))


FORMS = [
    cell("title", "Second"),
    cell("description", "<p>Second</p>"),
    cell("price", "22"),
    cell("title", "Second", own="1"),
    cell("price", "22", own="1"),
    cell("seo_title", "", own="1", empty="1"),
    cell("title", "", own="1", clear="1"),
    cell("price", "", own="1", clear="1"),
]


def first_sets(name, store, value):
    product, variant = Product.objects.get(), Variant.objects.get()
    wish = SetValue(
        product_id=product.pk,
        variant_id=variant.pk if name == "price" else None,
        attribute=name,
        value=value,
        store_id=store,
    )
    edit(workspace_id=product.workspace_id, wishes=[wish], source=Source.MANUAL, actor="ada")


def save(client, name, store, seen, **form):
    product = Product.objects.get()
    more = {"variant": Variant.objects.get().pk} if name == "price" else {}
    place = {"store": store} if store else {}
    body = {"attribute": name, "edit_version": seen, **place, **more, **form}
    return client.post(reverse("admin:catalogue_product_change", args=[product.pk]), body)


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_every_form_of_a_value_shows_both_and_saves_nothing(operator, shops, name, form):
    form = dict(form)
    store = shops[0].pk if form.pop("own", None) else None
    first = "21" if name == "price" else "First"
    first_sets(name, store, "20.5" if name == "price" else "Before")
    seen = Product.objects.get().edit_version
    first_sets(name, store, first)
    before = Change.objects.count()
    page = save(operator, name, store, seen, **form)
    assert page.status_code == 409
    assert "ada has set it to" in page.text
    assert Change.objects.count() == before
    shown = Product.objects.get().edit_version
    assert save(operator, name, store, shown, **form).status_code == 302
    assert Change.objects.count() == before + 1


def test_a_form_without_a_version_replaces_nothing(operator, shops):
    first_sets("title", None, "First")
    assert save(operator, "title", None, "", value="Second").status_code == 409
    assert Product.objects.get().title == "First"


def test_following_the_hub_is_not_the_same_as_showing_nothing(operator, shops):
    first_sets("seo_title", shops[0].pk, "Before")
    seen = Product.objects.get().edit_version
    first_sets("seo_title", shops[0].pk, None)
    page = save(operator, "seo_title", shops[0].pk, seen, value="", clear="1")
    assert page.status_code == 409
    own = Override.objects.get(store=shops[0], attribute="seo_title")
    assert (own.stands, own.value) == (True, None)


@pytest.mark.parametrize(
    ("page", "form", "model"),
    [("ownershippolicy", policy, OwnershipPolicy), ("pricerule", rule, PriceRule)],
)
def test_terms_are_agreed_in_sight_of_those_that_they_replace(operator, shops, page, form, model):
    """The second person previewed before the first one agreed."""
    other = {"ownership": "ignore"} if model is OwnershipPolicy else {"rate": "0.6"}
    second = agree(operator, page, form(shops[1], **other)).context["seen"]
    first = agree(operator, page, form(shops[1])).context["seen"]
    agree(operator, page, form(shops[1], seen=first))
    stands = model.objects.get()
    late = agree(operator, page, form(shops[1], seen=second, **other))
    assert "look at it again" in late.text
    assert model.objects.get() == stands
    agree(operator, page, form(shops[1], seen=late.context["seen"], **other))
    assert model.objects.count() == 2
