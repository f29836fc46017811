"""Rollback of one change, a value, a batch, a person's hour; and products as they once stood."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.pricing import PriceRule
from catalogue.domain.rollback import Step, Target, target_of
from catalogue.enums import ChangeFate, OverrideKind, Ownership, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, Override, Product, Variant
from catalogue.selectors.as_of import as_of
from catalogue.selectors.changes import Choice
from catalogue.services import rollback
from catalogue.services.edit import SetValue, edit
from catalogue.services.rollback import plan_rollback, roll_back
from catalogue.services.terms import set_policy, set_rule
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets, shop_sets, two_shops


@pytest.fixture
def shops(db):
    return two_shops()


def take_back(shops, **choice):
    return roll_back(shops[0].workspace_id, Choice(**choice), by="bob")


def state():
    """Everything that people see: canonical values, and what stores have of their own."""
    product, variant = Product.objects.get(), Variant.objects.get()
    own = {(o.store_id, o.attribute): (o.value, o.kind) for o in Override.objects.all() if o.stands}
    return product.value("title"), product.value("vendor"), variant.value("price"), own


def batch(*wishes, actor="ada"):
    product, variant = Product.objects.get(), Variant.objects.get()
    made = [
        SetValue(
            product_id=product.pk,
            variant_id=variant.pk if name == "price" else None,
            attribute=name,
            **more,
        )
        for name, more in wishes
    ]
    return edit(workspace_id=product.workspace_id, wishes=made, source=Source.IMPORT, actor=actor)


def test_one_change_goes_back_by_an_edit_that_says_so(shops):
    done = hub_sets("Tall lamp", "title")
    back = take_back(shops, change_ids=(done.changes[0].pk,))
    assert (back.restored, back.skipped) == (1, 0)
    change = Change.objects.latest("id")
    assert (change.source, change.actor, change.new) == (Source.ROLLBACK, "bob", "Desk lamp")
    assert change.cause_id == back.cause_id
    assert change.deliveries.count() == 2
    assert Product.objects.get().title == "Desk lamp"


def test_a_batch_goes_back_but_for_what_has_moved_since_which_is_listed(shops):
    bad = batch(
        ("title", {"value": "Bad"}),
        ("vendor", {"value": "Bad"}),
        ("price", {"value": "15.00"}),
        ("title", {"value": "Own", "store_id": shops[1].pk}),
    )
    hub_sets("Better", "vendor")
    plan = plan_rollback(shops[0].workspace_id, Choice(cause_id=bad.cause_id))
    assert [one.change.attribute for one in plan.skipped] == ["vendor"]
    back = take_back(shops, cause_id=bad.cause_id)
    assert (back.restored, back.skipped) == (3, 1)
    assert state() == ("Desk lamp", "Better", "20.00", {})
    skipped = Change.objects.get(cause_id=back.cause_id, fate=ChangeFate.REJECTED)
    assert skipped.reason.startswith("It has moved since: ada set it at ")


def test_a_rollback_can_itself_be_rolled_back(shops):
    hub_sets("Lampe", "title", store_id=shops[0].pk)
    before = state()
    bad = batch(
        ("title", {"value": "Bad"}),
        ("title", {"clear": True, "store_id": shops[0].pk}),
        ("vendor", {"value": "Own", "store_id": shops[1].pk}),
    )
    after = state()
    back = take_back(shops, cause_id=bad.cause_id)
    assert state() == before
    take_back(shops, cause_id=back.cause_id)
    assert state() == after


def test_the_hour_of_one_person_goes_back_to_what_stood_before_it(shops):
    hub_sets("First", "title")
    batch(("title", {"value": "Eve's"}), actor="eve")
    batch(("title", {"value": "Eve's second"}), ("vendor", {"value": "Eve's"}), actor="eve")
    Change.objects.filter(actor="ada").update(created_at=timezone.now() - timedelta(hours=2))
    take_back(shops, actor="eve", since=timezone.now() - timedelta(hours=1))
    assert state()[:2] == ("First", "Lumen")


def test_between_two_edits_of_one_person_the_others_stands_again(shops):
    batch(("title", {"value": "Eve's"}), actor="eve")
    hub_sets("Ada's", "title")
    batch(("title", {"value": "Eve's second"}), actor="eve")
    take_back(shops, actor="eve")
    assert state()[0] == "Ada's"


def test_an_edit_of_a_store_goes_back_everywhere(shops):
    shop_sets(shops[1], "31.00")
    change = Change.objects.latest("id")
    take_back(shops, change_ids=(change.pk,))
    assert Variant.objects.get().value("price") == "20.00"
    told = Change.objects.latest("id").deliveries.values_list("store", flat=True)
    assert set(told) == {shop.pk for shop in shops}


def test_a_difference_found_at_connect_comes_back_as_one(shops):
    third = make.store(shops[0].workspace, "harbour")
    make.take_in(third, make.product(9, title="Theirs"))
    done = hub_sets("Ours", "title", store_id=third.pk)
    take_back(shops, cause_id=done.cause_id)
    own = Override.objects.get()
    assert (own.value, own.kind) == ("Theirs", OverrideKind.FOUND)


def test_what_can_not_be_set_any_more_is_skipped_with_the_reason(shops):
    hub_sets("Lampe", "title", store_id=shops[1].pk)
    done = hub_sets("Leuchte", "title", store_id=shops[1].pk)
    set_policy(shops[0].workspace_id, "title", Ownership.STORE, by="ada", store_id=shops[1].pk)
    plan = plan_rollback(shops[0].workspace_id, Choice(cause_id=done.cause_id))
    assert ["policy" in one.reason for one in plan.skipped] == [True]
    assert not plan.restores


def test_nothing_in_particular_is_never_rolled_back(shops):
    with pytest.raises(NotAllowedNowError, match="Say what to take back"):
        take_back(shops)


def test_another_workspaces_changes_are_not_touched(shops):
    done = hub_sets("Tall lamp", "title")
    other = make.workspace("other")
    back = roll_back(other.pk, Choice(cause_id=done.cause_id), by="eve")
    assert (back.restored, back.skipped) == (0, 0)
    assert Product.objects.get().title == "Tall lamp"


def test_a_choice_survives_being_sent_through_a_form():
    choice = Choice(change_ids=(1, 2), cause_id=uuid4(), source=Source.API, since=make.START)
    assert Choice.from_json(choice.to_json()) == choice


def shown(leaf, shop):
    return leaf.effective[shop.pk].value


def test_a_product_is_seen_as_it_stood(shops):
    north, alpine = shops
    times = [timezone.now()]
    for act in (
        lambda: hub_sets("Tall lamp", "title"),
        lambda: hub_sets("Lampe", "title", store_id=alpine.pk),
        lambda: hub_sets("Third lamp", "title"),
        lambda: hub_sets(None, "title", store_id=alpine.pk, clear=True),
    ):
        act()
        times.append(timezone.now())
    spread_changes_over(times)
    seen = []
    for time in times:
        (title,) = [
            one for one in as_of(Product.objects.get(), time).leaves if one.key[1] == "title"
        ]
        seen.append((title.canonical, shown(title, north), shown(title, alpine)))
    assert seen == [
        ("Desk lamp", "Desk lamp", "Desk lamp"),
        ("Tall lamp", "Tall lamp", "Tall lamp"),
        ("Tall lamp", "Tall lamp", "Lampe"),
        ("Third lamp", "Third lamp", "Lampe"),
        ("Third lamp", "Third lamp", "Third lamp"),
    ]


def spread_changes_over(times):
    """A test is one transaction, so all its changes carry one instant; give each its own."""
    for change, after in zip(Change.objects.order_by("id"), times[1:], strict=True):
        Change.objects.filter(pk=change.pk).update(created_at=after)


def test_prices_are_seen_by_the_rule_of_their_time(shops):
    before = timezone.now()
    rule = PriceRule(attribute="price", currency="USD", since=before, factor=Decimal("1.5"))
    set_rule(shops[1], "price", rule, by="ada")
    during = timezone.now()
    set_rule(shops[1], "price", None, by="ada")
    for time, price in ((before, "20.00"), (during, "30.00"), (timezone.now(), "20.00")):
        leaves = as_of(Product.objects.get(), time).leaves
        (found,) = [one for one in leaves if one.key[1] == "price"]
        assert shown(found, shops[1]) == price


# --- the pure rule --------------------------------------------------------------------------------
histories = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=8)


def steps_of(history):
    """What a value went through, from 9 on."""
    values = [9, *(value for value, _ in history)]
    return [Step(number, values[number], value, hit) for number, (value, hit) in enumerate(history)]


@given(histories)
def test_what_is_gone_back_to_is_what_stood_before_the_newest_chosen_ones(history):
    steps = steps_of(history)
    found = target_of(steps)
    if not history[-1][1]:
        assert found == steps[-1]
        return
    unchosen = [step.new for step in steps if not step.chosen]
    assert found == Target(unchosen[-1] if unchosen else 9, "")


@given(histories)
def test_a_rollback_of_a_rollback_is_the_identity(history):
    steps = steps_of(history)
    found = target_of(steps)
    if isinstance(found, Target):
        back = Step(len(steps), steps[-1].new, found.value, chosen=True)
        again = target_of([Step(s.id, s.old, s.new, chosen=False) for s in steps] + [back])
        assert again == Target(steps[-1].new, "")


# --- carried out by the workers -------------------------------------------------------------------
class Killed(BaseException):
    """As a worker dies: nobody catches it."""


@pytest.mark.django_db(transaction=True)
def test_a_rollback_that_is_killed_goes_on_where_it_stood(monkeypatch):
    monkeypatch.setattr(rollback, "CHUNK", 1)
    owner = make.workspace()
    shop = make.store(owner)
    make.take_in(
        shop,
        *(make.product(n, variants=[make.variant(n, sku=f"L-{n}")]) for n in (1, 2, 3)),
    )
    wishes = [
        SetValue(product_id=pk, attribute="title", value="Bad")
        for pk in Product.objects.values_list("pk", flat=True)
    ]
    bad = edit(workspace_id=owner.pk, wishes=wishes, source=Source.API, actor="erp")
    run = rollback.start_rollback(owner.pk, Choice(cause_id=bad.cause_id), by="bob")
    carry_out, times = rollback._carry_out, iter([False, True])

    def die(row, plan):
        carry_out(row, plan)
        if next(times, False):
            raise Killed

    monkeypatch.setattr(rollback, "_carry_out", die)
    with pytest.raises(Killed):
        rollback.run_rollbacks()
    run.refresh_from_db()
    assert (run.state, run.restored, run.looked_at) == ("running", 1, 1)
    rollback.run_rollbacks()
    run.refresh_from_db()
    assert (run.state, run.reason) == ("done", "3 values went back; 0 were skipped.")
    back = Change.objects.filter(cause_id=run.cause_id)
    assert back.count() == back.values("product").distinct().count() == 3


def test_a_cancelled_rollback_leaves_the_rest(shops):
    done = hub_sets("Tall lamp", "title")
    run = rollback.start_rollback(shops[0].workspace_id, Choice(cause_id=done.cause_id), by="bob")
    rollback.cancel_rollback(run.pk, by="ben")
    rollback.run_rollbacks()
    assert Product.objects.get().title == "Tall lamp"
    run.refresh_from_db()
    assert (run.state, run.reason) == ("cancelled", "Cancelled by ben.")
