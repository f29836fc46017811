"""The gates: nothing that they object to is merged or queued before a person says so."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from catalogue.domain.pricing import PriceRule
from catalogue.enums import ChangeFate, ConflictState, HeldState, Ownership, Source
from catalogue.errors import HeldAtGatesError, NotAllowedNowError
from catalogue.models import Change, Conflict, HeldBatch, Override, Product, Sale, Variant
from catalogue.models import PriceRule as Rule
from catalogue.selectors.changes import Choice
from catalogue.selectors.picture import picture
from catalogue.services.decisions import revert
from catalogue.services.edit import SetValue, edit
from catalogue.services.releases import discard, release
from catalogue.services.rollback import roll_back
from catalogue.services.sales import Asked, end_sale, plan_sale, run_sales
from catalogue.services.terms import set_policy, set_rule
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets, shop_sets, two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    return two_shops()


def canonical(name="price"):
    owner = Variant if name == "price" else Product
    return owner.objects.get().value(name)


def nothing_happened():
    return not Change.objects.exists() and not Job.objects.exists() and canonical() == "20.00"


def test_an_edit_that_is_objected_to_waits_with_its_reasons_and_nothing_happens(shops):
    done = hub_sets("0.00")
    assert (done.changes, done.job_ids) == ((), ())
    batch = HeldBatch.objects.get()
    assert batch == done.held
    assert (batch.state, batch.size, batch.actor, batch.source) == ("held", 1, "ada", "manual")
    assert batch.words == "A price below 0.01 is set once. A price moves by more than 60 % once."
    assert [(one["before"], one["after"]) for one in batch.samples] == [("20.00", "0.00")]
    assert nothing_happened()


def test_one_bad_value_holds_its_whole_batch(shops):
    variant = Variant.objects.get()
    wishes = [
        SetValue(product_id=variant.product_id, attribute="title", value="Tall lamp"),
        SetValue(
            product_id=variant.product_id, variant_id=variant.pk, attribute="price", value="200"
        ),
    ]
    edit(workspace_id=shops[0].workspace_id, wishes=wishes, source=Source.API, actor="erp")
    assert HeldBatch.objects.get().size == 2
    assert nothing_happened()
    assert canonical("title") == "Desk lamp"


def test_releasing_sends_it_through_the_same_door_and_the_ledger_says_who(shops):
    held = hub_sets("90.00").held
    release(held.pk, by="ben", reason="The new range.")
    change = Change.objects.get()
    assert (change.new, change.fate, change.actor, change.source) == (
        *("90.00", ChangeFate.WON),
        *("ada", Source.MANUAL),
    )
    assert change.reason == "Held at the gates; released by ben: The new range."
    assert (change.cause_id, Job.objects.count()) == (held.cause_id, 2)
    held.refresh_from_db()
    assert (held.state, held.applied, held.dropped) == (HeldState.RELEASED, 1, [])
    assert (held.decided_by, held.decision) == ("ben", "The new range.")


def test_what_has_moved_since_is_dropped_and_listed(shops):
    variant = Variant.objects.get()
    price = SetValue(
        product_id=variant.product_id, variant_id=variant.pk, attribute="price", value="90"
    )
    title = SetValue(product_id=variant.product_id, attribute="title", value="Tall lamp")
    held = edit(
        workspace_id=shops[0].workspace_id,
        wishes=[price, title],
        source=Source.MANUAL,
        actor="ada",
    ).held
    hub_sets("21.00")
    release(held.pk, by="ben", reason="Meant so.")
    held.refresh_from_db()
    assert (held.applied, [one["attribute"] for one in held.dropped]) == (1, ["Price"])
    assert (canonical(), canonical("title")) == ("21.00", "Tall lamp")


def test_a_discarded_batch_is_over(shops):
    held = hub_sets("90.00").held
    discard(held.pk, by="ben", reason="A typo.")
    assert nothing_happened()
    with pytest.raises(NotAllowedNowError, match="It was discarded by ben already"):
        release(held.pk, by="ada", reason="After all.")


@pytest.mark.parametrize("decide", [release, discard])
def test_deciding_needs_a_reason(shops, decide):
    with pytest.raises(NotAllowedNowError, match="Say why"):
        decide(hub_sets("90.00").held.pk, by="ben", reason="  ")
    assert HeldBatch.objects.get().state == HeldState.HELD


def test_a_check_of_ones_own_stands_beside_the_built_in_ones(shops, settings):
    settings.GATES = [*settings.GATES, "tests.catalogue.services.test_gates.no_capitals"]
    assert hub_sets("TALL", "title").held.words == "It shouts."
    assert hub_sets("Tall", "title").held is None


def no_capitals(batch):
    from catalogue.domain.gates import Objection  # noqa: PLC0415  as a project's own module would

    return [Objection("It shouts.", (n,)) for n, m in enumerate(batch.moves) if m.after.isupper()]


# There is no way round.


def test_a_pass_lets_through_exactly_what_was_released(shops):
    held = hub_sets("90.00").held
    variant = Variant.objects.get()
    wish = SetValue(
        product_id=variant.product_id, variant_id=variant.pk, attribute="price", value="0"
    )

    def slip_in(**more):
        return edit(
            workspace_id=shops[0].workspace_id,
            wishes=[wish],
            source=Source.API,
            actor="eve",
            released=held.pk,
            **more,
        )

    with pytest.raises(NotAllowedNowError, match="not what was released"):
        slip_in()
    release(held.pk, by="ben", reason="Meant so.")
    with pytest.raises(NotAllowedNowError, match="not what was released"):
        slip_in()
    assert canonical() == "90.00"


@pytest.mark.parametrize("source", [one for one in Source if one is not Source.SYNC])
def test_no_source_goes_round_the_gates(shops, source):
    variant = Variant.objects.get()
    place = {"product_id": variant.product_id, "variant_id": variant.pk, "attribute": "price"}
    for more in ({}, {"store_id": shops[0].pk}):
        edit(
            workspace_id=shops[0].workspace_id,
            wishes=[SetValue(**place, value="0", **more)],
            source=source,
            actor="eve",
            cause_id=uuid4(),
        )
    assert HeldBatch.objects.count() == 2
    assert nothing_happened()
    assert not Override.objects.filter(stands=True).exists()


def test_a_rollback_to_a_price_that_is_objected_to_waits_too(shops):
    for price in ("30.00", "45.00", "65.00"):
        done = hub_sets(price)
    cause = done.cause_id
    ids = tuple(Change.objects.values_list("pk", flat=True))
    jobs = Job.objects.count()
    rolled = roll_back(shops[0].workspace_id, Choice(change_ids=ids), by="ada")
    assert (rolled.restored, rolled.held, canonical()) == (0, 1, "65.00")
    assert Job.objects.count() == jobs
    release(HeldBatch.objects.get().pk, by="ben", reason="Back to the start.")
    assert canonical() == "20.00"
    assert Change.objects.latest("id").cause_id == rolled.cause_id != cause


def test_a_conflict_that_cannot_be_reverted_without_a_release_stays_open(shops):
    for price in ("31.00", "48.00"):
        hub_sets(price)
    shop_sets(shops[1], "19.50")
    conflict = Conflict.objects.get(state=ConflictState.OPEN)
    assert (conflict.winner, conflict.loser) == ("19.50", "48.00")
    assert revert([conflict.pk], workspace_id=conflict.workspace_id, by="ben").done == 0
    conflict.refresh_from_db()
    assert (conflict.state, canonical()) == (ConflictState.OPEN, "19.50")
    release(HeldBatch.objects.get(source=Source.ROLLBACK).pk, by="ben", reason="So it was.")
    conflict.refresh_from_db()
    assert (conflict.state, canonical()) == (ConflictState.SUPERSEDED, "48.00")


# What a store sets is its own word, but goes to no other store past the gates.


def test_a_price_of_zero_in_a_store_goes_to_no_other_before_its_release(shops):
    shop_sets(shops[1], "0.00")
    assert canonical() == "20.00"
    change = Change.objects.get()
    assert (change.fate, change.new, change.scope) == (ChangeFate.HELD, "0.00", "override")
    assert "A price below 0.01" in change.reason
    batch = HeldBatch.objects.get()
    assert (batch.act, batch.store, batch.source) == ("inbound", shops[1], "sync")
    assert [picture(shop.listings.get().pk).to_write() for shop in shops] == [{}, {}]
    release(batch.pk, by="ben", reason="It is given away.")
    assert canonical() == "0.00"
    variant = Variant.objects.get()
    north, alpine = (picture(shop.listings.get().pk).to_write() for shop in shops)
    assert (north, alpine) == ({(variant.pk, "price"): "0.00"}, {})
    assert not Override.objects.filter(stands=True).exists()


def test_discarding_what_a_store_has_set_sends_the_hubs_value_back(shops):
    shop_sets(shops[1], "0.00")
    discard(HeldBatch.objects.get().pk, by="ben", reason="A typo in the shop.")
    variant = Variant.objects.get()
    assert picture(shops[1].listings.get().pk).to_write() == {(variant.pk, "price"): "20.00"}
    assert canonical() == "20.00"


def test_what_the_store_has_set_since_is_shown_before_it_can_be_released(shops):
    shop_sets(shops[1], "0.00")
    batch = HeldBatch.objects.get()
    shop_sets(shops[1], "22.00")
    assert canonical() == "20.00"
    with pytest.raises(NotAllowedNowError, match="set another value since"):
        release(batch.pk, by="ben", reason="It is given away.")
    batch.refresh_from_db()
    assert batch.samples[0]["after"] == "22.00"
    release(batch.pk, by="ben", reason="So it is.")
    assert (canonical(), HeldBatch.objects.count()) == ("22.00", 1)


def test_a_later_price_of_the_hub_goes_back_to_the_store_instead(shops):
    shop_sets(shops[1], "0.00")
    hub_sets("21.00")
    batch = release(HeldBatch.objects.get().pk, by="ben", reason="It is given away.")
    assert [one["reason"] for one in batch.dropped] == ["Somebody has set it since."]
    variant = Variant.objects.get()
    assert canonical() == "21.00"
    assert picture(shops[1].listings.get().pk).to_write() == {(variant.pk, "price"): "21.00"}


def test_what_was_decided_elsewhere_is_listed_as_such(shops):
    shop_sets(shops[1], "0.00")
    hub_sets("19.00", store_id=shops[1].pk)
    batch = release(HeldBatch.objects.get().pk, by="ben", reason="It is given away.")
    assert [one["reason"] for one in batch.dropped] == ["It was decided otherwise in the meantime."]
    assert canonical() == "20.00"


def test_what_stays_in_its_store_needs_no_gate(shops):
    hub_sets("19.00", store_id=shops[1].pk)
    shop_sets(shops[1], "0.00")
    assert Override.objects.get(stands=True).value == "0.00"
    assert not HeldBatch.objects.exists()


def test_an_import_of_a_store_is_no_feed_of_ours(shops):
    """A new store's own prices are found values: they move nothing here."""
    third = make.store(shops[0].workspace, "harbour")
    make.take_in(third, make.product(9, variants=[make.variant(19, price="0.00")]))
    assert not HeldBatch.objects.exists()
    assert canonical() == "20.00"


