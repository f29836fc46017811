"""The admin as superusers, operators and viewers meet it."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from catalogue.enums import Source
from catalogue.models import Change, ChangeDelivery, Listing, Override, Product
from stores.enums import Mode, Role
from stores.models import Membership, Organization, Store
from syncqueue.models import Attempt, Job, Lane
from syncqueue.services.channel import hold
from tests.activity.people import person
from tests.catalogue import make

pytestmark = pytest.mark.django_db
LISTS = [
    "stores_workspace",
    "stores_membership",
    "stores_organization",
    "stores_store",
    "stores_delivery",
    "stores_webhooksubscription",
    "stores_apitoken",
    "catalogue_product",
    "catalogue_listing",
    "catalogue_override",
    "catalogue_change",
    "catalogue_changedelivery",
    "catalogue_conflict",
    "catalogue_issue",
    "catalogue_plan",
    "catalogue_planline",
    "catalogue_planedit",
    "catalogue_ownershippolicy",
    "catalogue_pricerule",
    "catalogue_highvalue",
    "catalogue_newproductpolicy",
    "catalogue_removalpolicy",
    "catalogue_stockpool",
    "catalogue_stockmovement",
    "syncqueue_channel",
    "syncqueue_job",
    "syncqueue_attempt",
    "syncqueue_call",
    "syncqueue_finding",
    "syncqueue_replay",
]


@pytest.mark.parametrize("name", LISTS)
def test_no_filter_names_a_store_of_another_workspace(stranger, shops, name):
    stores = Store.objects.all()
    stores.filter(pk=shops[0].pk).update(name="Northern Lights")
    lone = make.store(Membership.objects.get().workspace, "mine")
    make.store(lone.workspace, "mine-too")
    page = stranger.get(reverse(f"admin:{name}_changelist")).text
    assert "Northern Lights" not in page
    assert shops[0].domain not in page
    assert shops[0].workspace.slug not in page


def test_an_operator_sees_the_rows_under_a_change_and_a_job(operator):
    job = Job.objects.filter(change_deliveries__isnull=False).first()
    Attempt.objects.create(job=job, number=1, token=uuid4(), message="Shopify said no.")
    page = operator.get(reverse("admin:syncqueue_job_change", args=[job.pk]))
    assert "Shopify said no." in page.text
    told = job.change_deliveries.get()
    ChangeDelivery.objects.filter(pk=told.pk).update(reason="Kept for a person.")
    page = operator.get(reverse("admin:catalogue_change_change", args=[told.change_id]))
    assert "Kept for a person." in page.text


def test_an_operator_elsewhere_does_nothing_where_only_a_viewer(operator, shops):
    other = make.store(make.workspace("other"), "far")
    user = get_user_model().objects.get()
    Membership.objects.create(workspace=other.workspace, user=user, role=Role.VIEWER)
    verb = reverse("admin:stores_store_do", args=[other.pk, "pause"])
    assert operator.post(verb).status_code == 403
    assert Store.objects.get(pk=other.pk).mode == Mode.LIVE


def rows_of(name):
    app, model = name.split("_", 1)
    from django.apps import apps  # noqa: PLC0415

    return apps.get_model(app, model).objects.all()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_and_row_opens_for_an_operator(operator, shops, name):
    Organization.objects.create(
        workspace=shops[0].workspace, name="Plus", client_id="id", client_secret="hush-hush"
    )
    assert operator.get(reverse(f"admin:{name}_changelist")).status_code == 200
    for row in rows_of(name)[:2]:
        page = operator.get(reverse(f"admin:{name}_change", args=[row.pk]))
        assert page.status_code == 200
        assert "shpat_secret" not in page.text
        assert "hush-hush" not in page.text


@pytest.mark.parametrize("name", LISTS)
def test_another_workspace_sees_none_of_it(stranger, name):
    page = stranger.get(reverse(f"admin:{name}_changelist"))
    assert page.status_code == 200
    seen = set(page.context["cl"].queryset.values_list("pk", flat=True))
    ours = set(
        rows_of(name)
        .filter(**{f"{_path(name)}slug__startswith": "acme"})
        .values_list("pk", flat=True)
    )
    assert not seen & ours


def _path(name):
    if name == "stores_workspace":
        return ""
    if name.startswith("syncqueue"):
        prefix = {"channel": "", "attempt": "job__channel__"}.get(name[10:], "channel__")
        return f"{prefix}store__workspace__"
    from django.apps import apps  # noqa: PLC0415

    model = apps.get_model(*name.split("_", 1))
    return f"{getattr(model, 'workspace_path', 'workspace')}__"


def test_a_page_of_another_workspace_is_not_found(stranger, shops):
    for address in (
        reverse("admin:stores_store_change", args=[shops[0].pk]),
        reverse("admin:stores_store_opt_in", args=[shops[0].pk]),
        reverse("admin:catalogue_product_change", args=[Product.objects.get().pk]),
    ):
        assert stranger.get(address).status_code in (302, 404)
    verb = reverse("admin:stores_store_do", args=[shops[0].pk, "pause"])
    assert stranger.post(verb).status_code == 404
    assert Store.objects.get(pk=shops[0].pk).mode == Mode.LIVE


@pytest.mark.parametrize("verb", ["pause", "pull", "reconcile", "hold", "release"])
def test_a_viewer_looks_and_does_nothing(viewer, shops, verb):
    jobs = Job.objects.count()
    page = viewer.get(reverse("admin:stores_store_change", args=[shops[0].pk]))
    assert page.status_code == 200
    assert "/do/" not in page.text
    answer = viewer.post(reverse("admin:stores_store_do", args=[shops[0].pk, verb]))
    assert answer.status_code == 403
    assert Job.objects.count() == jobs
    product = Product.objects.get()
    form = {"attribute": "title", "value": "Mine", "edit_version": product.edit_version}
    address = reverse("admin:catalogue_product_change", args=[product.pk])
    assert viewer.post(address, form).status_code == 403


def test_an_operator_pauses_and_resumes_a_store(operator, shops):
    store = shops[0]
    operator.post(reverse("admin:stores_store_do", args=[store.pk, "pause"]))
    store.refresh_from_db()
    assert (store.mode, store.channel.paused) == (Mode.PAUSED, True)
    operator.post(reverse("admin:stores_store_do", args=[store.pk, "resume"]))
    assert Store.objects.get(pk=store.pk).mode == Mode.LIVE


@pytest.mark.parametrize("verb", ["pull", "reconcile"])
def test_a_store_that_is_not_read_queues_no_pull(operator, shops, verb):
    Store.objects.filter(pk=shops[0].pk).update(mode=Mode.UNINSTALLED)
    jobs = Job.objects.count()
    address = reverse("admin:stores_store_do", args=[shops[0].pk, verb])
    assert "nothing is read from it." in operator.post(address, follow=True).text
    assert Job.objects.count() == jobs


def test_a_refused_verb_is_told_in_one_sentence(operator, shops):
    page = operator.post(
        reverse("admin:stores_store_do", args=[shops[0].pk, "resume"]), follow=True
    )
    assert "is not paused." in page.text


def test_an_edit_says_truly_which_stores_are_told_at_once(operator, shops):
    Override.objects.all().delete()
    assert "Saved. On its way to 2 stores.<" in squeezed(
        change(operator, attribute="title", value="A")
    )
    hold(shops[0].channel_id, reason="Held by a person.", by="ada")
    page = squeezed(change(operator, attribute="title", value="B"))
    assert "Saved. On its way to 1 store. Not yet to north: its calls are held until" in page
    hold(shops[1].channel_id, reason="Held by a person.", by="ada")
    page = squeezed(change(operator, attribute="title", value="C"))
    assert "Saved. No store is written now. Not yet to north" in page
    title = {"product": Product.objects.get(), "attribute": "title", "value": "Z"}
    Override.objects.create(store=shops[1], kind="held", stands=True, **title)
    page = squeezed(change(operator, attribute="title", value="D"))
    assert "Not to alpine: the value is held for a person" in page


def squeezed(page):
    return re.sub(r"\s*<", "<", page.text)


STORE = "the store"


def change(client, **form):
    product = Product.objects.get()
    form = {"edit_version": product.edit_version, **form}
    address = reverse("admin:catalogue_product_change", args=[product.pk])
    return client.post(address, form, follow=True)


def test_a_cell_of_the_comparison_edits_through_the_one_door(operator, shops):
    page = change(operator, attribute="title", value="Tall lamp")
    assert "Saved. On its way to 1 store. Not to alpine: this store keeps its own" in page.text
    row = Change.objects.latest("id")
    assert (row.new, row.actor, row.source) == ("Tall lamp", "operator", Source.MANUAL)
    change(operator, attribute="vendor", value="Own", store=shops[0].pk)
    assert Override.objects.get(attribute="vendor").value == "Own"
    change(operator, attribute="vendor", value="", store=shops[0].pk, clear="1")
    assert not Override.objects.get(attribute="vendor").stands


def test_the_second_of_two_people_sees_both_values_and_may_save_again(operator):
    seen = Product.objects.get().edit_version
    change(operator, attribute="title", value="Tall lamp", edit_version=seen)
    page = change(operator, attribute="title", value="Big lamp", edit_version=seen)
    assert page.status_code == 409
    said = "operator has set it to “Tall lamp” since you saw it; you typed “Big lamp”."
    assert said in page.text
    assert 'value="Big lamp"' in page.text
    assert Product.objects.get().title == "Tall lamp"
    change(operator, attribute="vendor", value="New", edit_version=seen + 1)
    change(operator, attribute="title", value="Big lamp", edit_version=seen + 1)
    assert Product.objects.get().title == "Big lamp"


def test_nothing_is_a_value_of_a_store_and_not_the_same_as_following_the_hub(operator, shops):
    cell = {"attribute": "seo_title", "value": "", "store": shops[0].pk}
    change(operator, attribute="seo_title", value="Lamps")
    change(operator, **cell, empty="1")
    own = Override.objects.get(attribute="seo_title")
    assert (own.stands, own.value) == (True, None)
    page = operator.get(reverse("admin:catalogue_product_change", args=[own.product_id]))
    assert "own value: nothing" in page.text
    change(operator, **cell, clear="1")
    own.refresh_from_db()
    assert not own.stands


def test_the_comparison_says_what_stands_where(operator):
    page = operator.get(reverse("admin:catalogue_product_change", args=[Product.objects.get().pk]))
    for words in ("Desk lamp", "Lampe", "own value, found at connect", "another currency"):
        assert words in page.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"attribute": "title", "value": ""}, "Title: it can&#x27;t be empty."),
        ({"attribute": "title", "value": "", "store": STORE}, "Type a value, or choose"),
        ({"attribute": "colour", "value": "x"}, "is not an attribute"),
        ({"attribute": "title", "value": "x", "store": 10**6}, "does not exist"),
    ],
)
def test_a_bad_form_is_refused_in_one_sentence(operator, shops, form, said):
    count = Change.objects.count()
    form = {key: shops[0].pk if value == STORE else value for key, value in form.items()}
    assert said in change(operator, **form).text
    assert Change.objects.count() == count


def test_the_review_list_makes_canonical_products(operator, shops):
    make.take_in(shops[1], make.product(9, title="Krug", variants=[make.variant(91, sku="K")]))
    listing = Listing.objects.get(title="Krug")
    operator.post(
        reverse("admin:catalogue_listing_changelist"),
        {"action": "make_canonical", "_selected_action": [listing.pk]},
    )
    assert Product.objects.filter(title="Krug").exists()


def waiting_mug(shops):
    """A listing of the second shop that shares no SKU with the first shop's mug."""
    make.take_in(shops[0], make.product(8, title="Mug", variants=[make.variant(81, sku="M")]))
    make.take_in(shops[1], make.product(9, title="Mug", variants=[make.variant(91, sku="")]))
    return Listing.objects.get(title="Mug", store=shops[1])


