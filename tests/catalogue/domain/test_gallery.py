"""Which picture is which, and the steps from one gallery to another."""

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.attributes import PICTURES, attribute
from catalogue.domain.gallery import Medium, identify, key_of, next_step, shown_by, text_of
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
        "originalSource": {"fileSize": 30} if status == "READY" else None,
    }


def keys(nodes, known=(), sent=()):
    return [medium.key for medium in identify(nodes, dict(known), sent)]


def test_a_picture_is_known_by_name_size_and_bytes_whatever_shopify_appends_to_its_name():
    doubled = "front_0a1b2c3d-0000-4000-8000-0123456789ab.jpg"
    assert keys([node(1)]) == keys([node(2, doubled)]) == ["front.jpg#10x20-30"]
    assert keys([node(1), node(2, doubled)]) == ["front.jpg#10x20-30", "front.jpg#10x20-30~2"]
    assert keys([node(1), node(3, kind="VIDEO")])[1] is None


def test_what_was_sent_unheard_is_known_by_its_name_and_what_failed_by_its_text():
    sent = ["https://a.example/front.jpg The lamp", "https://a.example/plan.pdf A plan"]
    shown = [node(1, alt="The lamp"), node(2, status="FAILED", alt="A plan")]
    assert keys(shown, sent=sent) == [key_of(entry) for entry in sent]
    assert keys(shown, known={shown[0]["id"]: "own"}) == ["own", None]


def test_nothing_is_said_while_shopify_processes_what_nobody_knows():
    waiting = node(1, status="PROCESSING")
    assert shown_by(identify([waiting], {}, ())) is None
    assert shown_by(identify([waiting], {waiting["id"]: "mine"}, ())) == ["mine"]


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
