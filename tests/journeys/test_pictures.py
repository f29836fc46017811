"""Pictures: known by their content, so that every store has each of them once and in order."""

import pytest

from activity.selectors.comparison import comparison
from catalogue.domain.cleaning import clean
from catalogue.enums import DeliveryFate, Source
from catalogue.models import ChangeDelivery, Issue, Override
from catalogue.services.edit import SetValue, edit
from stores.domain.scopes import REQUIRED
from stores.services.pulls import enqueue_pull
from syncqueue.enums import OPEN_STATES
from syncqueue.models import Job
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)

SITE = "https://pictures.example"
GRANTED = [*REQUIRED, "write_files"]


def stores_with_pictures(world, *names):
    domains = [world.shop(name, lamp()) for name in names]
    for domain in domains:
        world.twin.settings(domain, media_seconds=0.2, job_seconds=0.1)
    return [world.connect(domain, scopes=GRANTED) for domain in domains]


def upload(world, store, *names):
    hang(world, store, *names)
    finish(world)


def hang(world, store, *names):
    given = [
        {"originalSource": f"{SITE}/{name}.jpg", "alt": name, "contentType": "IMAGE"}
        for name in names
    ]
    world.twin.add_media(store.domain, world.listing(store).gid, *given)


def finish(world):
    """Work until Shopify has processed all, and every job that waits for it has ended."""
    ended = False
    while not ended:
        done = not processing(world)
        world.make_all_due()
        world.work()
        open_jobs = Job.objects.filter(state__in=OPEN_STATES)
        ended = done and not processing(world) and not open_jobs.exists()


def processing(world):
    media = [one for store in world.stores for one in world.shown(store)["media"]]
    return any(one["status"] in {"UPLOADED", "PROCESSING"} for one in media)


def texts(world, store):
    return [one["alt"] for one in world.shown(store)["media"]]


def made(world, store):
    """The files that we have made in a store, by the twin's own log."""
    rows = world.twin.log(shop=store.domain, kind="create")
    return [row for row in rows if row["by"] == "app"]


def test_c7_pictures_of_one_store_go_to_the_others_once_and_in_order(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "front", "side")
    assert texts(world, second) == ["front", "side"]
    assert len(made(world, second)) == 2
    upload(world, second, "back")
    assert [texts(world, store) for store in (first, second)] == [["front", "side", "back"]] * 2
    set_value(world, "title", "Tall lamp")
    for store in (first, second):
        enqueue_pull(store, "reconcile")
    finish(world)
    assert [len(made(world, store)) for store in (first, second)] == [1, 2]
    assert not Override.objects.exists()
    world.assert_in_step()


