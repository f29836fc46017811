"""POSTs of one event loop: kept connections, Shopify's short patience, no redirects followed."""

import asyncio
import ssl
from functools import cache
from urllib.parse import urlsplit

__all__ = ["ANSWER_SECONDS", "CONNECT_SECONDS", "Line", "target_of"]

# shopify-platform.md 3.1: one second to connect, five for the whole answer.
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0
HEAD_LIMIT = 64 * 1024
INFORMATIONAL = range(100, 200)
BODILESS = (204, 304)
UNKNOWN = -1  # a body that ends with its last chunk or with the connection
CHUNKS_END = b"0\r\n\r\n"


class Line:
    """One connection to one address, opened when it is first used and again when it broke."""

    def __init__(self, scheme: str, host: str, port: int) -> None:
        self._where = (scheme, host, port)
        self._talk: _Talk | None = None

    async def post(self, request: bytes) -> int | str:
        """Send a whole request; its status, or a word for what came instead of one."""
        kept = self._talk is not None and self._talk.is_open
        status = await self._try(request)
        if kept and status == "closed":  # a kept connection may have died unseen meanwhile
            return await self._try(request)
        return status

    def close(self) -> None:
        if self._talk is not None:
            self._talk.close()
            self._talk = None

    async def _try(self, request: bytes) -> int | str:
        try:
            if self._talk is None or not self._talk.is_open:
                async with asyncio.timeout(CONNECT_SECONDS):
                    self._talk = await _connect(*self._where)
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._talk.ask(request)
        except TimeoutError:
            self.close()
            return "timeout"
        except OSError as error:
            self.close()
            return "closed" if isinstance(error, _ClosedError) else type(error).__name__


class _ClosedError(ConnectionError):
    """The other side closed the connection without an answer."""


async def _connect(scheme: str, host: str, port: int) -> "_Talk":
    trust = _trust() if scheme == "https" else None
    loop = asyncio.get_running_loop()
    _, talk = await loop.create_connection(_Talk, host, port, ssl=trust)
    return talk


@cache
def _trust() -> ssl.SSLContext:
    """Certificates must be valid, as for Shopify; SSL_CERT_FILE can name an authority."""
    return ssl.create_default_context()


class _Talk(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._buffer = bytearray()
        self._status = 0
        self._rest: int | None = None  # bytes of the body still to come
        self._stays = False
        self._tail = b""

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    async def ask(self, request: bytes) -> int:
        if self._transport is None:
            raise _ClosedError
        self._buffer.clear()
        self._status, self._rest, self._tail = 0, None, b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is None or self._answer.done():
            return
        if self._rest == UNKNOWN:
            self._answer.set_result(self._status)
        else:
            self._answer.set_exception(exc if isinstance(exc, OSError) else _ClosedError())

    def data_received(self, data: bytes) -> None:
        if self._rest is None:
            self._buffer += data
            self._read_heads()
        elif self._rest > 0:
            self._rest = max(0, self._rest - len(data))
        self._tail = (self._tail + data[-len(CHUNKS_END) :])[-len(CHUNKS_END) :]
        if self._rest == 0 or (self._rest == UNKNOWN and self._tail == CHUNKS_END):
            self._finish()

    def _read_heads(self) -> None:
        """Read the status and the headers, past answers that only inform."""
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, body = bytes(self._buffer[:end]), bytes(self._buffer[end + 4 :])
            self._status, length, self._stays = _head(head)
            self._buffer[:] = body
            if self._status not in INFORMATIONAL:
                self._rest = UNKNOWN if length is None else max(0, length - len(body))
                return
        if len(self._buffer) > HEAD_LIMIT:
            self._fail()

    def _finish(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._status)
        if not self._stays:
            self.close()

    def _fail(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(_ClosedError())
        self.close()


def _head(raw: bytes) -> tuple[int, int | None, bool]:
    """Status, length of the body where it is told, and whether the connection stays."""
    lines = raw.decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    status = int(rest[:3]) if rest[:3].isdecimal() else 0
    fields = {
        name.strip().lower(): value.strip().lower()
        for name, _, value in (line.partition(":") for line in lines[1:])
    }
    length = 0 if status in BODILESS else None
    if fields.get("content-length", "").isdecimal():
        length = int(fields["content-length"])
    stays = version != "HTTP/1.0" and fields.get("connection") != "close" and length is not None
    return status, length, stays


def target_of(uri: str) -> tuple[tuple[str, str, int], str, str]:
    """An address as (scheme, host, port), the Host header and the path with its query."""
    parts = urlsplit(uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return (parts.scheme, parts.hostname or "", port), parts.netloc.rpartition("@")[2], path
