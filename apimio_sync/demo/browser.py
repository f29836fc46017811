"""What a person does in the demo, over HTTP: log in, install the app, edit in Shopify's admin."""

import re
from typing import Any

import requests

from apimio_sync.demo.stage import LOGIN, PASSWORD, Plan

TIMEOUT = 30


class Operator:
    """A logged-in browser on our side."""

    def __init__(self, stage: Plan) -> None:
        self.stage = stage
        self.http = requests.Session()
        page = self.http.get(f"{stage.web_url}/admin/login/", timeout=TIMEOUT)
        form = {"username": LOGIN, "password": PASSWORD, "csrfmiddlewaretoken": _token(page.text)}
        address = f"{stage.web_url}/admin/login/?next=/admin/"
        answer = self.http.post(address, form, headers={"Referer": address}, timeout=TIMEOUT)
        answer.raise_for_status()

    def install(self, domain: str) -> str:
        """Connect a shop through OAuth, pressing “Install” on Shopify's page; where it ended."""
        address = f"{self.stage.web_url}/shopify/install/"
        consent = self.http.get(address, params={"shop": domain}, timeout=TIMEOUT)
        consent.raise_for_status()
        form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', consent.text))
        form = {name: value.replace("&amp;", "&") for name, value in form.items()}
        done = self.http.post(consent.url, form, timeout=TIMEOUT)
        done.raise_for_status()
        return done.url


class Twin:
    """The twin's control, and its shops as their merchants see them."""

    def __init__(self, stage: Plan) -> None:
        self.base = f"{stage.twin_url}/_twin"
        self.http = requests.Session()

    def state(self, domain: str) -> list[dict[str, Any]]:
        """Every product of a shop, as it stands."""
        found: list[dict[str, Any]] = self._get(f"/shops/{domain}/state")["products"]
        return found

    def edit(self, domain: str, gid: str, values: dict[str, Any]) -> None:
        """A merchant's edit in the shop's admin."""
        number = gid.rpartition("/")[2]
        self._post(f"/shops/{domain}/products/{number}", values)

    def settings(self, domain: str, **knobs: Any) -> None:
        self._post(f"/shops/{domain}/settings", knobs)

    def log(self) -> list[dict[str, Any]]:
        """What truly happened: edits, accepted writes, deliveries."""
        found: list[dict[str, Any]] = self._get("/log")["log"]
        return found

    def _get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.base}{path}", timeout=TIMEOUT)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self.http.post(f"{self.base}{path}", json=body, timeout=TIMEOUT).raise_for_status()


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("The login page has no form.")
    return found.group(1)
