"""A small threaded HTTP/1.1 server: kept connections, WSGI, and a way to hang up."""

import contextlib
import io
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import unquote

from stores.twin.errors import ConnectionCutError
from stores.twin.tls import is_shopifys

__all__ = ["Server", "WsgiApp", "serve"]

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 101 * 1024 * 1024  # a staged upload may have 100 MB
IDLE_SECONDS = 60.0
_Head = tuple[str, str, dict[str, str]]  # method, target and headers


class Server:
    """One thread accepts, one serves each connection."""

    def __init__(
        self, app: WsgiApp, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._app, self._tls = app, tls
        self._socket = socket.create_server((host, port), backlog=512)
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True, name="twin-accept")
        self.host, self.port = self._socket.getsockname()[:2]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the door and every open connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # the door was closed
                return
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(IDLE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError, ConnectionCutError, _HangUpError):
            self._talk(connection, "http")
        with self._lock:
            self._connections.discard(connection)

    def _talk(self, connection: socket.socket, scheme: str) -> None:
        """Answer request after request; a CONNECT is the last one in the clear."""
        with connection.makefile("rb") as reader:
            while (head := _head(reader))[0] != "CONNECT":
                if not self._exchange(connection, reader, head, scheme):
                    return
        self._tunnel(connection, head[1])

    def _tunnel(self, connection: socket.socket, target: str) -> None:
        """Be the host that a client wants to reach through its proxy, if it is one of Shopify's."""
        if self._tls is None or not is_shopifys(target.partition(":")[0]):
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self._tls.wrap_socket(connection, server_side=True) as secure:
            self._talk(secure, "https")

    def _exchange(
        self, connection: socket.socket, reader: BinaryIO, head: _Head, scheme: str
    ) -> bool:
        """Read the rest of one request and answer it; whether the connection stays open."""
        method, target, headers = head
        if headers.get("expect", "").casefold() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = _body(reader, headers)
        environ = self._environ(method, target, headers, body) | {"wsgi.url_scheme": scheme}
        status, answer_headers, pieces = _call(self._app, environ)
        closing = headers.get("connection", "").casefold() == "close"
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in answer_headers)]
        if isinstance(pieces, list):  # what is no list tells its length itself
            lines.append(f"Content-Length: {sum(map(len, pieces))}")
        lines.append("Connection: close" if closing else "")
        head_of_answer = "\r\n".join(line for line in lines if line) + "\r\n\r\n"
        _send(connection, head_of_answer.encode("latin-1"), () if method == "HEAD" else pieces)
        return not closing

    def _environ(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> dict[str, Any]:
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
        }
        return environ | {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": self.host,
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


class _HangUpError(Exception):
    """The other side has gone, or does not speak HTTP as we do."""


def serve(
    app: WsgiApp,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> tuple[str, Callable[[], None]]:
    """Serve in the background; a taken port gives a free one. Returns the address and a stop."""
    try:
        server = Server(app, host, port, tls)
    except OSError:
        server = Server(app, host, 0, tls)
    server.start()
    return server.url, server.stop


def _head(reader: BinaryIO) -> _Head:
    parts = reader.readline(HEAD_LIMIT).decode("latin-1").split()
    if len(parts) != 3:  # noqa: PLR2004  method, target and version
        raise _HangUpError
    headers: dict[str, str] = {}
    while (line := reader.readline(HEAD_LIMIT)) not in {b"\r\n", b"\n"}:
        if not line:
            raise _HangUpError
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().casefold()] = value.strip()
    return parts[0], parts[1], headers


def _body(reader: BinaryIO, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise _HangUpError
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_LIMIT:
        raise _HangUpError
    body = reader.read(int(length))
    if len(body) < int(length):
        raise _HangUpError
    return body


def _send(connection: socket.socket, head: bytes, pieces: Iterable[bytes]) -> None:
    """The head goes with the first piece, or small answers would be two packets."""
    waiting = head
    for piece in pieces:
        connection.sendall(waiting + piece)
        waiting = b""
    if waiting:
        connection.sendall(waiting)


def _call(
    app: WsgiApp, environ: dict[str, Any]
) -> tuple[str, list[tuple[str, str]], Iterable[bytes]]:
    """The app's answer; any exception but a cut is a 500 with its trace on stderr."""
    started: list[Any] = []
    try:
        answer = app(environ, lambda *given: started.extend(given[:2]))
    except ConnectionCutError:
        raise
    except Exception:  # noqa: BLE001  a fault of the twin must not end its thread unseen
        sys.excepthook(*sys.exc_info())
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return f"{status.value} {status.phrase}", [("Content-Type", "text/plain")], [b"twin failed"]
    return started[0], started[1], answer
