"""Sales: begun and ended by the clock, over whatever is edited beneath, and held at the gates."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalogue.domain.attributes import BadValueError
from catalogue.domain.pricing import PriceRule
from catalogue.enums import ChangeFate, IssueKind, IssueState, OverrideKind, Ownership
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import (
    Change,
    HeldBatch,
    Issue,
    Override,
    OwnershipPolicy,
    Product,
    Sale,
    Variant,
)
from catalogue.selectors.as_of import as_of
from catalogue.selectors.changes import Choice
from catalogue.selectors.explain import explain
from catalogue.selectors.picture import picture
from catalogue.services.decisions import follow_hub, keep_own
from catalogue.services.opt_in import resume
from catalogue.services.releases import discard, release
from catalogue.services.rollback import roll_back
from catalogue.services.sales import Asked, end_sale, plan_sale, preview_sale, run_sales
from catalogue.services.terms import set_policy, set_rule
from stores.services.modes import pause
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets, shop_sets, two_shops

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def shops():
    return two_shops()


def sale(shop, *, starts=timedelta(0), lasts=HOUR, percent="20", **more):
    now = timezone.now()
    return Sale(
        **{
            "store": shop,
            "name": "Autumn",
            "percent": Decimal(percent),
            "zone": "UTC",
            "starts_at": now + starts,
            "ends_at": now + starts + lasts,
            **more,
        }
    )


def plan(shop, **more):
    ids = list(Product.objects.values_list("pk", flat=True))
    return plan_sale(Asked(sale(shop, **more), ids), by="ada")


def pass_time(planned, by):
    """As if the sale had been planned so much earlier."""
    Sale.objects.filter(pk=planned.pk).update(
        starts_at=planned.starts_at - by, ends_at=planned.ends_at - by
    )
    run_sales()
    planned.refresh_from_db()


def wanted(shop, name="price"):
    return picture(shop.listings.get().pk).effective((Variant.objects.get().pk, name)).value


def test_a_sale_waits_for_its_time_then_begins_then_simply_ends(shops):
    planned = plan(shops[1], starts=HOUR)
    run_sales()
    assert (wanted(shops[1]), Job.objects.count()) == ("20.00", 0)
    pass_time(planned, HOUR)
    assert (planned.state, wanted(shops[1]), wanted(shops[0])) == ("running", "16.00", "20.00")
    assert wanted(shops[1], "compare_at_price") == "20.00"
    assert [job.cause_id for job in Job.objects.all()] == [planned.cause_id]
    pass_time(planned, 2 * HOUR)
    assert (planned.state, wanted(shops[1])) == ("ended", "20.00")
    assert wanted(shops[1], "compare_at_price") is None
    assert [job.cause_id for job in Job.objects.all()] == [planned.cause_id] * 2
    assert not Change.objects.exists()
    run_sales()
    assert Job.objects.count() == 2


def test_edits_made_meanwhile_survive_its_end(shops):
    """A sale is a layer: it never has to put back what it replaced."""
    planned = plan(shops[1])
    run_sales()
    hub_sets("30.00")
    assert wanted(shops[1]) == "24.00"
    hub_sets("25.00", store_id=shops[1].pk)
    assert wanted(shops[1]) == "20.00"
    pass_time(planned, 2 * HOUR)
    assert (wanted(shops[0]), wanted(shops[1])) == ("30.00", "25.00")


def test_a_late_start_after_a_downtime_still_starts_and_what_is_over_never_does(shops):
    late = plan(shops[0], lasts=3 * HOUR)
    over = plan(shops[1])
    pass_time(over, 2 * HOUR)
    assert (over.state, over.started_at) == ("missed", None)
    assert wanted(shops[1]) == "20.00"
    pass_time(late, 2 * HOUR)
    assert (late.state, wanted(shops[0])) == ("running", "16.00")


def test_a_sale_of_a_store_that_is_not_live_writes_nothing(shops):
    type(shops[1]).objects.filter(pk=shops[1].pk).update(mode="review")
    plan(shops[1])
    run_sales()
    assert Sale.objects.get().state == "running"
    assert not Job.objects.exists()


def test_two_sales_never_lie_over_one_product_at_once(shops):
    planned = plan(shops[1])
    with pytest.raises(NotAllowedNowError, match="“Autumn” prices 1 of these products"):
        plan(shops[1], starts=HOUR / 2)
    plan(shops[1], starts=HOUR)
    plan(shops[0])
    end_sale(planned.pk, by="ben")
    plan(shops[1], lasts=HOUR / 2)


@pytest.mark.parametrize(
    "more",
    [
        {"percent": "0"},
        {"percent": "100"},
        {"lasts": -HOUR},
        {"starts": -2 * HOUR},
        {"charm": Decimal("0.5")},
    ],
)
def test_what_makes_no_sense_is_refused(shops, more):
    with pytest.raises(BadValueError):
        plan(shops[1], **more)
    assert not Sale.objects.exists()


def test_only_products_of_the_store_can_be_on_sale(shops):
    stranger = make.store(make.workspace("other"))
    with pytest.raises(NotFoundHereError):
        plan(stranger)
    with pytest.raises(NotFoundHereError):
        plan_sale(Asked(sale(shops[0]), []), by="ada")


def test_a_preview_shows_every_price_and_stores_nothing(shops):
    ids = list(Product.objects.values_list("pk", flat=True))
    seen = preview_sale(Asked(sale(shops[1]), ids))
    assert [(move.before, move.after) for move in seen.moves] == [("20.00", "16.00")]
    assert (seen.products, seen.objections) == (1, ())
    assert not Sale.objects.exists()


def test_a_sale_called_off_or_ended_early_is_over(shops):
    running = plan(shops[0])
    ahead = plan(shops[1], starts=HOUR)
    run_sales()
    end_sale(running.pk, by="ben")
    end_sale(ahead.pk, by="ben")
    assert (wanted(shops[0]), Sale.objects.get(pk=ahead.pk).state) == ("20.00", "cancelled")
    pass_time(ahead, HOUR)
    assert wanted(shops[1]) == "20.00"
    with pytest.raises(NotAllowedNowError, match="The sale is ended already"):
        end_sale(running.pk, by="ben")


def test_why_a_price_is_there_names_the_sale_and_what_is_beneath_it(shops):
    plan(shops[1])
    run_sales()
    steps = explain(picture(shops[1].listings.get().pk), (Variant.objects.get().pk, "price"))
    told = {step.stage: (step.value, step.words) for step in steps}
    assert told["canonical"][0] == "20.00"
    assert told["layer"] == ("16.00", "A sale takes 20 % off the price beneath it.")
    assert told["wanted"] == ("16.00", "The store should show what a sale makes of it.")


# What is set in the store while it is on sale.


def test_an_edit_in_a_store_on_sale_is_held_for_a_person(shops):
    planned = plan(shops[1])
    run_sales()
    shop_sets(shops[1], "15.00")
    change = Change.objects.get()
    assert (change.fate, change.new) == (ChangeFate.HELD, "15.00")
    issue = Issue.objects.get()
    assert (issue.kind, issue.store, issue.attribute) == (IssueKind.SALE, shops[1], "price")
    assert "alpine shows 15.00, set there during a sale" in issue.reason
    pass_time(planned, 2 * HOUR)
    pic = picture(shops[1].listings.get().pk)
    variant = Variant.objects.get()
    assert (variant.pk, "price") not in pic.to_write()
    assert variant.value("price") == "20.00"


@pytest.mark.parametrize(
    ("decide", "during", "after"), [(follow_hub, "16.00", "20.00"), (keep_own, "15.00", "15.00")]
)
def test_a_person_decides_between_the_hubs_value_and_the_stores(shops, decide, during, after):
    planned = plan(shops[1])
    run_sales()
    shop_sets(shops[1], "15.00")
    decide(Issue.objects.get().pk, by="ben")
    assert Issue.objects.get().state == IssueState.CLOSED
    assert wanted(shops[1]) == during
    pass_time(planned, 2 * HOUR)
    assert wanted(shops[1]) == after


def test_what_a_person_keeps_in_sight_of_a_sale_is_not_reduced_again_but_by_a_later_sale(shops):
    planned = plan(shops[1])
    run_sales()
    shop_sets(shops[1], "15.00")
    keep_own(Issue.objects.get().pk, by="ben")
    assert (wanted(shops[1]), wanted(shops[1], "compare_at_price")) == ("15.00", None)
    hub_sets("30.00")
    assert (wanted(shops[1]), Override.objects.get().kind) == ("15.00", OverrideKind.KEPT)
    pass_time(planned, 2 * HOUR)
    later = plan(shops[1])
    run_sales()
    # the shop's clock is a second ahead of ours
    Sale.objects.filter(pk=later.pk).update(started_at=timezone.now() + 2 * SECOND)
    assert (wanted(shops[1]), wanted(shops[1], "compare_at_price")) == ("12.00", "15.00")
    steps = {step.stage: step.words for step in explain(picture_of(shops[1]), price_key())}
    assert steps["override"] == "It was set in the store during a sale, and a person kept it."


def price_key():
    return (Variant.objects.get().pk, "price")


def picture_of(shop):
    return picture(shop.listings.get().pk)


def test_an_edit_made_before_the_sale_and_told_during_it_is_a_plain_one(shops):
    plan(shops[1])
    Sale.objects.update(starts_at=timezone.now() - HOUR)
    run_sales()
    shop_sets(shops[1], "15.00", ago=timedelta(minutes=5))
    assert Variant.objects.get().value("price") == "15.00"
    assert wanted(shops[1]) == "12.00"
    assert not Override.objects.filter(kind=OverrideKind.HELD).exists()


# The gates.


def test_a_sale_that_the_gates_object_to_waits_even_when_its_time_comes(shops):
    planned = plan(shops[1], percent="75")
    assert (planned.state, HeldBatch.objects.get().act) == ("held", "sale")
    run_sales()
    assert (wanted(shops[1]), Job.objects.count()) == ("20.00", 0)
    release(HeldBatch.objects.get().pk, by="ben", reason="Everything must go.")
    run_sales()
    assert wanted(shops[1]) == "5.00"


def test_a_discarded_sale_never_begins_and_a_release_after_its_end_is_too_late(shops):
    plan(shops[0], percent="75")
    discard(HeldBatch.objects.get().pk, by="ben", reason="Too much.")
    planned = plan(shops[1], percent="75")
    release(HeldBatch.objects.latest("id").pk, by="ben", reason="Everything must go.")
    pass_time(planned, 2 * HOUR)
    run_sales()
    assert {one.state for one in Sale.objects.all()} == {"cancelled", "missed"}
    assert not Job.objects.exists()


def test_it_is_judged_again_when_it_begins(shops, settings):
    planned = plan(shops[1], starts=HOUR)
    settings.GATE_PRICE_CHANGE_PERCENT = "10"
    pass_time(planned, HOUR)
    assert (planned.state, wanted(shops[1])) == ("held", "20.00")


# What was, as of an instant.


def then(instant):
    found = as_of(Product.objects.get(), instant)
    stores = {store.pk: store.name for store in found.stores}
    return {
        name: {stores[pk]: one.value for pk, one in leaf.effective.items()}
        for leaf in found.leaves
        for name in [leaf.key[1]]
        if name in ("price", "compare_at_price")
    }


def test_as_of_shows_what_each_store_showed_under_its_sale(shops):
    before = timezone.now()
    planned = plan(shops[1])
    run_sales()
    during = timezone.now()
    end_sale(planned.pk, by="ben")
    plain = {"north": "20.00", "alpine": "20.00"}
    assert then(before) == {"price": plain, "compare_at_price": {"north": None, "alpine": None}}
    assert then(during) == {
        "price": {"north": "20.00", "alpine": "16.00"},
        "compare_at_price": {"north": None, "alpine": "20.00"},
    }
    assert then(timezone.now())["price"] == plain


def test_as_of_knows_what_was_kept_in_sight_of_a_sale(shops):
    plan(shops[1])
    run_sales()
    hub_sets("18.00", store_id=shops[1].pk)
    reduced = timezone.now()
    shop_sets(shops[1], "15.00")
    keep_own(Issue.objects.get().pk, by="ben")
    kept = timezone.now()
    hub_sets("17.00", store_id=shops[1].pk)
    assert [then(at)["price"]["alpine"] for at in (reduced, kept, timezone.now())] == [
        "14.40",
        "15.00",
        "13.60",
    ]


# What else may happen to its prices meanwhile.


def half():
    return PriceRule(attribute="price", currency="USD", since=timezone.now(), factor=Decimal("0.5"))


def test_a_rule_an_own_value_and_its_clearing_each_show_through_the_sale(shops):
    planned = plan(shops[1])
    run_sales()
    seen = [wanted(shops[1])]
    set_rule(shops[1], "price", half(), by="ada")
    seen.append(wanted(shops[1]))
    hub_sets("15.00", store_id=shops[1].pk)
    seen.append(wanted(shops[1]))
    hub_sets(None, store_id=shops[1].pk, clear=True)
    set_rule(shops[1], "price", None, by="ada")
    seen.append(wanted(shops[1]))
    assert seen == ["16.00", "8.00", "12.00", "16.00"]
    assert not HeldBatch.objects.exists()
    pass_time(planned, 2 * HOUR)
    assert (wanted(shops[1]), wanted(shops[1], "compare_at_price")) == ("20.00", None)


def test_a_sale_price_is_never_left_behind_by_a_policy(shops):
    """What the store owns is never written, so the price of the sale would stay for good."""
    planned = plan(shops[1])
    run_sales()
    owner = shops[0].workspace_id
    for ownership in (Ownership.STORE, Ownership.IGNORE, Ownership.CREATE_ONLY):
        with pytest.raises(NotAllowedNowError, match="“Autumn” runs in alpine, and its"):
            set_policy(owner, "price", ownership, by="ada", store_id=shops[1].pk)
        with pytest.raises(NotAllowedNowError, match="end it first"):
            set_policy(owner, "price", ownership, by="ada")
    assert not OwnershipPolicy.objects.exists()
    set_policy(owner, "price", Ownership.HUB, by="ada", store_id=shops[1].pk)
    set_policy(owner, "price", Ownership.STORE, by="ada", store_id=shops[0].pk)
    end_sale(planned.pk, by="ada")
    set_policy(owner, "price", Ownership.STORE, by="ada", store_id=shops[1].pk)


def test_a_sale_of_what_the_store_owns_changes_nothing(shops):
    set_policy(shops[0].workspace_id, "price", Ownership.STORE, by="ada", store_id=shops[1].pk)
    ids = list(Product.objects.values_list("pk", flat=True))
    seen = preview_sale(Asked(sale(shops[1]), ids))
    assert (seen.moves, seen.unpriced, seen.less) == ((), 1, 0)
    plan(shops[1])
    run_sales()
    assert picture_of(shops[1]).effective(price_key()).source == "store"


def test_a_rollback_during_a_sale_goes_back_beneath_it(shops):
    planned = plan(shops[1])
    run_sales()
    bad = hub_sets("15.00")
    roll_back(shops[0].workspace_id, Choice(cause_id=bad.cause_id), by="ada")
    assert (wanted(shops[1]), wanted(shops[0])) == ("16.00", "20.00")
    shop_sets(shops[1], "15.00")
    kept = keep_own(Issue.objects.get().pk, by="ben")
    back = roll_back(shops[0].workspace_id, Choice(cause_id=kept.cause_id), by="ada")
    roll_back(shops[0].workspace_id, Choice(cause_id=back.cause_id), by="ada")
    assert wanted(shops[1]) == "15.00"
    pass_time(planned, 2 * HOUR)
    assert (wanted(shops[1]), wanted(shops[0])) == ("15.00", "20.00")


def test_a_held_sale_is_called_off_at_the_gates_alone(shops):
    planned = plan(shops[1], percent="75")
    with pytest.raises(NotAllowedNowError, match="discard it there"):
        end_sale(planned.pk, by="ben")
    discard(HeldBatch.objects.get().pk, by="ben", reason="Too much.")
    with pytest.raises(NotAllowedNowError, match="cancelled already"):
        end_sale(planned.pk, by="ben")


@pytest.mark.parametrize(
    ("currency", "base", "step", "shown"),
    [
        ("JPY", "1999", "1", "1599.00"),
        ("JPY", "1999", "100", "1600.00"),
        ("KWD", "12.345", "0.01", "9.88"),
        ("KWD", "0.004", "0.01", "0.00"),
    ],
)
def test_a_sale_in_a_currency_with_other_decimals(currency, base, step, shown):
    shop = make.store(make.workspace(), "far", currency=currency)
    make.take_in(shop, make.product(variants=[make.variant(price=base)]))
    ids = list(Product.objects.values_list("pk", flat=True))
    asked = Asked(sale(shop, step=Decimal(step)), ids)
    (move,) = preview_sale(asked).moves
    assert move.after == shown
    assert bool(preview_sale(asked).objections) == (shown == "0.00")


def test_a_sale_in_yen_has_no_fractions():
    shop = make.store(make.workspace(), "far", currency="JPY")
    make.take_in(shop, make.product())
    with pytest.raises(BadValueError, match="Rounding is a multiple of 1 in JPY"):
        plan(shop)


def test_two_workers_begin_and_end_a_sale_once(shops):
    planned = plan(shops[1])
    run_sales()
    run_sales()
    assert Job.objects.count() == 1
    pass_time(planned, 2 * HOUR)
    run_sales()
    assert (planned.state, Job.objects.count()) == ("ended", 2)


def test_a_sale_that_began_while_its_store_was_paused_is_shown_when_it_resumes(shops):
    pause(shops[1].pk, by="ada")
    plan(shops[1])
    run_sales()
    assert not Job.objects.exists()
    resume(type(shops[1]).objects.get(pk=shops[1].pk), by="ada")
    assert Job.objects.get().channel_id == shops[1].channel_id
    assert picture_of(shops[1]).to_write() == {
        price_key(): "16.00",
        (price_key()[0], "compare_at_price"): "20.00",
    }