# Other terms would write other prices: they pass the same gates.


def rule(factor):
    return PriceRule(
        attribute="price", currency="USD", since=timezone.now(), factor=Decimal(factor)
    )


def test_a_price_rule_that_slips_a_decimal_point_is_held_until_its_release(shops):
    with pytest.raises(HeldAtGatesError, match="A price moves by more than 60 %"):
        set_rule(shops[1], "price", rule("0.1"), by="ada")
    assert not Rule.objects.exists()
    assert nothing_happened()
    batch = HeldBatch.objects.get()
    assert (batch.act, batch.samples[0]["after"]) == ("terms", "2.00")
    release(batch.pk, by="ben", reason="Samples only.")
    assert (Rule.objects.get().by, Job.objects.count()) == ("ada", 1)
    pic = picture(shops[1].listings.get().pk)
    assert pic.to_write() == {(Variant.objects.get().pk, "price"): "2.00"}


def test_held_terms_are_not_released_over_others_that_were_agreed_since(shops):
    with pytest.raises(HeldAtGatesError):
        set_rule(shops[1], "price", rule("0.1"), by="ada")
    set_rule(shops[1], "price", rule("0.9"), by="ada")
    batch = HeldBatch.objects.get()
    with pytest.raises(NotAllowedNowError, match="Other terms were agreed since"):
        release(batch.pk, by="ben", reason="Samples only.")
    batch.refresh_from_db()
    assert (batch.state, Rule.objects.get().factor) == ("held", Decimal("0.9"))


