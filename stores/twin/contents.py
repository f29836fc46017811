"""The bytes behind addresses: the twin plays the whole web, so pictures have real content."""

import struct
import zlib
from functools import lru_cache
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from stores.twin.http import Request, Response
from stores.twin.library import HEIGHT, SIZE, WIDTH, name_of
from stores.twin.world import Shop, Twin

__all__ = ["original", "signed"]

CDN = "cdn.shopify.com"
LIFE = 300  # seconds that the address of an original holds (assumed)
HUGE = 64 * 1024 * 1024


def original(twin: Twin, shop: Shop, request: Request) -> Response:
    """What an address on the web or on Shopify's CDN serves."""
    address = request.query.get("address", "")
    twin.oracle.write("fetch", shop.domain, address=address)
    host, given = urlsplit(address).hostname or "", parse_qs(urlsplit(address).query)
    if shop.knobs.originals_fail > 0:
        shop.knobs.originals_fail -= 1
        return Response(503, b"busy")
    if "expires" in given and float(given["expires"][0]) < twin.clock.seconds():
        return Response(403, b"expired")
    seed = _seed(twin, address)
    if seed is None or host.endswith(".invalid"):
        return Response(404, b"nothing")
    body = bytes(HUGE) if host.startswith("huge.") else _png(seed)
    return Response(200, body, {"Content-Type": "image/png"})


def signed(twin: Twin, url: str | None) -> str | None:
    """The address of an original, which holds for a short time (schema text)."""
    return url and f"{url}&expires={int(twin.clock.seconds()) + LIFE}"


def _seed(twin: Twin, address: str) -> str | None:
    """What makes a content: its address, or the word that this names in `content`."""
    parts = urlsplit(address)
    if parts.hostname != CDN:
        return parse_qs(parts.query).get("content", [address])[0]
    owner = next((shop for shop in twin.shops.values() if f"/{shop.id}/" in parts.path), None)
    file = owner.filenames.get(name_of(address)) if owner else None
    return _seed(twin, file.source) if file is not None and file.url else None


@lru_cache(maxsize=256)
def _png(seed: str) -> bytes:
    """A picture of one colour, as large as every other: only its bytes tell two apart."""
    digest = sha256(seed.encode()).digest()
    row = b"\0" + digest[:3] * WIDTH
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    known = b"".join([_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(row * HEIGHT))])
    end = _chunk(b"IEND", b"")
    space = SIZE - len(b"\x89PNG\r\n\x1a\n" + known + end) - 12
    note = (b"Comment\0" + digest.hex().encode()).ljust(space, b".")
    return b"\x89PNG\r\n\x1a\n" + known + _chunk(b"tEXt", note) + end


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
