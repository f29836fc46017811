"""Matching: by SKU, then barcode, where unique on both sides; what is not certain is not linked."""

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.matching import (
    CanonicalItem,
    CanonicalVariant,
    RemoteItem,
    RemoteVariant,
    match,
    match_variants,
)


def ours(number, *keys, **more):
    variants = (
        CanonicalVariant(number * 10 + place, sku, barcode=barcode)
        for place, (sku, barcode) in enumerate(keys)
    )
    return CanonicalItem(number, f"P{number}", tuple(variants), **more)


def theirs(name, *keys):
    variants = (
        RemoteVariant(f"{name}{place}", sku, barcode=barcode)
        for place, (sku, barcode) in enumerate(keys)
    )
    return RemoteItem(name, name, tuple(variants))


def judged(remote, canonical):
    (found,) = match([remote], canonical)
    return found


def test_a_barcode_links_where_there_is_no_sku_or_another():
    for sku in ("", "THEIR-OWN"):
        found = judged(theirs("a", (sku, "400")), [ours(1, ("S1", "400")), ours(2, ("S2", "500"))])
        assert (found.outcome, found.product_id, found.variants) == ("linked", 1, {"a0": 10})
        assert "barcode" in found.reason


def test_a_sku_goes_before_a_barcode_that_says_nothing_else():
    found = judged(theirs("a", ("S1", "400")), [ours(1, ("S1", "999"))])
    assert (found.outcome, found.product_id) == ("linked", 1)


def test_c6_keys_that_contradict_each_other_wait_for_a_person():
    """C6: two keys that point at two variants are no match."""
    found = judged(theirs("a", ("S1", "500")), [ours(1, ("S1", "400")), ours(2, ("S2", "500"))])
    assert found.outcome == "ambiguous"
    assert "different variants" in found.reason


def test_c6_a_barcode_that_stands_twice_links_nothing():
    """C6: a default barcode on many products is no identity."""
    here_twice = judged(theirs("a", ("", "0")), [ours(1, ("S1", "0")), ours(2, ("S2", "0"))])
    assert here_twice.outcome == "ambiguous"
    assert "several variants here" in here_twice.reason
    found = match([theirs("a", ("", "4")), theirs("b", ("", "4"))], [ours(1, ("S1", "4"))])
    assert [one.outcome for one in found] == ["ambiguous", "ambiguous"]


def test_a_barcode_that_stands_twice_does_no_harm_to_a_unique_sku():
    found = judged(theirs("a", ("S1", "0")), [ours(1, ("S1", "0")), ours(2, ("S2", "0"))])
    assert (found.outcome, found.product_id) == ("linked", 1)


def test_twin_skus_of_one_product_are_never_paired_with_one_variant():
    pairs = match_variants(theirs("a", ("S", ""), ("S", "")), ours(1, ("S", "")))
    assert pairs == {}


keys = st.tuples(st.sampled_from(["", "A", "B", "C"]), st.sampled_from(["", "1", "2", "3"]))
products = st.lists(st.lists(keys, min_size=1, max_size=3), max_size=4)


@given(products, products)
def test_whatever_is_linked_was_certain(remote, canonical):
    sides = [theirs(f"r{n}", *found) for n, found in enumerate(remote)]
    known = [ours(n, *found) for n, found in enumerate(canonical)]
    found = match(sides, known)
    linked = [one for one in found if one.outcome == "linked"]
    assert len({one.product_id for one in linked}) == len(linked)
    for one in found:
        assert one.reason.endswith(".")
    by_gid = {side.gid: side for side in sides}
    skus = (
        [sku for item in remote for sku, _ in item],
        [sku for item in canonical for sku, _ in item],
    )
    for one in linked:
        assert len(set(one.variants.values())) == len(one.variants)
        for variant in by_gid[one.gid].variants:
            if variant.sku:
                assert [side.count(variant.sku) for side in skus] in ([1, 1], [1, 0])


@given(products, products, st.randoms())
def test_the_order_of_the_lists_does_not_matter(remote, canonical, random):
    sides = [theirs(f"r{n}", *found) for n, found in enumerate(remote)]
    known = [ours(n, *found) for n, found in enumerate(canonical)]
    before = {
        one.gid: (one.outcome, one.product_id, dict(one.variants)) for one in match(sides, known)
    }
    random.shuffle(sides)
    random.shuffle(known)
    after = {
        one.gid: (one.outcome, one.product_id, dict(one.variants)) for one in match(sides, known)
    }
    assert before == after