def test_a_policy_that_would_overwrite_a_stores_price_by_far_is_held(shops):
    set_policy(shops[0].workspace_id, "price", Ownership.STORE, by="ada", store_id=shops[1].pk)
    shop_sets(shops[1], "199.00")
    Override.objects.all().delete()
    jobs = Job.objects.count()
    with pytest.raises(HeldAtGatesError):
        set_policy(shops[0].workspace_id, "price", Ownership.HUB, by="ada", store_id=shops[1].pk)
    assert Job.objects.count() == jobs
    release(HeldBatch.objects.get().pk, by="ben", reason="It is ours now.")
    pic = picture(shops[1].listings.get().pk)
    assert pic.to_write() == {(Variant.objects.get().pk, "price"): "20.00"}


def test_nobody_agrees_to_terms_with_another_batchs_release(shops):
    held = hub_sets("90.00").held
    release(held.pk, by="ben", reason="The new range.")
    with pytest.raises(NotAllowedNowError, match="not what was released"):
        set_rule(shops[1], "price", rule("0.1"), by="eve", released=held.pk)


def agreed(shop, factor):
    """A rule that was agreed, by its release where the gates held it."""
    try:
        set_rule(shop, "price", rule(factor), by="ada")
    except HeldAtGatesError:
        release(HeldBatch.objects.latest("id").pk, by="ben", reason="Meant so.")