def test_a_person_links_a_listing_and_its_variants_follow(operator, shops):
    listing = waiting_mug(shops)
    mug = Product.objects.get(title="Mug")
    page = operator.get(reverse("admin:catalogue_listing_change", args=[listing.pk]))
    assert [side.pk for side in page.context["review"].candidates] == [mug.pk]
    address = reverse("admin:catalogue_listing_link", args=[listing.pk])
    operator.post(address, {"product": mug.pk})
    listing.refresh_from_db()
    assert (listing.product, listing.state_reason) == (mug, "Linked by operator.")
    assert listing.variants.get().variant == mug.variants.get()


@pytest.mark.parametrize("wanted", ["taken", "foreign", "words"])
def test_a_wrong_link_is_refused_in_one_sentence(operator, shops, wanted):
    listing = waiting_mug(shops)
    stranger = make.store(make.workspace("other"), "far")
    make.take_in(stranger, make.product(5, title="Theirs"))
    product, said = {
        "taken": (Product.objects.get(title="Desk lamp").pk, "is already linked in"),
        "foreign": (Product.objects.get(title="Theirs").pk, "does not exist in this workspace"),
        "words": ("mug", "is not a number."),
    }[wanted]
    address = reverse("admin:catalogue_listing_link", args=[listing.pk])
    assert said in operator.post(address, {"product": product}, follow=True).text
    assert Listing.objects.get(pk=listing.pk).product is None


