"""Which picture is which, and the steps from one gallery to another."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.attributes import PICTURES, attribute
from catalogue.domain.gallery import (
    Medium,
    identify,
    key_of,
    names_for,
    next_step,
    renamed,
    shown_by,
    text_of,
)
from catalogue.domain.joining import three_way

PRODUCT = "gid://shopify/Product/1"
KEYS = st.sampled_from([f"https://a.example/{letter}.jpg" for letter in "abcdef"])
ENTRIES = st.lists(KEYS, unique=True).flatmap(
    lambda keys: st.tuples(*(st.sampled_from([key, f"{key} one", f"{key} two"]) for key in keys))
)


def node(number, name="front.jpg", *, status="READY", alt=None, kind="IMAGE"):
    image = {"url": f"https://cdn.example/files/{name}?v=1", "width": 10, "height": 20}
    return {
        "id": f"gid://shopify/MediaImage/{number}",
        "alt": alt,
        "status": status,
        "mediaContentType": kind,
        "image": image if status == "READY" else None,
        "originalSource": {"url": "https://cdn.example/original"} if status == "READY" else None,
    }


def looked(nodes, *digests):
    """What a listing remembers of media after its pictures were looked at."""
    media = identify(nodes, {}, (), {})
    return {m.gid: replace(m, digest=d) for m, d in zip(media, digests, strict=True)}


def keys(nodes, known, sent=(), names=None):
    called = names_for(known.values()) if names is None else names
    return [medium.key for medium in identify(nodes, known, sent, called)]


DOUBLED = "front_0a1b2c3d-0000-4000-8000-0123456789ab.jpg"


def test_a_picture_is_known_by_its_bytes_whatever_it_is_called():
    nodes, same, other = [node(1), node(2, DOUBLED), node(3, kind="VIDEO")], "a" * 64, "b" * 64
    assert keys(nodes, looked(nodes, same, other, "")) == [
        f"front.jpg#{'a' * 32}",
        f"front.jpg#{'b' * 32}",
        None,
    ]
    again = looked(nodes, same, same, "")
    assert keys(nodes, again, names={same: "hero.jpg#aa"}) == ["hero.jpg#aa", "hero.jpg#aa~2", None]


def test_nothing_is_said_before_its_bytes_were_seen_and_again_when_they_have_changed():
    (first,) = media = identify([node(1)], {}, (), {})
    assert (first.unseen, shown_by(media)) == (True, None)
    known = {first.gid: replace(first, key="mine", digest="a" * 64)}
    assert keys([node(1)], known, names={}) == ["mine"]
    renewed = node(1) | {"image": {"url": "https://cdn.example/files/front.jpg?v=2"}}
    assert [one.unseen for one in identify([renewed], known, (), {})] == [True]


def test_what_was_sent_unheard_is_known_by_its_bytes_else_by_its_name_and_text():
    sent = ["https://a.example/front.jpg The lamp", "https://a.example/plan.pdf A plan"]
    shown = [node(1, alt="Mine"), node(2, alt="The lamp"), node(3, status="FAILED", alt="A plan")]
    packed_anew = looked(shown, "a" * 64, "b" * 64, "")
    assert keys(shown, packed_anew, sent)[1:] == [key_of(entry) for entry in sent]
    as_sent = {"a" * 64: key_of(sent[0]), "b" * 64: "front.jpg#b"}
    assert keys(shown, packed_anew, sent, as_sent)[:2] == [key_of(sent[0]), "front.jpg#b"]


def test_nothing_is_said_while_shopify_processes_what_nobody_knows():
    waiting = node(1, status="PROCESSING")
    media = identify([waiting], {}, (), {})
    assert shown_by(media) is None
    assert shown_by(
        identify([waiting], {waiting["id"]: replace(media[0], key="mine")}, (), {})
    ) == ["mine"]


def test_one_content_under_two_addresses_stands_in_a_value_once():
    names = {"https://b.example/2.jpg": "https://a.example/1.jpg"}
    value = ["https://a.example/1.jpg The lamp", "https://b.example/2.jpg", "own.jpg#a Side"]
    assert renamed(value, names) == ["https://a.example/1.jpg The lamp", "own.jpg#a Side"]


@given(ENTRIES, ENTRIES)
def test_the_steps_lead_to_the_wanted_pictures_each_attached_at_most_once(before, wanted):
    media = [
        Medium(f"gid://{key_of(entry)}", key_of(entry), text_of(entry), "READY") for entry in before
    ]
    sources = {key_of(entry): key_of(entry) for entry in wanted}
    attached = []
    for _ in range(5):
        step = next_step(media, wanted, sources, PRODUCT)
        if step is None:
            break
        attached += [one["originalSource"] for one in step.given if step.kind == "attach"]
        media = [
            Medium(f"gid://{key_of(entry)}", key_of(entry), text_of(entry), "READY")
            for entry in step.shown
        ]
    assert shown_by(media) == list(wanted)
    assert set(attached) == {key_of(e) for e in wanted} - {key_of(e) for e in before}
    assert len(attached) == len(set(attached))


def test_moves_are_those_of_shopify_one_after_another_around_a_film():
    media = [Medium(f"g{k}", k or None, "", "READY") for k in ("a", "", "b", "c")]
    step = next_step(media, ["c", "a", "b"], {}, PRODUCT)
    order = [medium.gid for medium in media]
    for move in step.given:
        order.remove(move["id"])
        order.insert(int(move["newPosition"]), move["id"])
    assert order == ["gc", "g", "ga", "gb"]


@given(ENTRIES, ENTRIES, ENTRIES)
def test_what_two_parties_add_is_kept_and_the_later_order_stands(base, mine, theirs):
    joined = three_way(attribute(PICTURES), list(base), list(mine), list(theirs))
    assert {key_of(e) for e in joined} <= {key_of(e) for e in (*mine, *theirs)}
    assert three_way(attribute(PICTURES), list(base), list(mine), list(base)) == list(mine)