def test_the_end_of_a_rule_goes_back_to_what_a_person_had_approved(shops):
    agreed(shops[1], "0.5")
    set_rule(shops[1], "price", None, by="ada")
    assert not HeldBatch.objects.exists()
    pic = picture(shops[1].listings.get().pk)
    assert pic.effective((Variant.objects.get().pk, "price")).value == "20.00"


def test_the_end_of_a_long_rule_follows_what_was_edited_meanwhile(shops):
    agreed(shops[1], "0.5")
    hub_sets("30.00")
    set_rule(shops[1], "price", None, by="ada")
    assert not HeldBatch.objects.exists()


def test_the_end_of_a_rule_is_held_where_the_base_itself_has_jumped(shops):
    agreed(shops[1], "0.5")
    release(hub_sets("60.00").held.pk, by="ben", reason="Gold plated.")
    with pytest.raises(HeldAtGatesError, match="more than 60 %"):
        set_rule(shops[1], "price", None, by="ada")
    assert Rule.objects.get().ended_at is None


def test_the_end_of_a_mild_rule_is_judged_by_what_the_store_shows_too(shops):
    agreed(shops[1], "0.9")
    release(hub_sets("60.00").held.pk, by="ben", reason="Gold plated.")
    set_rule(shops[1], "price", None, by="ada")
    assert Rule.objects.get().ended_at is not None


@pytest.mark.parametrize(("factor", "held"), [("0.9", False), ("1.0", False), ("1.5", True)])
def test_a_milder_rule_is_a_step_back_and_another_jump_is_none(shops, factor, held):
    agreed(shops[1], "0.5")
    if held:
        with pytest.raises(HeldAtGatesError):
            set_rule(shops[1], "price", rule(factor), by="ada")
    else:
        set_rule(shops[1], "price", rule(factor), by="ada")
    assert HeldBatch.objects.exists() == held


def test_a_floor_above_the_base_goes_and_the_base_is_back(shops):
    floored = PriceRule(
        attribute="price", currency="USD", since=timezone.now(), floor=Decimal("90.00")
    )
    with pytest.raises(HeldAtGatesError):
        set_rule(shops[1], "price", floored, by="ada")
    release(HeldBatch.objects.get().pk, by="ben", reason="Nothing below.")
    set_rule(shops[1], "price", None, by="ada")
    assert HeldBatch.objects.count() == 1


def test_terms_are_not_judged_by_the_price_of_a_sale(shops):
    """The sale stays over whatever they make of the price."""
    now = timezone.now()
    sale = Sale(
        store=shops[1],
        name="Autumn",
        percent=Decimal(60),
        zone="UTC",
        starts_at=now,
        ends_at=now + timedelta(hours=1),
    )
    plan_sale(Asked(sale, [Product.objects.get().pk]), by="ada")
    run_sales()
    set_rule(shops[1], "price", rule("0.9"), by="ada")
    assert not HeldBatch.objects.exists()
    with pytest.raises(HeldAtGatesError):
        set_rule(shops[1], "price", rule("3"), by="ada")
    end_sale(sale.pk, by="ada")
    set_rule(shops[1], "price", rule("1.1"), by="ada")
