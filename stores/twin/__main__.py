"""`python -m stores.twin`: the twin as a process of its own, until it is told to stop."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from stores.twin.app import application
from stores.twin.deploys import deploy
from stores.twin.filling import fill
from stores.twin.knobs import turn
from stores.twin.seeds import seed_demo
from stores.twin.server import serve
from stores.twin.tls import vouched
from stores.twin.wiring import schema
from stores.twin.world import Twin

__all__ = ["BIG", "arguments", "main"]

BIG = "big.myshopify.com"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options that the command and the module share."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0, or a taken one: any free port")
    parser.add_argument("--seed", choices=["demo"], help="open three shops full of goods")
    parser.add_argument(
        "--products", type=int, default=0, help="open one more shop, with so many products"
    )
    parser.add_argument("--chance", type=int, default=0, help="the seed of all mishaps")
    parser.add_argument("--virtual", action="store_true", help="the clock stands until stepped")
    parser.add_argument(
        "--ca",
        type=Path,
        metavar="FILE",
        help="be a proxy to Shopify's hosts, vouched for by an authority written to this file",
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of every API call")
    parser.add_argument("--app-id", help="an app that shops can install")
    parser.add_argument("--app-url", default="", help="where it is framed and redirects may lead")
    parser.add_argument("--app-scopes", default="", help="what it asks for, separated by commas")
    parser.add_argument("--auto-approve", action="store_true", help="merchants always consent")


def main(given: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT. The app's secret comes from TWIN_APP_SECRET."""
    twin, tls = _prepared(given), vouched(given.ca) if given.ca else None
    schema()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    url, stop = serve(application(twin), given.host, given.port, tls)
    sys.stdout.write(f"The twin serves at {url}\n")
    sys.stdout.flush()
    ended.wait()
    stop()
    twin.stop()


def _prepared(given: argparse.Namespace) -> Twin:
    """A twin with the settings, shops and app that were asked for."""
    twin = Twin()
    knobs = {"latency": given.latency, "auto_approve": given.auto_approve, "seed": given.chance}
    turn(twin.settings, knobs)
    if given.virtual:
        twin.clock.stand()
    if given.seed:
        seed_demo(twin)
    if given.products:
        fill(twin, twin.add_shop(BIG, plan="plus"), given.products)
    if given.app_id:
        deploy(
            twin,
            given.app_id,
            secret=os.environ["TWIN_APP_SECRET"],
            url=given.app_url,
            redirects=(given.app_url,) if given.app_url else (),
            scopes=tuple(filter(None, given.app_scopes.split(","))),
        )
    return twin


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stores.twin", description=__doc__)
    arguments(parser)
    return parser.parse_args(words)


if __name__ == "__main__":
    main(_parsed(sys.argv[1:]))
