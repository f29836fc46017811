"""Network namespaces: another host as far as addresses go, on this machine's files and database."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Host:
    """What runs behind `enter` has only a loopback of its own and a cable to `gateway`, to us."""

    name: str
    gateway: str

    @property
    def enter(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]


def why_not() -> str:
    """Why there can be no namespaces here; empty where there can."""
    if os.geteuid():
        return "Network namespaces need root."
    if not shutil.which("ip"):
        return "Network namespaces need the program ip (package iproute2)."
    if not connection.settings_dict["HOST"].startswith("/"):
        return "PostgreSQL listens on no unix socket, which alone is seen from every namespace."
    name = f"probe-{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("link", "add", f"p{os.getpid()}", "type", "veth", "peer", "name", "eth0", "netns", name)
    except subprocess.CalledProcessError as error:
        return f"Network namespaces are not allowed here: {error.stderr.strip()}"
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
    return ""


@contextmanager
def host(number: int) -> Iterator[Host]:
    """A namespace with a veth pair: `10.231.N.2` inside, its gateway `10.231.N.1` is ours."""
    name, cable = f"sync-{os.getpid()}-{number}", f"s{os.getpid()}n{number}"
    gateway, inside = f"10.231.{number}.1", f"10.231.{number}.2"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("address", "add", f"{gateway}/30", "dev", cable)
        _ip("link", "set", cable, "up")
        _ip("-n", name, "address", "add", f"{inside}/30", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield Host(name, gateway)
    finally:
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
