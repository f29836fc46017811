"""The twin for tests and demos: a process of its own, and a handle over its control API."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

__all__ = ["RunningTwin", "running_twin"]

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 30


class RunningTwin:
    """A twin somewhere, spoken to over HTTP only."""

    def __init__(self, url: str, pid: int | None = None) -> None:
        self.url, self.pid = url, pid
        self._http = requests.Session()
        self._http.trust_env = False

    def add_shop(self, domain: str, **more: Any) -> dict[str, Any]:
        """Open a shop: name, plan (basic, advanced, plus), currency, products."""
        return self._post("shops", domain=domain, **more)

    def change_shop(self, domain: str, **values: Any) -> None:
        """The merchant changes the shop itself: its name, its plan."""
        self._post(f"shops/{domain}", **values)

    def register_app(self, client_id: str, secret: str, *redirects: str, **more: Any) -> None:
        """Make an app known, with whatever else its configuration says (see `POST apps`)."""
        self._post("apps", client_id=client_id, secret=secret, redirects=list(redirects), **more)

    def deploy(self, client_id: str, **changes: Any) -> None:
        """Put out the next version of an app's configuration."""
        self._post("apps", client_id=client_id, **changes)

    def install(self, domain: str, client_id: str, scopes: list[str] | None = None) -> str:
        """Install an app without the pages of OAuth; its token, which doesn't expire."""
        answer = self._post(f"shops/{domain}/install", client_id=client_id, scopes=scopes)
        return str(answer["token"])

    def grant(self, domain: str, client_id: str, scopes: list[str]) -> None:
        """The merchant grants exactly these scopes; the app is told of a change."""
        self._post(f"shops/{domain}/scopes", client_id=client_id, scopes=scopes)

    def visit(self, domain: str, client_id: str, path: str = "/") -> dict[str, str]:
        """What the admin gives an embedded app: an `id_token` and the framed `address`."""
        return self._post(f"shops/{domain}/visit", client_id=client_id, path=path)

    def comply(self, domain: str, client_id: str, topic: str, **body: Any) -> None:
        """Send a topic of privacy law to the address in the app's configuration."""
        self._post(f"shops/{domain}/comply", client_id=client_id, topic=topic, body=body)

    def revoke_secret(self, client_id: str, secret: str) -> None:
        """End a rotation: all tokens that this secret has minted die."""
        self._post(f"apps/{client_id}/revoke", secret=secret)

    def uninstall(self, domain: str) -> None:
        self._post(f"shops/{domain}/uninstall")

    def create(self, domain: str, product: dict[str, Any]) -> dict[str, Any]:
        return self._post(f"shops/{domain}/products", **product)

    def fill(self, domain: str, count: int) -> None:
        """Create so many plain products, a few thousand at a time."""
        while count > 0:
            self._post(f"shops/{domain}/fill", count=min(count, 5_000))
            count -= 5_000

    def edit(self, domain: str, gid: str, values: dict[str, Any]) -> dict[str, Any]:
        """A merchant's edit."""
        return self._post(f"shops/{domain}/products/{_number(gid)}", **values)

    def touch(self, domain: str, gid: str) -> None:
        self._post(f"shops/{domain}/products/{_number(gid)}/touch")

    def storm(self, domain: str, count: int) -> None:
        """Touch the shop's products in turn, so many times."""
        self._post(f"shops/{domain}/storm", count=count)

    def delete(self, domain: str, gid: str) -> None:
        self._post(f"shops/{domain}/products/{_number(gid)}/delete")

    def add_media(self, domain: str, gid: str, *media: dict[str, Any]) -> dict[str, Any]:
        """A merchant's new media of a product: originalSource, alt, contentType."""
        return self._post(f"shops/{domain}/products/{_number(gid)}/media", media=list(media))

    def move_media(self, domain: str, gid: str, medium: str, place: int) -> None:
        """A merchant puts a medium of a product in another place, counted from 0."""
        self._post(f"shops/{domain}/products/{_number(gid)}/media/move", id=medium, place=place)

    def update_files(self, domain: str, *files: dict[str, Any]) -> None:
        """A merchant's: id with alt, filename, originalSource, referencesToAdd or …ToRemove."""
        self._post(f"shops/{domain}/files", files=list(files))

    def delete_files(self, domain: str, *ids: str) -> None:
        self._post(f"shops/{domain}/files/delete", ids=list(ids))

    def set_metafields(self, domain: str, *metafields: dict[str, Any]) -> None:
        """A merchant's: each with ownerId, namespace, key, type and value."""
        self._post(f"shops/{domain}/metafields", metafields=list(metafields))

    def delete_metafields(self, domain: str, *identifiers: dict[str, Any]) -> None:
        self._post(f"shops/{domain}/metafields/delete", metafields=list(identifiers))

    def define(self, domain: str, **definition: Any) -> str:
        """A merchant's metafield definition: ownerType, namespace, key, name, type …; its id."""
        return str(self._post(f"shops/{domain}/definitions", **definition)["id"])

    def order(self, domain: str, *lines: dict[str, Any], oversell: bool = False) -> dict[str, Any]:
        """A shopper buys; each line has a variant and maybe a quantity."""
        return self._post(f"shops/{domain}/orders", lines=list(lines), oversell=oversell)

    def fulfill(self, domain: str, order: str) -> dict[str, Any]:
        return self._post(f"shops/{domain}/orders/{_number(order)}/fulfill")

    def cancel(self, domain: str, order: str, *, restock: bool = True) -> dict[str, Any]:
        return self._post(f"shops/{domain}/orders/{_number(order)}/cancel", restock=restock)

    def count_stock(
        self, domain: str, variant: str, location: str | None = None, **quantities: int
    ) -> dict[str, dict[str, Any]]:
        """The merchant counts a variant's stock at a location, the first one if none is named."""
        given = {"variant": variant, "location": location, **quantities}
        stock: dict[str, dict[str, Any]] = self._post(f"shops/{domain}/stock", **given)["stock"]
        return stock

    def open_location(self, domain: str, **location: Any) -> str:
        """A new location: name, address, fulfills_online; its id."""
        return str(self._post(f"shops/{domain}/locations", **location)["id"])

    def alter_location(self, domain: str, gid: str, verb: str = "", **given: Any) -> None:
        """Edit a location, or with a verb activate, deactivate or delete it."""
        path = f"shops/{domain}/locations/{_number(gid)}"
        self._post(f"{path}/{verb}" if verb else path, **given)

    def open_publication(self, domain: str, **publication: Any) -> str:
        """A new channel: name, client_id of the app whose own it is, auto_publish; its id."""
        return str(self._post(f"shops/{domain}/publications", **publication)["id"])

    def publish(self, domain: str, gid: str, **where: list[str]) -> None:
        """Sell a product `on` publications and no longer on those of `off`."""
        self._post(f"shops/{domain}/products/{_number(gid)}/publish", **where)

    def settings(self, domain: str | None = None, **knobs: Any) -> None:
        """Turn a shop's knobs, or the twin's own (latency, auto_approve)."""
        self._post(f"shops/{domain}/settings" if domain else "settings", **knobs)

    def knobs(self, domain: str | None = None) -> list[dict[str, Any]]:
        """Every knob of a shop, or the twin's own: name, value, turned, bounds, meaning."""
        path = f"shops/{domain}/settings" if domain else "settings"
        found: list[dict[str, Any]] = self._get(path)["knobs"]
        return found

    def release(self, domain: str, ids: list[str] | None = None) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = self._post(f"shops/{domain}/release", ids=ids)["sent"]
        return sent

    def held(self, domain: str) -> list[dict[str, Any]]:
        """The deliveries that the knob `hold` keeps back, oldest first: id and topic."""
        shops = self._get("shops")["shops"]
        found: list[dict[str, Any]] = next(x["held"] for x in shops if x["domain"] == domain)
        return found

    def advance(self, seconds: float) -> None:
        """Move the twin's clock on: retries come due, tokens grow old."""
        self._post("clock", advance=seconds)

    def stand_still(self) -> None:
        """Make the clock virtual: it moves by `advance` only, which returns when all is done."""
        self._post("clock", mode="virtual")

    def now(self) -> datetime:
        return datetime.fromisoformat(self._get("clock")["now"])

    def counters(self, domain: str) -> dict[str, float]:
        """Calls, points, mutations and throttled answers of a shop so far."""
        found: dict[str, float] = self._get("counters")[domain]
        return found

    def operations(self, domain: str) -> dict[str, dict[str, float]]:
        """The same by the names of documents."""
        return self._get(f"shops/{domain}/operations")

    def state(self, domain: str) -> dict[str, Any]:
        return self._get(f"shops/{domain}/state")

    def log(self, **filters: Any) -> list[dict[str, Any]]:
        """The oracle's entries: since, limit, newest, shop, kind, or any fact of theirs."""
        found: list[dict[str, Any]] = self._get("log", **filters)["log"]
        return found

    def is_quiet(self) -> bool:
        """Whether no delivery is on its way or due."""
        return bool(self._get("quiet")["quiet"])

    def reset(self) -> None:
        self._post("reset")

    def _get(self, path: str, /, **query: Any) -> dict[str, Any]:
        return _checked(self._http.get(f"{self.url}/_twin/{path}", params=query, timeout=TIMEOUT))

    def _post(self, path: str, /, **body: Any) -> dict[str, Any]:
        return _checked(self._http.post(f"{self.url}/_twin/{path}", json=body, timeout=TIMEOUT))


@contextlib.contextmanager
def running_twin(*arguments: str) -> Iterator[RunningTwin]:
    """Run the twin in a process of its own on a free port."""
    command = [sys.executable, "-m", "stores.twin", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("The twin has no output.")
            url = process.stdout.readline().split()[-1]
            yield RunningTwin(url, process.pid)
        finally:
            process.terminate()
            process.wait(10)


def _number(gid: str) -> str:
    return gid.rpartition("/")[2]


def _checked(answer: requests.Response) -> dict[str, Any]:
    if not answer.ok:
        raise RuntimeError(f"The twin refuses: {answer.text}")
    body: dict[str, Any] = answer.json()
    return body
