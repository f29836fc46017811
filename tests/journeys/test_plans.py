"""Plans through the API, over HTTP, on the twin: what was looked at is written, nothing else."""

import pytest
import requests

from catalogue.services.feeds import read_file
from catalogue.services.imports import run_imports, start_import
from stores.enums import Scope
from stores.services.api_tokens import make_token
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)


def api(world, address, body=None):
    """Ask the API as a program does."""
    if not hasattr(world, "secret"):
        _, world.secret = make_token(
            workspace_id=world.workspace.pk, name="ERP", scopes=tuple(Scope), by="ada"
        )
    answer = requests.request(
        "GET" if body is None else "POST",
        f"{world.url}/api/v1/{address}",
        json=body,
        headers={"Authorization": f"Bearer {world.secret}"},
        timeout=30,
    )
    assert answer.ok, answer.text
    return answer.json()


def approve(world, plan):
    return api(world, f"plans/{plan['id']}/approve/", {"hash": plan["hash"]})


def test_nothing_is_written_to_a_store_before_its_plan_is_approved(world):
    first = world.connect(world.shop("north", lamp()))
    second = world.connect(world.shop("alpine", lamp()), live=False)
    set_value(world, "title", "Tall lamp")
    assert world.shown(first)["title"] == "Tall lamp"
    plan = api(world, "plans/", {"store": second.pk})
    assert plan["stores"][0]["counts"] == {"update": 1}
    world.work()
    assert not world.app_writes(second)
    assert world.shown(second)["title"] == "Desk lamp"
    assert approve(world, plan)["state"] == "applied"
    world.work()
    assert world.shown(second)["title"] == "Tall lamp"
    assert len(world.app_writes(second)) == 1


def test_of_a_planned_batch_only_what_moved_is_left_alone(world):
    stores = [world.connect(world.shop(name, lamp())) for name in ("north", "alpine")]
    product = world.product().pk
    wanted = {"title": "Tall lamp", "vendor": "Lux", "product_type": "Light"}
    edits = [{"product": product, "attribute": n, "value": v} for n, v in wanted.items()]
    plan = api(world, "plans/", {"edits": edits})
    assert plan["counts"] == {"update": 4, "create": 2}
    world.twin.edit(stores[1].domain, world.listing(stores[1]).gid, {"title": "Their lamp"})
    world.work()
    before = [len(world.app_writes(store)) for store in stores]
    done = approve(world, plan)
    assert (done["applied"], done["dropped"]) == (2, 1)
    world.work()
    for store, writes in zip(stores, before, strict=True):
        shown = world.shown(store)
        assert (shown["title"], shown["vendor"]) == ("Their lamp", "Lux")
        made = {row["attribute"] for row in world.app_writes(store)[writes:]}
        assert made == {"vendor", "productType"}
    (left,) = api(world, f"plan-edits/?plan={plan['id']}&dropped=true")["results"]
    assert left["attribute"] == "title"
    world.assert_in_step()


def test_an_import_for_one_store_changes_no_other(world):
    stores = [world.connect(world.shop(name, lamp())) for name in ("north", "alpine")]
    text = "SKU,Price@alpine\nLAMP-1,{}\n"
    for cell, prices in (("25", ["20.00", "25.00"]), ("(follow)", ["20.00", "20.00"])):
        run = read_file(world.workspace.pk, "a.csv", text.format(cell).encode(), by="ada")
        start_import(run.pk, by="ada")
        run_imports()
        world.work()
        assert [world.shown(store)["variants"][0]["price"] for store in stores] == prices
    assert not world.app_writes(stores[0])
    assert len(world.app_writes(stores[1])) == 2
