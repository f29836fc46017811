"""How a delivery is posted: patience, kept connections, every way an answer can end.

Source: shopify-platform.md 3.1 (one second to connect, five for the answer, keep-alive, 2xx only).
"""

import asyncio
import contextlib
import socket
import threading

import pytest

from stores.twin import posting
from stores.twin.posting import Line, target_of
from stores.twin.sender import RETRY_AFTER

REQUEST = b"POST /hooks HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """Answers one request after another with the given pieces; None closes the connection."""

    def __init__(self, *pieces):
        self.pieces, self.connections, self.requests = list(pieces), 0, 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.line = Line("http", "127.0.0.1", self.door.getsockname()[1])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):  # the door is closed when a test has ended
            while self.pieces:
                connection, _ = self.door.accept()
                self.connections += 1
                with connection:
                    self.talk(connection)

    def talk(self, connection):
        while self.pieces and connection.recv(4096):
            self.requests += 1
            piece = self.pieces.pop(0)
            if piece is None:
                return
            connection.sendall(piece)

    def statuses(self, count):
        async def ask():
            found = [await self.line.post(REQUEST) for _ in range(count)]
            self.line.close()
            return found

        with contextlib.closing(self.door):
            return asyncio.run(ask())


def test_shopifys_patience_and_retries_are_as_documented():
    assert (posting.CONNECT_SECONDS, posting.ANSWER_SECONDS) == (1.0, 5.0)
    assert len(RETRY_AFTER) == 8
    assert sum(RETRY_AFTER) == 4 * 3600
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)


def test_one_connection_serves_many_deliveries():
    receiver = Receiver(OK, OK, OK)
    assert receiver.statuses(3) == [200, 200, 200]
    assert receiver.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 201 Created\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_every_lawful_end_of_an_answer_is_understood(answer):
    assert Receiver(answer, OK).statuses(2)[0] in range(200, 300)


def test_a_redirect_is_an_answer_like_any_other():
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    receiver = Receiver(moved)
    assert receiver.statuses(1) == [301]
    assert receiver.requests == 1


def test_a_kept_connection_that_died_is_opened_again_once():
    receiver = Receiver(OK, None, OK)
    assert receiver.statuses(2) == [200, 200]
    assert receiver.connections == 2


def test_a_fresh_connection_that_is_closed_without_an_answer_is_a_failure():
    assert Receiver(None, OK).statuses(1) == ["closed"]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
def test_an_answer_that_does_not_end_in_time_is_a_failure(monkeypatch, answer):
    monkeypatch.setattr(posting, "ANSWER_SECONDS", 0.1)
    assert Receiver(answer, OK).statuses(1) == ["timeout"]


def test_a_certificate_that_nobody_vouches_for_is_refused(monkeypatch):
    receiver = Receiver(b"this is no TLS")
    receiver.line = Line("https", "127.0.0.1", receiver.door.getsockname()[1])
    assert receiver.statuses(1) == ["SSLError"]


def test_an_address_gives_its_port_host_and_whole_path():
    assert target_of("https://me@app.example.com/in?x=1#there") == (
        ("https", "app.example.com", 443),
        "app.example.com",
        "/in?x=1",
    )
    assert target_of("http://[::1]:8000") == (("http", "::1", 8000), "[::1]:8000", "/")
