"""The bytes of pictures, fetched to tell them apart: from public hosts only, and within bounds."""

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import BaseHTTPResponse, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from stores.shopify.media import read_media
from stores.shopify.types import Reply, Session

__all__ = ["UnreadableError", "digest_of", "look"]

MOST_BYTES = 25 * 1024 * 1024  # Shopify takes pictures of up to 20 MB
SECONDS, CONNECT_SECONDS, READ_SECONDS = 8.0, 3.0, 4.0
LOOK_SECONDS = 12.0  # of one call; what is left is looked at in the next
REDIRECTS, OK = 3, 200
Open: TypeAlias = Callable[[str], BaseHTTPResponse]
_HEADERS = {"User-Agent": "StoreSync/1", "Accept": "image/*", "Accept-Encoding": "identity"}
_TIMEOUT = Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)


class UnreadableError(Exception):
    """Why a picture could not be looked at, as the end of a sentence."""


def look(session: Session, gid: str, media: Iterable[str], addresses: Iterable[str]) -> Reply:
    """The digests of media of a product and of pictures on the web, or why there is none.

    Whoever is not named in the answer must be asked for again: a call takes its time only.
    """
    ends, wanted = time.monotonic() + LOOK_SECONDS, set(media)
    nodes = read_media(session, [gid]).get(gid, []) if wanted else []
    seen, failed = {}, {}
    places = [(node["id"], _original(node)) for node in nodes if node["id"] in wanted]
    for name, url in [*places, *((address, address) for address in addresses)]:
        if time.monotonic() > ends:
            break
        try:
            seen[name] = digest_of(session, url)
        except UnreadableError as error:
            failed[name] = str(error)
    sources = {node["id"]: (node.get("image") or {}).get("url") for node in nodes}
    return Reply({"seen": seen, "failed": failed, "sources": sources})


def _original(node: Mapping[str, Any]) -> str:
    """Shopify's own copy as it was given: what its CDN serves may be packed anew."""
    original, image = node.get("originalSource") or {}, node.get("image") or {}
    return original.get("url") or image.get("url") or ""


def digest_of(session: Session, url: str) -> str:
    """The SHA-256 of what an address serves, never held as a whole. Raises UnreadableError."""
    if session.base_url != f"https://{session.domain}":
        return _digest(url, partial(_open_in_twin, session))
    return _digest(url, _open)


def _digest(url: str, open_: Open) -> str:
    ends = time.monotonic() + SECONDS
    try:
        for _ in range(REDIRECTS + 1):
            with open_(url) as response:
                if not (target := response.get_redirect_location()):
                    return _hashed(response, ends)
                url = urljoin(url, target)
    except (HTTPError, OSError, ValueError) as error:
        slow = "timed out" in str(error)
        raise UnreadableError("it answers too slowly" if slow else "it can't be reached") from error
    raise UnreadableError("it leads from address to address")


def _hashed(response: BaseHTTPResponse, ends: float) -> str:
    if response.status != OK:
        raise UnreadableError(f"its server answers with {response.status}")
    digest, size = sha256(), 0
    while chunk := response.read1(65536, decode_content=False):
        digest.update(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise UnreadableError(f"it has more than {MOST_BYTES // 1024**2} MB")
        if time.monotonic() > ends:
            raise UnreadableError("it answers too slowly")
    return digest.hexdigest()


def _open(url: str) -> BaseHTTPResponse:
    """Ask the very machine that was checked: a name may lead elsewhere the next time."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise UnreadableError("only plain https addresses are fetched")
    host, port = parts.hostname, parts.port or 443
    pool = HTTPSConnectionPool(
        _public_ip(host, port),
        port,
        server_hostname=host,
        assert_hostname=host,
        ca_certs=DEFAULT_CA_BUNDLE_PATH,
        timeout=_TIMEOUT,
        retries=False,
    )
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    headers = {**_HEADERS, "Host": parts.netloc}
    return pool.urlopen("GET", target, headers=headers, preload_content=False, redirect=False)


def _public_ip(host: str, port: int) -> str:
    """An address of a host, all of which are on the public web. Raises UnreadableError."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(map(_is_public, found)):
        raise UnreadableError("its host is not on the public web")
    return found[0]


def _is_public(text: str) -> bool:
    ip = ip_address(text.partition("%")[0])
    inner = (ip.ipv4_mapped or ip.sixtofour) if isinstance(ip, IPv6Address) else None
    return all(one.is_global and not one.is_multicast for one in (ip, inner) if one is not None)


_twin = PoolManager(timeout=_TIMEOUT, retries=False)


def _open_in_twin(session: Session, url: str) -> BaseHTTPResponse:
    address = f"{session.base_url}/originals?address={quote(url, safe='')}"
    return _twin.request("GET", address, headers=_HEADERS, preload_content=False, redirect=False)