def test_c7_a_lost_answer_never_attaches_a_picture_twice(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    world.twin.settings(second.domain, cut_after_apply=1)
    upload(world, first, "front", "side")
    assert len(made(world, second)) == 2
    assert texts(world, second) == ["front", "side"]
    world.assert_in_step()


def test_what_two_stores_add_at_the_same_time_is_kept_by_both(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    hang(world, first, "front", "side")
    hang(world, second, "back")
    finish(world)
    assert sorted(texts(world, first)) == ["back", "front", "side"]
    assert texts(world, first) == texts(world, second)
    assert [len(made(world, store)) for store in (first, second)] == [1, 2]
    world.assert_in_step()


def test_order_and_texts_are_set_from_the_hub_and_from_a_store_though_answers_are_lost(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "front", "side", "back")
    front, side, back = world.product().value("pictures")
    for store in (first, second):
        world.twin.settings(store.domain, cut_after_apply=2)
    set_value(world, "pictures", [back, front.replace(" front", " from the front"), side])
    finish(world)
    wanted = ["back", "from the front", "side"]
    assert [texts(world, store) for store in (first, second)] == [wanted] * 2
    lines = comparison(world.product()).sections[0].lines
    typed = next(line.value for line in lines if line.attribute.name == "pictures")
    assert clean("pictures", typed) == world.product().value("pictures")
    shown = world.shown(second)["media"]
    world.twin.update_files(second.domain, {"id": shown[2]["id"], "alt": "from the side"})
    finish(world)
    wanted = ["back", "from the front", "from the side"]
    assert [texts(world, store) for store in (first, second)] == [wanted] * 2
    assert [len(made(world, store)) for store in (first, second)] == [0, 3]
    world.assert_in_step()


def test_what_a_store_takes_off_stays_its_own_until_the_hub_takes_it_off_everywhere(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "front", "side")
    listing = world.listing(second)
    world.twin.update_files(
        second.domain,
        {"id": world.shown(second)["media"][0]["id"], "referencesToRemove": [listing.gid]},
    )
    finish(world)
    assert [texts(world, store) for store in (first, second)] == [["front", "side"], ["side"]]
    assert Override.objects.get().store == second
    assert "taken off there" in Issue.objects.get().reason
    front, _ = world.product().value("pictures")
    set_value(world, "pictures", [front])
    finish(world)
    assert [texts(world, store) for store in (first, second)] == [["front"], ["side"]]
    set_value(world, "pictures", None, store_id=second.pk, clear=True)
    finish(world)
    assert [texts(world, store) for store in (first, second)] == [["front"]] * 2
    assert len(world.twin.state(first.domain)["files"]) == 2, "a file is never deleted"
    world.assert_in_step()


def test_an_address_given_in_the_hub_is_fetched_once_a_store_and_known_again(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    world.twin.settings(first.domain, cut_after_apply=1)
    done = set_value(world, "pictures", f"{SITE}/front.jpg The lamp\n{SITE}/plan.pdf A plan")
    finish(world)
    fates = ChangeDelivery.objects.filter(change__cause_id=done.cause_id)
    assert [texts(world, store) for store in (first, second)] == [["The lamp", "A plan"]] * 2
    assert [len(made(world, store)) for store in (first, second)] == [2, 2]
    assert "could not process" in Issue.objects.filter(store=second).get().reason
    assert fates.get(store=second).fate == DeliveryFate.WRITTEN


def show(world, store, *addresses):
    """A merchant's own pictures, from wherever they are."""
    given = [{"originalSource": one, "alt": "", "contentType": "IMAGE"} for one in addresses]
    world.twin.add_media(store.domain, world.listing(store).gid, *given)


def fetched(world):
    """The addresses that were fetched to see what they show."""
    return [row["address"] for row in world.twin.log(kind="fetch")]


def test_the_same_bytes_under_another_name_are_one_picture_and_never_uploaded_again(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    show(world, first, "https://a.example/front.jpg?content=lamp")
    show(world, second, "https://b.example/hero.jpg?content=lamp")
    finish(world)
    set_value(world, "pictures", ["https://c.example/lamp.png?content=lamp The lamp"])
    finish(world)
    assert [made(world, store) for store in (first, second)] == [[], []]
    assert [texts(world, store) for store in (first, second)] == [["The lamp"]] * 2
    assert len(fetched(world)) == 3
    world.assert_in_step()


def test_two_pictures_of_one_name_and_size_are_never_taken_for_one(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    show(world, first, "https://a.example/front.jpg")
    show(world, second, "https://b.example/front.jpg")
    finish(world)
    sources = [
        sorted(one["source"].partition("?")[0] for one in world.shown(store)["media"])
        for store in (first, second)
    ]
    assert sources[0][0] == "https://a.example/front.jpg"
    assert sources[1][0] == "https://b.example/front.jpg"
    assert [len(made(world, store)) for store in (first, second)] == [1, 1]
    assert len(fetched(world)) == 2, "each is fetched once, and what we put there never"
    world.assert_in_step()


def test_a_picture_that_was_replaced_in_place_is_seen_to_be_another(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "front")
    (file,) = world.shown(second)["media"]
    world.twin.update_files(second.domain, {"id": file["id"], "originalSource": f"{SITE}/new.jpg"})
    finish(world)
    assert Override.objects.get().store == second
    assert "taken off there" in Issue.objects.get().reason


def test_what_can_not_be_fetched_is_told_in_words_tried_again_and_then_carried(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    world.twin.settings(first.domain, originals_fail=1)
    show(world, first, f"{SITE}/front.jpg")
    finish(world)
    set_value(world, "title", "Tall lamp")
    assert world.shown(second)["title"] == "Tall lamp", "only pictures wait"
    assert Issue.objects.get().state == "closed"
    assert len(made(world, second)) == 1
    done = set_value(
        world, "pictures", ["https://gone.invalid/a.jpg", "https://huge.example/b.jpg"]
    )
    world.make_all_due()
    world.work()
    told = " ".join(Issue.objects.filter(state="open").values_list("reason", flat=True))
    assert "https://gone.invalid/a.jpg of “Tall lamp”" in told
    assert "answers with 404" in told
    fate = ChangeDelivery.objects.get(change__cause_id=done.cause_id, store=second)
    assert fate.fate == DeliveryFate.HELD
    assert "https://huge.example/b.jpg can't be fetched: it has more than 25 MB" in fate.reason
    job = Job.objects.filter(handler="catalogue.look", state="retrying").first()
    assert "can't be seen" in job.reason


def test_pictures_that_a_store_had_before_it_was_connected_are_looked_at_too(world):
    domains = [world.shop(name, lamp()) for name in ("north", "alpine")]
    for domain, name in zip(domains, ("front", "hero"), strict=True):
        gid = world.twin.state(domain)["products"][0]["id"]
        address = f"https://{name}.example/{name}.jpg?content=lamp"
        world.twin.add_media(domain, gid, {"originalSource": address, "contentType": "IMAGE"})
    world.twin.advance(2)
    first, second = [world.connect(domain, scopes=GRANTED) for domain in domains]
    finish(world)
    (entry,) = world.product().value("pictures")
    assert entry.startswith("front.jpg#")
    assert [made(world, store) for store in (first, second)] == [[], []]
    assert not Override.objects.filter(attribute="pictures").exists()
    world.assert_in_step()


def sizes(world, *names):
    """Two stores with one product in two sizes, and pictures that only the first one has."""
    goods = lamp(option_names=["Size"])
    goods["variants"] = [
        {"sku": f"LAMP-{size}", "price": "20.00", "options": [size]} for size in ("S", "L")
    ]
    domains = [world.shop(name, goods) for name in ("north", "alpine")]
    for domain in domains:
        world.twin.settings(domain, media_seconds=0.2, job_seconds=0.1)
    stores = [world.connect(domain, scopes=GRANTED) for domain in domains]
    upload(world, stores[0], *names)
    return stores


def worn(world, store):
    """The text of the picture that each variant shows."""
    said = {one["id"]: one["alt"] for one in world.shown(store)["media"]}
    return [one["media"] and said[one["media"]] for one in world.shown(store)["variants"]]


def wear(world, store, *names):
    """A merchant gives variants pictures of their product."""
    media = {one["alt"]: one["id"] for one in world.shown(store)["media"]}
    shown = zip(world.shown(store)["variants"], names, strict=True)
    given = [{"id": one["id"], "mediaId": media[name]} for one, name in shown]
    world.twin.edit(store.domain, world.listing(store).gid, {"variants": given})
    finish(world)


def test_the_picture_of_a_variant_travels_both_ways_and_is_taken_away(world):
    first, second = sizes(world, "front", "side")
    wear(world, first, "front", "side")
    assert [worn(world, store) for store in (first, second)] == [["front", "side"]] * 2
    wear(world, second, "side", "side")
    assert [worn(world, store) for store in (first, second)] == [["side", "side"]] * 2
    _, large = world.product().variants.order_by("position")
    world.twin.settings(first.domain, cut_after_apply=1)
    done = set_value(world, "picture", None, variant_id=large.pk)
    finish(world)
    assert [worn(world, store) for store in (first, second)] == [["side", None]] * 2
    told = ChangeDelivery.objects.get(change__cause_id=done.cause_id, store=second)
    assert told.fate == DeliveryFate.WRITTEN
    front, _ = world.product().value("pictures")
    set_value(world, "pictures", [front])
    finish(world)
    assert [worn(world, store) for store in (first, second)] == [[None, None]] * 2
    assert {own.attribute for own in Override.objects.all()} <= {"picture"}
    world.assert_in_step()


def test_a_picture_of_a_variant_comes_with_the_pictures_that_it_is_one_of(world):
    first, second = sizes(world)
    small, _ = world.product().variants.order_by("position")
    address = f"{SITE}/new.jpg"
    product = {"product_id": world.product().pk}
    wishes = [
        SetValue(**product, attribute="picture", value=address, variant_id=small.pk),
        SetValue(**product, attribute="pictures", value=[f"{address} New"]),
    ]
    edit(workspace_id=world.workspace.pk, wishes=wishes, source=Source.MANUAL, actor="ada")
    finish(world)
    assert [worn(world, store) for store in (first, second)] == [["New", None]] * 2
    world.assert_in_step()


def test_a_picture_that_failed_is_discarded_when_the_hub_wants_it_no_more(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "front")
    (front,) = world.product().value("pictures")
    set_value(world, "pictures", [front, f"{SITE}/plan.pdf A plan"])
    finish(world)
    assert "FAILED" in {one["status"] for one in world.shown(second)["media"]}
    set_value(world, "pictures", [front])
    finish(world)
    assert [texts(world, store) for store in (first, second)] == [["front"]] * 2
    assert not Job.objects.filter(state="dead_lettered").exists()
    enqueue_pull(second, "reconcile")
    enqueue_pull(first, "reconcile")
    finish(world)
    assert not Issue.objects.filter(state="open").exists()
    world.assert_in_step()


def test_a_picture_that_goes_while_we_write_is_no_dead_letter(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "front", "side")
    front, side = world.product().value("pictures")
    gone = {"kind": "user_errors", "code": "FILE_DOES_NOT_EXIST", "operation": "FilesUpdate"}
    world.twin.settings(second.domain, faults=[{**gone, "count": 1}])
    set_value(world, "pictures", [f"{front} 🪔 lit", side])
    finish(world)
    assert [texts(world, store) for store in (first, second)] == [["front 🪔 lit", "side"]] * 2
    assert not Job.objects.filter(state="dead_lettered").exists()
    world.assert_in_step()


def test_orders_that_two_stores_change_at_once_end_as_one(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    upload(world, first, "a", "b", "c")
    for store, place in ((first, 2), (second, 1)):
        gids = [one["id"] for one in world.shown(store)["media"]]
        world.twin.settings(store.domain, hold=True)
        world.twin.move_media(store.domain, world.listing(store).gid, gids[0], place)
    for store in (first, second):
        world.twin.settings(store.domain, hold=False)
        world.twin.release(store.domain)
    finish(world)
    assert texts(world, first) == texts(world, second)
    assert sorted(texts(world, first)) == ["a", "b", "c"]
    world.assert_in_step()


def test_more_pictures_than_one_answer_shows_are_attached_once_and_never_fetched_again(world):
    first, second = stores_with_pictures(world, "north", "alpine")
    for store in (first, second):
        world.twin.settings(store.domain, drop=1.0)  # a webhook a picture is not what is tried
    names = [f"p{number}" for number in range(130)]
    hang(world, first, *names)
    while processing(world):
        pass
    enqueue_pull(first, "reconcile")
    finish(world)
    assert texts(world, second) == names
    assert len(made(world, second)) == len(fetched(world)) == len(names)
    world.assert_in_step()
