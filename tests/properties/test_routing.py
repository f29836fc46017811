"""P3 and P4 with terms: whatever arrives in whatever order, owned and ruled values stay home."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.decide import Edit
from catalogue.domain.pricing import PriceRule
from catalogue.domain.registers import CanonicalRegister, Entry, resolve, route
from catalogue.domain.routing import routing_of
from catalogue.domain.terms import Policy, Terms
from catalogue.domain.version import Version
from catalogue.enums import OverrideKind, Ownership, Source
from tests.catalogue.make import START

NORTH, ALPINE = 1, 2
HUB_BEGAN = Entry(Version.of(START, Source.MANUAL, "begin"), "edit", None, "hub")


def at(second):
    return START + timedelta(seconds=second)


seconds = st.integers(1, 12)
spans = st.tuples(seconds, seconds).map(sorted).filter(lambda span: span[0] < span[1])
policies = st.builds(
    lambda span, ownership, own: Policy("price", ownership, at(span[0]), at(span[1]), own),
    spans,
    st.sampled_from(list(Ownership)),
    st.booleans(),
)
rules = st.builds(
    lambda span: PriceRule(attribute="price", currency="USD", since=at(span[0]), until=at(span[1])),
    spans,
)
terms = st.builds(
    lambda held, ruled: Terms("USD", tuple(held), tuple(ruled)),
    st.lists(policies, max_size=3),
    st.lists(rules, max_size=1),
)


def shop_edit(second, store, span):
    """What a merchant set; found by a read where `span` is not 0: only its bounds are known."""
    version = Version.of(at(second), Source.SYNC, f"{store}-{second}")
    bounds = (at(second - span), at(second)) if span else None
    return store, Edit(f"{store}-{second}", version, "before", bounds)


def hub_act(second, store, op):
    """An override of a store, set or cleared by the hub."""
    version = Version.of(at(second), Source.MANUAL, f"hub-{store}-{second}")
    kind = OverrideKind.PINNED if op == "set" else None
    return store, Entry(version, op, store, f"own-{second}" if kind else None, kind)


stores = st.sampled_from([NORTH, ALPINE])
acts = st.one_of(
    st.builds(shop_edit, seconds, stores, st.sampled_from([0, 0, 3])),
    st.builds(hub_act, seconds, stores, st.sampled_from(["set", "clear"])),
)
histories = st.lists(acts, max_size=8, unique_by=lambda one: one[1].version)


def play(history, agreed):
    register, timelines = CanonicalRegister((HUB_BEGAN,)), {}
    for store, act in history:
        entry = act
        if isinstance(act, Edit):
            routing = routing_of(
                act, "price", store=store, terms=agreed[store], held=False, may_move=True
            )
            if routing.corrected:
                continue
            entry = routing.entry
        routed = route(register, timelines.get(store), entry)
        register = routed.register
        if routed.timeline is not None:
            timelines[store] = routed.timeline
    return resolve(register, timelines)


def reading(resolved):
    own = {store: one.value for store, one in resolved.overrides.items() if one and one.stands}
    return resolved.value, resolved.version, own


@given(histories, terms, terms, st.data())
def test_under_any_terms_the_order_of_arrival_changes_nothing(history, north, alpine, data):
    agreed = {NORTH: north, ALPINE: alpine}
    other = data.draw(st.permutations(history))
    assert reading(play(other, agreed)) == reading(play(history, agreed))


@given(histories, terms, terms)
def test_what_was_set_while_it_was_the_stores_own_never_becomes_everybodys(history, north, alpine):
    agreed = {NORTH: north, ALPINE: alpine}
    won = play(history, agreed).value
    for store, act in history:
        if isinstance(act, Edit) and act.value == won:
            time = act.version.time
            held = agreed[store].ownership_at("price", time, act.bounds)
            assert held is Ownership.TWO_WAY
            assert not agreed[store].ruled_at("price", time, act.bounds)