def test_a_viewer_links_nothing(viewer, shops):
    listing = waiting_mug(shops)
    address = reverse("admin:catalogue_listing_link", args=[listing.pk])
    assert viewer.post(address, {"product": Product.objects.get(title="Mug").pk}).status_code == 403


def test_a_viewer_cannot_run_actions(viewer, shops):
    job = Job.objects.latest("id")
    viewer.post(
        reverse("admin:syncqueue_job_changelist"),
        {"action": "cancel_jobs", "_selected_action": [job.pk]},
    )
    job.refresh_from_db()
    assert job.state == "queued"


def test_the_home_page_shows_each_store_with_links_to_its_rows(operator, shops):
    page = operator.get(reverse("admin:index"))
    assert page.status_code == 200
    assert shops[0].domain in page.text
    assert f"channel__id__exact={shops[0].channel_id}&amp;state__exact=dead_lettered" in page.text
    for address in (row.open_url for row in page.context["stores"]):
        listed = operator.get(address)
        assert listed.status_code == 200
        assert listed.context["cl"].result_count >= 1
    assert Lane.objects.exists()


def test_the_bare_address_and_a_plain_login_lead_to_the_home_page(client):
    get_user_model().objects.create_user("ada", password="x", is_staff=True)
    assert client.get("/")["Location"] == reverse("admin:index")
    form = {"username": "ada", "password": "x"}
    assert client.post(reverse("admin:login"), form)["Location"] == reverse("admin:index")


def test_without_stores_the_home_page_says_how_to_begin(client):
    page = person(client, superuser=True).get(reverse("admin:index"))
    assert "No store is connected yet." in page.text


@pytest.mark.parametrize(
    "name",
    ["index", "stores_store", "catalogue_product", "catalogue_changedelivery", "syncqueue_job"],
)
def test_lists_take_the_same_queries_for_one_row_and_for_three(client, name):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    owner, counts = make.workspace(), []
    root = person(client, Role.OPERATOR, owner)
    address = reverse("admin:index" if name == "index" else f"admin:{name}_changelist")
    for number in range(3):
        shop = make.store(owner, f"shop{number}")
        sku = f"SKU-{number}"
        make.take_in(shop, make.product(number + 1, variants=[make.variant(number + 10, sku=sku)]))
        if number:
            listing = Listing.objects.get(store=shop)
            listing.product or operator_makes(listing)
        make.deliver(shop, make.payload(make.product(number + 1)))
        if number in (0, 2):
            root.get(address)
            with CaptureQueriesContext(connection) as captured:
                root.get(address)
            counts.append(len(captured))
    assert counts[0] == counts[1]


def operator_makes(listing):
    from catalogue.selectors.picture import picture  # noqa: PLC0415
    from catalogue.services.importing import create_product  # noqa: PLC0415

    return create_product(picture(listing.pk))
